#!/usr/bin/env python3
"""What a process of its own costs a plugin. Usage: tests/bench/worker.py [build folder] [pictures] [repeats]

The same jobs with isolation: in-process and worker, taken in turn: many small pictures, and pictures of a MiB. Medians of
wall and CPU time a picture (pictor and its worker together), and their differences. Compare only within one run.
"""

import pathlib
import shutil
import sys
import tempfile

from measure import interleaved, median

BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/release").resolve()
PICTURES = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
REPEATS = int(sys.argv[3]) if len(sys.argv) > 3 else 7
PLUGIN = BUILD / "lib/pictor/plugins/template.pictor.so"


def command(folder, isolation, width, height, pictures):
    """A shell line that draws all of a job anew."""
    file = folder / f"{isolation}.yaml"
    file.write_text(
        f"pictor: 1\nmodels: {{m: {{plugin: {PLUGIN}, isolation: {isolation}, "
        f"generation_kwargs: {{width: {width}, height: {height}}}}}}}\n"
        f"job: {{prompts: [a fox], num_generations: {pictures}, output: {{dir: {isolation}, format: jpeg}}}}\n")
    return ["/bin/sh", "-c", f"rm -rf {folder}/{isolation} && exec {BUILD}/bin/pictor run {file} -q"]


def compare(what, width, height, pictures):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pictor-worker-"))
    try:
        runs = interleaved({each: command(folder, each, width, height, pictures) for each in ("in-process", "worker")}, REPEATS)
    finally:
        shutil.rmtree(folder)
    print(f"{what}: {pictures} pictures of {width} x {height}, median of {REPEATS}")
    for field in ("wall", "cpu"):
        here, there = (1000 * median(runs[each], field) / pictures for each in ("in-process", "worker"))
        print(f"  {field:4} ms a picture: in-process {here:.3f}, worker {there:.3f}, {there - here:+.3f}")


def main():
    compare("start", 8, 8, 1)
    compare("small", 8, 8, PICTURES)
    compare("a MiB", 592, 592, max(PICTURES // 4, 1))


if __name__ == "__main__":
    main()
