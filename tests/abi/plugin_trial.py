"""What each foreign plugin has to do: keep the contract, and draw, here and in a process of its own."""

import concurrent.futures
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fault"))
from workspace import Workspace  # noqa: E402

ISOLATIONS = ("in-process", "worker")
# As pictor_add_plugin links.
LINK = "-Wl,-z,defs,-z,now,-z,relro,-z,nodelete"


class PluginTrial(Workspace):
    def assert_keep_the_contract(self, skipped_of, warned=()):
        """{file: what the conformance kit has no use for, beside a provider}: it passes all else but what is warned of."""
        trials = [(file, mode) for file in skipped_of for mode in ((), ("--worker",))]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            results = pool.map(lambda trial: self.pictor("plugins", "check", trial[0], "--json", *trial[1]), trials)
        for (file, mode), result in zip(trials, results):
            with self.subTest(file.name, mode=mode):
                checks = json.loads(result.out)["checks"]
                expected = {check: "skip" for check in skipped_of[file] | {"draw.provider"}}
                expected |= {check: "warn" for check in warned}
                if mode:
                    expected["draw.memory"] = "skip"  # a worker's memory is out of reach
                self.assertEqual({check["check"]: check["verdict"] for check in checks if check["verdict"] != "pass"},
                                 expected, checks)
                self.assertEqual(result.code, 0)

    def write_job(self, file, isolation, prompts, load="", kwargs="", num_generations=2):
        shutil.rmtree(self.dir / "out", ignore_errors=True)
        self.write("prompts.txt", "".join(prompt + "\n" for prompt in prompts))
        self.write("job.yaml", f"""\
pictor: 1
plugins: {{paths: [{json.dumps(str(file.parent))}]}}
models:
  m: {{plugin: {file.name.removesuffix(".pictor.so")}, isolation: {isolation}, {load} generation_kwargs: {{{kwargs}}}}}
job: {{prompts: prompts.txt, seed: 7, num_generations: {num_generations}, output: {{dir: out}}}}
""")

    def draw(self, file, isolation, *prompts, num_generations=2, env=None, **options):
        """({file: bytes} of the pictures, {prompt: record}) of a job."""
        self.write_job(file, isolation, prompts, num_generations=num_generations, **options)
        result = self.run_job(env=env)
        self.assertEqual(result.code, 0, result.err)
        pictures = {path: (self.dir / "out" / path).read_bytes() for path in self.pictures()}
        self.assertEqual(len(pictures), len(prompts) * num_generations)
        lines = (self.dir / "out/train/metadata.jsonl").read_text().splitlines()
        return pictures, {record["text"]: record for record in map(json.loads, lines)}

    def draw_everywhere(self, file, *prompts, **options):
        """{prompt: record} of a job that draws the same pictures in either isolation."""
        here, there = (self.draw(file, isolation, *prompts, **options) for isolation in ISOLATIONS)
        self.assertEqual(here[0], there[0])
        return there[1]


class ToolchainTrial(PluginTrial):
    """A plugin that another compiler builds, once."""
    plugin = None

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="pictor-toolchain-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.folder.chmod(0o755)

    @classmethod
    def build(cls, name, *command):
        cls.plugin = cls.folder / f"{name}.pictor.so"
        done = subprocess.run([*map(str, command), "-o", cls.plugin], capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"{name} does not build:\n{done.stderr}")
