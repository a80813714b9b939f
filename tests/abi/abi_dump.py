#!/usr/bin/env python3
"""What abidw makes of abi.h. Usage: tests/abi/abi_dump.py FILE.xml; a release commits it as abi_1_N.xml."""

import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
INCLUDE = HERE.parents[1] / "sdk/include"
# Nothing of the machine, and no names of parameters, which bind nobody.
OPTIONS = ["--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", "--no-architecture", "--no-parameter-names",
           "--type-id-style", "hash", "--drop-undefined-syms"]


def build_probe(include, folder):
    """The library that reaches every type of the header in `include`."""
    probe = pathlib.Path(folder) / "probe.so"
    subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-g", "-O0", "-shared", "-fPIC", "-I", include, "-o", probe,
                    "probe.c"], cwd=HERE, check=True)
    return probe


def main():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["abidw", *OPTIONS, "--out-file", sys.argv[1], build_probe(INCLUDE, folder)], check=True)


if __name__ == "__main__":
    main()
