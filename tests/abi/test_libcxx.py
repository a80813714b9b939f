"""The template, as clang compiles it with a C++ library that is not the host's."""

import shutil
import subprocess
import unittest

from plugin_trial import LINK, ToolchainTrial
from workspace import SOURCE

TEMPLATE = SOURCE / "sdk/template/sync"


def has_libcxx():
    """Whether there is a clang++ that compiles and links with a static libc++."""
    if shutil.which("clang++") is None:
        return False
    done = subprocess.run(["clang++", "-x", "c++", "-", *Libcxx.STATIC, "-o", "/dev/null"], capture_output=True,
                          input=b"#include <string>\nint main(int n, char **) { return std::to_string(n).empty(); }\n")
    return done.returncode == 0


class Libcxx(ToolchainTrial):
    # Otherwise its `operator delete` and its exceptions would be the host's, which are libstdc++'s.
    STATIC = ["-stdlib=libc++", "-nostdlib++", "-Wl,-Bstatic", "-lc++", "-lc++abi", "-Wl,-Bdynamic",
              "-Wl,--exclude-libs,ALL"]

    @classmethod
    def setUpClass(cls):
        if not has_libcxx():
            raise unittest.SkipTest("there is no clang++ with libc++ (Debian: clang libc++-dev libc++abi-dev)")
        super().setUpClass()
        cls.build("template", "clang++", "-std=c++20", "-O0", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra",
                  "-Wpedantic", "-Werror", "-I", SOURCE / "sdk/include", "-shared",
                  TEMPLATE / "template_model.cpp", TEMPLATE / "plugin.cpp", *cls.STATIC, LINK,
                  f"-Wl,--version-script={SOURCE / 'sdk/cmake/one-symbol.map'}")

    def test_it_brings_its_own_cxx_library(self):
        told = subprocess.run(["objdump", "-p", self.plugin], capture_output=True, text=True, check=True).stdout
        self.assertNotRegex(told, r"NEEDED +(libstdc\+\+|libc\+\+)")
        undefined = subprocess.run(["nm", "-D", "--undefined-only", self.plugin], capture_output=True, text=True,
                                   check=True).stdout
        self.assertNotRegex(undefined, r" (_Z|__cxa_(throw|begin_catch|allocate_exception))")

    def test_it_keeps_the_contract(self):
        self.assert_keep_the_contract({self.plugin: {"life.secrets", "draw.batch"}})

    def test_it_draws(self):
        records = self.draw_everywhere(self.plugin, "a fox", "an owl", kwargs="width: 48, height: 32")
        self.assertEqual({(record["width"], record["height"]) for record in records.values()}, {(48, 32)})
