"""Runs what README.md and sdk/README.md tell a user to type.

Blocks marked `file=NAME` are written down; `sh` blocks run in order. In sdk/README.md the first cpp and cmake blocks are a
plugin that must build. A block that is only shown (`console`, plain) is not run; host/quickstart runs over this build.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import sdk_reference

BUILD = pathlib.Path(os.environ["PICTOR_BUILD"])
SOURCE = pathlib.Path(__file__).resolve().parents[2]


def blocks(readme):
    """[(language, attributes, text)] of the fenced blocks of a README."""
    found = re.findall(r"^```(\w*)([^\n]*)\n(.*?)^```", (SOURCE / readme).read_text(), re.MULTILINE | re.DOTALL)
    return [(language, attributes.strip(), text) for language, attributes, text in found]


class Reference(unittest.TestCase):
    def test_the_tables_of_the_sdk_are_those_of_the_header(self):
        written = sdk_reference.README.read_text().partition(sdk_reference.BEGIN)[2].partition(sdk_reference.END)[0]
        self.assertEqual(written, sdk_reference.reference(BUILD / "bin/pictor"),
                         "run tests/consumer/sdk_reference.py BUILD/bin/pictor")


class Readme(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="pictor-readme-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.prefix = self.dir / "prefix"
        self.sh(f"cmake --install {BUILD} --prefix {self.prefix}")
        (self.dir / "plugins").symlink_to(SOURCE / "plugins")

    def sh(self, script):
        environment = {**os.environ, "PATH": f"{self.prefix}/bin:{os.environ['PATH']}",
                       "PICTOR_PREFIX": str(self.prefix), "NO_COLOR": "1"}
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=self.dir, env=environment,
                              capture_output=True, text=True, timeout=600)
        self.assertEqual(done.returncode, 0, f"{script}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def test_every_command_of_the_readme(self):
        ran = 0
        for language, attributes, text in blocks("README.md"):
            if attributes.startswith("file="):
                (self.dir / attributes.removeprefix("file=")).write_text(text)
            elif language == "sh":
                self.sh(text)
                ran += 1
        self.assertGreaterEqual(ran, 5)
        self.assertTrue((self.dir / "foxes/train/000001_1.png").exists())
        self.assertTrue((self.dir / "octopus.png").exists())
        self.assertTrue((self.dir / "dawn.png").exists())

    def test_the_quickstart(self):
        shutil.rmtree(SOURCE / "out/quickstart", ignore_errors=True)
        for _ in range(2):
            said = self.sh(f"PICTOR_BUILD={BUILD} {SOURCE}/host/quickstart")
            self.assertIn("gallery.html", said)
        self.assertGreaterEqual(len(list((SOURCE / "out/quickstart/train").glob("*.png"))), 24)
        self.assertTrue((SOURCE / "out/quickstart/gallery.html").exists())

    def test_the_plugin_of_the_sdk_readme(self):
        of = {language: text for language, _, text in reversed(blocks("sdk/README.md"))}
        (self.dir / "ember.cpp").write_text(of["cpp"])
        (self.dir / "CMakeLists.txt").write_text(of["cmake"])
        self.assertLessEqual(len(of["cpp"].splitlines()), 40)
        self.sh(f"cmake -G Ninja -B build -DCMAKE_PREFIX_PATH={self.prefix} && cmake --build build")
        self.sh('PICTOR_PLUGIN_PATH="$PWD/build" pictor generate "a coal fire" -m ember -o coal.png')
        self.assertTrue((self.dir / "coal.png").exists())


if __name__ == "__main__":
    unittest.main()
