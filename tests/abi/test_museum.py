"""Plugins that were built with a released ABI, and never since, run as on their first day."""

import hashlib
import os
import pathlib
import platform
import re
import subprocess
import unittest

from plugin_trial import PluginTrial
from workspace import SOURCE

MUSEUM = SOURCE / "tests/abi/museum"
FILES = sorted(MUSEUM.glob("v1.*/*.pictor.so"))
# What the conformance kit has no use for.
SKIPPED = {"museum-sync": {"life.secrets"}, "museum-async": {"life.secrets"}, "museum-parameters": {"draw.batch"}}


def setUpModule():
    if platform.machine() != "x86_64":
        raise unittest.SkipTest("the museum's plugins are of x86-64")


class Museum(PluginTrial):
    def of_every_minor(self, name):
        return [path for path in FILES if path.name == name + ".pictor.so"]

    def test_no_binary_changed(self):
        listed = {}
        for sums in MUSEUM.glob("v1.*/SHA256SUMS"):
            for line in sums.read_text().splitlines():
                digest, name = line.split()
                listed[sums.parent / name] = digest
        self.assertEqual(listed, {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in FILES})
        self.assertGreaterEqual(len(FILES), 3)

    def test_they_need_an_old_libc_and_nothing_else(self):
        for file in FILES:
            told = subprocess.run(["objdump", "-p", "-T", file], capture_output=True, text=True, check=True).stdout
            self.assertEqual(re.findall(r"NEEDED +(\S+)", told), ["libc.so.6"])
            versions = {tuple(map(int, version.split("."))) for version in re.findall(r"GLIBC_([\d.]+)", told)}
            self.assertLessEqual(max(versions), (2, 34), file)

    def test_they_keep_the_contract(self):
        self.assert_keep_the_contract({file: SKIPPED[file.name.removesuffix(".pictor.so")] for file in FILES})

    def test_their_sources_still_compile(self):
        for source in sorted((MUSEUM / "src").glob("*.c")):
            subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-Wall", "-Wextra", "-pedantic", "-Werror",
                            "-fsyntax-only", "-I", SOURCE / "sdk/include", source], check=True)

    def test_the_synchronous_one_draws(self):
        for file in self.of_every_minor("museum-sync"):
            records = self.draw_everywhere(file, "a fox", "an owl", kwargs="w: 48, height: 32")
            self.assertEqual({(record["width"], record["height"]) for record in records.values()}, {(48, 32)})
            self.assertEqual(records["a fox"]["finish_reason"], "painted")

    def test_the_asynchronous_one_draws(self):
        for file in self.of_every_minor("museum-async"):
            prompts = [f"fox {i}" for i in range(20)]
            records = self.draw_everywhere(file, *prompts, kwargs="contrast: 0.5")
            self.assertEqual({prompt: record["revised_prompt"] for prompt, record in records.items()},
                             {prompt: prompt for prompt in prompts})

    def test_a_value_of_every_type_comes_back(self):
        fox = self.write("fox.png", self.some_picture())
        load = "folder: ., api_key: '${MUSEUM_KEY}', model: ./fox.png,"
        kwargs = ("fast: false, steps: 60, guidance_scale: 3.5, negative_prompt: no cat, scheduler: Euler a, "
                  "noise_seed: 18446744073709551615, options: {a: [1]}, loras: [a, b], sigmas: [3, 2.5], "
                  "image: fox.png, images: [fox.png, fox.png]")
        wanted = {"load.folder": str(self.dir), "load.model": str(fox), "load.key_bytes": 6, "given.fast": False,
                  "given.num_inference_steps": 60, "given.guidance_scale": 3.5, "given.negative_prompt": "no cat",
                  "given.scheduler": "euler", "given.noise_seed": str(2**64 - 1), "given.options": '{"a":[1]}',
                  "given.loras": '["a","b"]', "given.sigmas": "[3.0,2.5]", "given.image": fox.stat().st_size,
                  "given.images": f"[{fox.stat().st_size}.0,{fox.stat().st_size}.0]", "cost": 0.001234}
        for file in self.of_every_minor("museum-parameters"):
            records = self.draw_everywhere(file, "a fox", load=load, kwargs=kwargs, env={"MUSEUM_KEY": "123456"})
            self.assertEqual({key: records["a fox"].get(key) for key in wanted}, wanted)

    def test_what_it_refuses_is_told(self):
        for file in self.of_every_minor("museum-parameters"):
            self.write_job(file, "in-process", ["a fox"], kwargs="steps: 60")
            self.assert_fails(self.run_job(), 2, "fast drawing takes at most 50 steps")

    def some_picture(self):
        pictures, _ = self.draw(self.of_every_minor("museum-sync")[0], "in-process", "a fox", num_generations=1)
        return next(iter(pictures.values()))
