#!/usr/bin/env python3
"""What the host itself costs. Usage: tests/bench/host.py [build folder] [rows]

Start-up beside /bin/true and Python; pictures of the template plugin through the whole path (64 x 64 raw to PNG on
disk and in the ledger); a large prompt file planned, and found done. Ratios and medians of one run: compare only within it.
"""

import json
import os
import pathlib
import shutil
import sqlite3
import sys
import tempfile

from measure import interleaved, median, run

BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/release").resolve()
ROWS = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
PICTOR = BUILD / "bin/pictor"


def job(folder, rows, size=64, **job_keys):
    """A job of the template plugin over `rows` prompts; returns its file."""
    with open(folder / "prompts.jsonl", "w") as prompts:
        for i in range(rows):
            prompts.write(json.dumps({"prompt": f"a picture of thing number {i}, painted in oil", "note": i % 7}) + "\n")
    file = folder / "job.yaml"
    file.write_text(
        f"pictor: 1\nmodels: {{t: {{plugin: template, generation_kwargs: {{width: {size}, height: {size}}}}}}}\n"
        f"job: {{prompts: prompts.jsonl, output: {{dir: out}}}}\n")
    return file


def startup():
    runs = interleaved({
        "/bin/true": ["/bin/true"],
        "python3 -c pass": ["/usr/bin/python3", "-c", "pass"],
        "pictor --help": [PICTOR, "--help"],
        "pictor plugins": [PICTOR, "plugins"],
    }, 30)
    base = median(runs["/bin/true"])
    print("start-up, median of 30")
    for name, those in runs.items():
        print(f"  {name:18} {1000 * median(those):7.1f} ms  (+{1000 * (median(those) - base):.1f} ms over /bin/true)")


def overhead(folder, rows=5000):
    file = job(folder, rows)
    plain = run([PICTOR, "run", file, "-q"], cwd=folder)
    ledger = sqlite3.connect(folder / "out/.pictor/ledger.sqlite")
    print(f"{rows} pictures of 64 x 64 from the template plugin: {rows / plain.wall:.0f} images/s, "
          f"{1e6 * plain.cpu / rows:.0f} CPU us/image, peak {plain.peak_mb:.0f} MB")
    stages = ["queue", "generate", "encode", "write"]
    means = ledger.execute("SELECT " + ", ".join(f"avg({stage}_ns)" for stage in stages) + " FROM samples").fetchone()
    print("  mean wall us per image by stage: " +
          ", ".join(f"{stage} {(mean or 0) / 1000:.0f}" for stage, mean in zip(stages, means)))


def million(folder):
    file = job(folder, ROWS)
    planned = run([PICTOR, "run", file, "--dry-run", "-q"], cwd=folder)
    print(f"{ROWS} rows planned: {planned.wall:.2f} s, peak {planned.peak_mb:.0f} MB")


def all_done(folder, rows):
    """A finished dataset of `rows`, made by drawing 8 x 8 pictures; then the same command again."""
    file = job(folder, rows, size=8)
    made = run([PICTOR, "run", file, "-q"], cwd=folder)
    again = run([PICTOR, "run", file, "-q"], cwd=folder)
    size = os.path.getsize(folder / "out/.pictor/ledger.sqlite")
    print(f"{rows} pictures of 8 x 8: {rows / made.wall:.0f} images/s, peak {made.peak_mb:.0f} MB, "
          f"ledger {size / rows:.0f} bytes/row; the same command again: {again.wall:.2f} s, peak {again.peak_mb:.0f} MB")


def main():
    startup()
    for step in (overhead, million):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="pictor-bench-"))
        step(folder)
        shutil.rmtree(folder)
    done_rows = int(os.environ.get("PICTOR_BENCH_DONE_ROWS", "20000"))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pictor-bench-"))
    all_done(folder, done_rows)
    shutil.rmtree(folder)


main()
