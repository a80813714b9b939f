"""`pictor plugins new`, from an installed tree: each kind of project builds, passes its tests and the check, and draws."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["PICTOR_BUILD"])
SOURCE = pathlib.Path(__file__).resolve().parents[2]


class New(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.prefix = pathlib.Path(tempfile.mkdtemp(prefix="pictor-prefix-"))
        cls.addClassCleanup(shutil.rmtree, cls.prefix, ignore_errors=True)
        subprocess.run(["cmake", "--install", BUILD, "--prefix", cls.prefix], check=True, capture_output=True)

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="pictor-new-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def run_in(self, folder, *command, code=0, env=None):
        environment = {**os.environ, "PATH": f"{self.prefix}/bin:{os.environ['PATH']}", "NO_COLOR": "1", **(env or {})}
        done = subprocess.run(list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True,
                              timeout=600)
        self.assertEqual(done.returncode, code, f"{command}\n{done.stdout}\n{done.stderr}")
        return done.stdout + done.stderr

    def make(self, name, *arguments, flags=""):
        self.run_in(self.dir, "pictor", "plugins", "new", name, *arguments)
        project = self.dir / name
        flags += " -Wall -Wextra -Wpedantic -Werror"
        language = "C" if "c" in arguments else "CXX"
        self.run_in(project, "cmake", "-G", "Ninja", "-B", "build", f"-DCMAKE_PREFIX_PATH={self.prefix}",
                    f"-DCMAKE_{language}_FLAGS={flags}")
        self.run_in(project, "cmake", "--build", "build")
        tests = self.run_in(project, "ctest", "--test-dir", "build", "--no-tests=error", "--output-on-failure")
        self.assertIn(f"{name}_check", tests)
        self.assertRegex(tests, "100% tests passed.* out of 2")
        return project

    def use(self, name, project):
        plugin = project / "build" / f"{name}.pictor.so"
        checked = self.run_in(project, "pictor", "plugins", "check", plugin)
        self.assertIn(" 0 failed", checked)
        self.assertIn(" 0 warned", checked)
        self.run_in(project, "pictor", "generate", "a red fox", "-m", name, "-o", "fox.png",
                    env={"PICTOR_PLUGIN_PATH": str(project / "build")})
        self.assertEqual((project / "fox.png").read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
        for file in project.rglob("*"):
            if "build" in file.relative_to(project).parts or not file.is_file() or file.name == "fox.png":
                continue
            self.assertNotIn("template", file.name.lower())
            self.assertNotIn("template", file.read_text().lower().replace("template <", ""), file)
        self.assertTrue((project / ".github/workflows/ci.yml").exists())

    def test_a_synchronous_plugin(self):
        self.use("red-fox", self.make("red-fox"))

    def test_an_asynchronous_plugin(self):
        self.use("owl.2", self.make("owl.2", "--kind", "async"))

    def test_a_plugin_in_c(self):
        self.use("elk_c", self.make("elk_c", "--lang", "c"))

    def test_an_asynchronous_plugin_in_c(self):
        self.use("elk.2", self.make("elk.2", "--lang", "c", "--kind", "async"))

    def test_a_plugin_that_a_sanitizer_watches(self):
        sanitizer = "-fsanitize=address,undefined"
        project = self.make("lynx", flags=sanitizer)
        model = project / "lynx_model.cpp"
        code, found = re.subn(r"(void \w+::generate\([^)]*\) \{\n)", r"\1  static_cast<void>(new char[77]);\n",
                              model.read_text())
        self.assertEqual(found, 1)
        model.write_text(code)
        self.run_in(project, "cmake", "--build", "build")
        tests = self.run_in(project, "ctest", "--test-dir", "build", "--output-on-failure", "-R", "lynx_check", code=8)
        self.assertRegex(tests, r"crash +life\.exit")
        self.assertIn("LeakSanitizer", tests)

    def test_the_commands_of_the_readmes(self):
        environment = {"PICTOR_PREFIX": str(self.prefix), "HOME": str(self.dir)}
        for readme in (SOURCE / "sdk/README.md", self.dir / "ember/README.md"):
            script = re.search(r"^```sh\n(.*?)^```", readme.read_text(), re.MULTILINE | re.DOTALL).group(1)
            folder = self.dir if "plugins new" in script else self.dir / "ember"
            self.run_in(folder, "bash", "-euc", script, env=environment)
        self.assertTrue((self.dir / "ember/coal.png").exists())
        self.assertTrue((self.dir / "ember/fox.png").exists())
        self.run_in(self.dir, "pictor", "generate", "a coal fire", "-m", "ember", "-o", "found.png", env=environment)

    def test_mistakes(self):
        for arguments, text in ((["Fox"], "no name for a plugin"), (["../fox"], "no name for a plugin"),
                                (["2fox"], "no name for a plugin"), (["fox", "--lang", "rust"], "rust")):
            self.assertIn(text, self.run_in(self.dir, "pictor", "plugins", "new", *arguments, code=2))
        (self.dir / "fox").mkdir()
        (self.dir / "fox/mine").write_text("work of weeks")
        self.assertIn("is there already", self.run_in(self.dir, "pictor", "plugins", "new", "fox", code=2))
        self.assertEqual(os.listdir(self.dir / "fox"), ["mine"])


if __name__ == "__main__":
    unittest.main()
