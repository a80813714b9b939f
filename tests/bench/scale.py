#!/usr/bin/env python3
"""How the host grows. Usage: tests/bench/scale.py [build folder] [rows, 1000000] [folder to work in]

Jobs of 10,000, 100,000, ... rows of the template plugin at 8 x 8: pictures per second, peak memory, CPU time and ledger
bytes per picture; then what the finished dataset costs to plan, to ask and to resume. Flat per picture is the aim. A
million rows are a million files: minutes, and as many inodes (df -i).
"""

import json
import os
import pathlib
import shutil
import sys
import tempfile

from measure import run

BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/release").resolve()
ROWS = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
WORK = sys.argv[3] if len(sys.argv) > 3 else None
PICTOR = BUILD / "bin/pictor"


def write_job(folder, rows):
    with open(folder / "prompts.jsonl", "w") as prompts:
        for i in range(rows):
            prompts.write(json.dumps({"prompt": f"a picture of thing number {i}, painted in oil", "note": i % 7}) + "\n")
    (folder / "job.yaml").write_text(
        "pictor: 1\nmodels: {t: {plugin: template, generation_kwargs: {width: 8, height: 8}}}\n"
        "job: {prompts: prompts.jsonl, output: {dir: out}}\n")


def ledger_bytes(folder):
    return sum(file.stat().st_size for file in (folder / "out/.pictor").iterdir())


def measure_rows(folder, rows):
    write_job(folder, rows)
    dry = run([PICTOR, "run", "job.yaml", "--dry-run", "-q"], cwd=folder)
    made = run([PICTOR, "run", "job.yaml", "-q"], cwd=folder)
    again = run([PICTOR, "run", "job.yaml", "-q"], cwd=folder)
    status = run([PICTOR, "status", "out"], cwd=folder)
    metadata = (folder / "out/train/metadata.jsonl").stat().st_size
    load = os.getloadavg()[0]
    return [rows, f"{rows / made.wall:.0f}", f"{1e6 * made.cpu / rows:.0f}", f"{made.peak_mb:.0f}",
            f"{ledger_bytes(folder) / rows:.0f}", f"{metadata / rows:.0f}", f"{dry.wall:.2f}", f"{again.wall:.2f}",
            f"{again.peak_mb:.0f}", f"{status.wall:.2f}", f"{load:.1f}"]


COLUMNS = ["rows", "images/s", "CPU us/image", "peak MB", "ledger B/row", "metadata B/row", "dry-run s", "same again s",
           "again peak MB", "status s", "load"]


def main():
    print("| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS), flush=True)
    sizes = [size for size in (10_000, 100_000, 1_000_000) if size < ROWS] + [ROWS]
    for rows in sizes:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="pictor-scale-", dir=WORK))
        try:
            print("| " + " | ".join(map(str, measure_rows(folder, rows))) + " |", flush=True)
        finally:
            shutil.rmtree(folder)


main()
