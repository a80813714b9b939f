"""The python plugin: classes of the user's as models, what they return, and what becomes of their exceptions."""

import json
import subprocess
import sys
import unittest

from workspace import BUILD, Workspace

PLAIN = '''
import random

class Painter:
    """Needs nothing beyond Python."""
    def __init__(self, shade=7):
        self.shade = shade
    def generate(self, prompts, seeds, width=8, height=4, tint=0, progress=None, cancelled=None):
        print("drawing", len(prompts))
        progress(1, 2)
        assert not cancelled()
        pixel = lambda seed: bytes([self.shade, seed % 256, tint])
        return [{"data": pixel(seed) * (width * height), "width": width, "height": height, "mood": prompt}
                for prompt, seed in zip(prompts, seeds)]

class Unseeded:
    def __call__(self, prompts, **kwargs):
        return [{"data": bytes([random.randrange(256)] * 3), "width": 1, "height": 1} for _ in prompts]

class Faulty:
    def generate(self, prompts, seeds):
        what = prompts[0]
        if what == "value": raise ValueError("no such brush")
        if what == "memory": raise MemoryError("the canvas is too large")
        if what == "network": raise ConnectionResetError("gone")
        if what == "bug": return 1 / 0
        if what == "few": return []
        if what == "odd": return [object()]
        if what == "crash":
            import ctypes
            ctypes.string_at(0)
        return [{"data": b"\\0\\0\\0", "width": 1, "height": 1}]

class Pretrained:
    @classmethod
    def from_pretrained(cls, model, dtype=None):
        made = cls()
        made.model = model
        return made
    def to(self, device):
        self.device = device
        return self
    def __call__(self, prompt, num_inference_steps=50, seeds=()):
        class Output: pass
        out = Output()
        out.images = [{"data": b"abc", "width": 1, "height": 1, "told": f"{self.model} {self.device} {num_inference_steps}"}
                      for _ in prompt]
        out.nsfw_content_detected = [text == "naughty" for text in prompt]
        return out
'''


@unittest.skipUnless((BUILD / "lib/pictor/plugins/python.pictor.so").exists(), "the plugin was not built")
class Python(Workspace):
    def setUp(self):
        super().setUp()
        self.write("painter.py", PLAIN)

    def play(self, name, *prompts, load="", kwargs="", n=1):
        self.write("prompts.txt", "".join(prompt + "\n" for prompt in prompts))
        self.job(plugin="python", load=f"file: ./painter.py\nclass: {name}\nretry: {{attempts: 1}}\n" + load,
                 kwargs=kwargs, job=f"num_generations: {n}")
        return self.run_job("--log-file", "log.txt")

    def records(self):
        return [json.loads(line) for line in (self.dir / "out/train/metadata.jsonl").read_text().splitlines()]

    def failure(self):
        (line,) = (self.dir / "out/failures.jsonl").read_text().splitlines()
        return json.loads(line)

    def test_a_class_draws(self):
        result = self.play("Painter", "a fox", "an owl", load="constructor_kwargs: {shade: 9}",
                           kwargs="width: 16, kwargs: {tint: 3}", n=2)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(len(self.pictures()), 4)
        first = self.records()[0]
        self.assertEqual((first["width"], first["height"], first["model_name"]), (16, 4, "Painter"))
        self.assertEqual(json.loads(first["python"]), {"mood": "a fox"})
        self.assertIn("drawing 2", (self.dir / "log.txt").read_text())

    def test_one_that_takes_no_seed_repeats_itself_all_the_same(self):
        drawn = []
        for _ in range(2):
            self.assertEqual(self.play("Unseeded", "a fox", n=3).code, 0)
            drawn.append([(self.dir / "out" / picture).read_bytes() for picture in self.pictures()])
            subprocess.run(["rm", "-rf", self.dir / "out"], check=True)
        self.assertEqual(drawn[0], drawn[1])
        self.assertEqual(len(set(drawn[0])), 3)

    def test_a_pipeline_is_made_from_pretrained(self):
        result = self.play("Pretrained", "a fox", "naughty", load="model: org/name\ndevice: cpu",
                           kwargs="num_inference_steps: 5")
        self.assertEqual(self.outcomes(), {"ok": 1, "filtered": 1}, result.err)
        self.assertEqual(json.loads(self.records()[0]["python"]), {"told": "org/name cpu 5"})

    def test_exceptions_become_outcomes_that_name_the_line(self):
        for prompt, outcome, says in (("value", "invalid", "ValueError: no such brush"), ("memory", "oom", "too large"),
                                      ("network", "transient", "ConnectionResetError"), ("bug", "internal", "painter.py:"),
                                      ("few", "invalid", "one picture for each of 1 prompts"),
                                      ("odd", "invalid", "not object"), ("crash", "transient", "SIGSEGV")):
            with self.subTest(prompt):
                result = self.play("Faulty", prompt)
                self.assertEqual(self.outcomes(), {outcome: 1}, result.err)
                self.assertIn(says, self.failure()["message"])
                subprocess.run(["rm", "-rf", self.dir / "out"], check=True)

    def test_mistakes_are_named_before_anything_is_drawn(self):
        for name, load, code, says in (("Nobody", "", 2, "has no 'Nobody'"), ("Painter", "module: os", 2, "one of `file` and `module`"),
                                       ("Painter", "constructor_kwargs: {colour: 1}", 2, "colour"),
                                       ("Painter", "isolation: in-process", 7, "in a process of its own only"),
                                       ("Painter", "venv: /usr", 2, "has no packages for python3")):
            with self.subTest(says):
                result = self.play(name, "a fox", load=load)
                self.assertIn(says, result.err)
                self.assertNotEqual(result.code, 0)

    def test_an_argument_that_the_function_lacks(self):
        self.play("Faulty", "a fox", kwargs="guidance_scale: 3")
        self.assertIn("takes no 'guidance_scale'", self.failure()["message"])

    def test_in_a_sandbox(self):
        self.write("painter.py", PLAIN + "\n    pass\nopen('/etc/passwd')\n")
        self.assertIn("PermissionError", self.play("Painter", "a fox", load="sandbox: true").err)
        self.write("painter.py", PLAIN)
        self.assertEqual(self.play("Painter", "a fox", load="sandbox: true").code, 0)


if __name__ == "__main__":
    sys.exit(unittest.main())
