"""abidiff finds nothing between abi.h and the dump of the last release. No suppression: those that let an addition
through let an insertion and a changed signature through as well. So the next minor commits its own dump."""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

from abi_dump import HERE, INCLUDE, build_probe


def setUpModule():
    if shutil.which("abidiff") is None:
        raise unittest.SkipTest("abidiff is not installed (Debian: abigail-tools)")


def last_release():
    return max(HERE.glob("abi_1_*.xml"), key=lambda path: int(path.stem.rsplit("_", 1)[1]))


class AbiDiff(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="pictor-abi-"))
        self.addCleanup(shutil.rmtree, self.dir)

    def differences(self, include=INCLUDE):
        """What abidiff tells; empty when it finds none."""
        done = subprocess.run(["abidiff", "--no-architecture", last_release(), build_probe(include, self.dir)],
                              capture_output=True, text=True)
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.returncode == 0, done.stdout == "", done.stdout)
        return done.stdout

    def doctored(self, old, new):
        text = (INCLUDE / "pictor/abi.h").read_text()
        self.assertEqual(text.count(old), 1, old)
        (self.dir / "pictor").mkdir(exist_ok=True)
        (self.dir / "pictor/abi.h").write_text(text.replace(old, new))
        return self.differences(self.dir)

    def test_nothing_changed_since_the_last_release(self):
        self.assertEqual(self.differences(), "", "abi.h changed: where that is a new minor, write its dump with "
                         "tests/abi/abi_dump.py tests/abi/abi_1_N.xml")

    def test_what_changed_is_told(self):
        for old, new, says in (
                ("  pictor_str details_json;", "  pictor_str region; pictor_str details_json;", "region"),
                ("  pictor_str details_json;", "  pictor_str details_json; pictor_str region;", "region"),
                ("  int64_t timeout_ms;", "  uint64_t timeout_ms;", "timeout_ms"),
                ("  uint32_t wanted_concurrency;", "  int32_t wanted_concurrency;", "wanted_concurrency"),
                ("  const uint64_t *seeds;", "  const uint32_t *seeds;", "seeds"),
                ("(*unload)(struct pictor_model *model)", "(*unload)(struct pictor_model *model, int how)", "unload"),
                ("int64_t (*now_ns)", "int32_t (*now_ns)", "now_ns"),
                ("  char cost_currency[4];", "  uint32_t cost_currency;", "cost_currency")):
            with self.subTest(new):
                self.assertIn(says, self.doctored(old, new))
