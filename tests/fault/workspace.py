"""What the fault tests share: a folder per test, the program under test, its outputs."""

import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["PICTOR_BUILD"])
PICTOR = BUILD / "bin/pictor"
FIXTURES = BUILD / "tests/plugins"
SHIM = BUILD / "tests/fault/disk_shim.so"
SOURCE = pathlib.Path(__file__).resolve().parents[2]


class Result:
    def __init__(self, process):
        self.code = process.returncode
        self.out = process.stdout.decode("utf-8", "replace")
        self.err = process.stderr.decode("utf-8", "replace")


class Workspace(unittest.TestCase):
    """A test with a folder of its own, removed at its end."""

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="pictor-fault-"))
        self.dir.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def write(self, name, content):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content)
        return path

    def job(self, prompts="prompts.txt", plugin="template", load="", kwargs="", job=""):
        """Writes job.yaml: one model of `plugin`; `load` and `job` are further YAML lines of one level."""
        lines = ["pictor: 1", "plugins: {paths: [%s]}" % json.dumps(str(FIXTURES)), "models:", "  m:",
                 f"    plugin: {plugin}"]
        lines += [f"    {line}" for line in load.splitlines()]
        lines += [f"    generation_kwargs: {{{kwargs}}}"] if kwargs else []
        lines += ["job:", f"  prompts: {prompts}", "  output: {dir: out}"]
        lines += [f"  {line}" for line in job.splitlines()]
        return self.write("job.yaml", "\n".join(lines) + "\n")

    def pictor(self, *arguments, env=None, timeout=600, **options):
        """Runs pictor in the folder to its end; a hang fails the test."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PICTOR_", "PYTHON"))}
        environment.update({"NO_COLOR": "1", **(env or {})})
        process = subprocess.run([options.pop("program", PICTOR), *map(str, arguments)], cwd=self.dir, env=environment,
                                 capture_output=True, timeout=timeout, **options)
        result = Result(process)
        self.assertGreaterEqual(result.code, 0, f"killed by a signal: {result.err}")
        return result

    def run_job(self, *arguments, **options):
        return self.pictor("run", "job.yaml", *arguments, **options)

    def outcomes(self):
        """{outcome: count} of the ledger."""
        ledger = sqlite3.connect(f"file:{self.dir}/out/.pictor/ledger.sqlite?mode=ro", uri=True)
        try:
            return dict(ledger.execute("SELECT outcome, count(*) FROM outcomes GROUP BY outcome").fetchall())
        finally:
            ledger.close()

    def pictures(self):
        return sorted(str(p.relative_to(self.dir / "out")) for p in (self.dir / "out").rglob("*.png"))

    def assert_fails(self, result, code, *texts):
        self.assertEqual(result.code, code, result.err)
        for text in texts:
            self.assertIn(text, result.err)
