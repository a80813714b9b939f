#!/usr/bin/env python3
"""The bundled model in Pictor and in diffusers, side by side: the same prompts and seeds, in batches of one size.

Usage: tests/bench/diffusion.py [--build build/release] [--peer PYTHON] [--prompts 100] [--batch 8] [--steps 12] [--repeats 3]

PYTHON is one that has torch and diffusers; without it only Pictor is measured. Both draw in float32 on all cores, in turn;
medians of the repeats, after one that is not counted. Compare only within one run, on a machine that does nothing else.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

from measure import interleaved, median

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "plugins/diffusion/models/emoji"
SUBJECTS = ["red fox", "yellow tulip", "cup of tea", "purple octopus", "brown owl", "green frog", "pizza slice", "blue whale",
            "birthday cake", "snowy mountain"]
STYLES = ["flat", "glossy", "pastel", "outlined", "on white", "smiling", "sleeping", "tiny", "in the rain", "at night"]

DIFFUSERS = """
import json, sys, torch
from diffusers import StableDiffusionPipeline, DPMSolverMultistepScheduler
model, rows, batch, steps, out = sys.argv[1], json.load(open(sys.argv[2])), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
pipe = StableDiffusionPipeline.from_pretrained(model, torch_dtype=torch.float32, local_files_only=True)
pipe.scheduler = DPMSolverMultistepScheduler.from_config(pipe.scheduler.config)
pipe.set_progress_bar_config(disable=True)
for first in range(0, len(rows), batch):
    some = rows[first:first + batch]
    images = pipe([row["prompt"] for row in some], num_inference_steps=steps, guidance_scale=3.0,
                  generator=[torch.Generator().manual_seed(row["seed"]) for row in some]).images
    for row, image in zip(some, images):
        image.save(f"{out}/{row['seed']}.png")
"""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", help="the build folder of Pictor")
    parser.add_argument("--peer", help="a Python with torch and diffusers")
    for name, default in (("prompts", 100), ("batch", 8), ("steps", 12), ("repeats", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    if given.peer and subprocess.run([given.peer, "-c", "import torch, diffusers"], capture_output=True).returncode != 0:
        sys.exit(f"{given.peer} has no torch and diffusers; leave --peer out to measure Pictor alone")
    if given.prompts < 2:
        sys.exit("--prompts must be at least 2: the time of the first picture is taken off")
    return given


def rows_of(count):
    """So many prompts, each with its own seed."""
    pairs = [f"a {subject}, {style}" for style in STYLES for subject in SUBJECTS]
    return [{"prompt": pairs[i % len(pairs)], "seed": i} for i in range(count)]


def pictor_command(given, folder, rows, out):
    """Draws the rows with Pictor into the folder `out`, which is made afresh."""
    prompts, job = folder / f"{len(rows)}.jsonl", folder / f"{len(rows)}.yaml"
    prompts.write_text("".join(json.dumps(row) + "\n" for row in rows))
    job.write_text(
        f"pictor: 1\nmodels:\n  emoji:\n    plugin: diffusion\n    model: {MODEL}\n    batch_size: {given.batch}\n"
        f"    generation_kwargs: {{num_inference_steps: {given.steps}, guidance_scale: 3.0, scheduler: dpmpp_2m}}\n"
        f"job: {{prompts: {prompts}, output: {{dir: {out}}}}}\n")
    program = pathlib.Path(given.build).resolve() / "bin/pictor"
    return ["sh", "-c", f"rm -rf {out}; exec {program} run {job} -q"]


def diffusers_command(given, folder, rows, out):
    listed = folder / f"{len(rows)}.json"
    listed.write_text(json.dumps(rows))
    out.mkdir()
    return [given.peer, "-c", DIFFUSERS, str(MODEL), str(listed), str(given.batch), str(given.steps), str(out)]


def measure(given, folder):
    """{(who, prompts): runs}"""
    makers = {"pictor": pictor_command, **({"diffusers": diffusers_command} if given.peer else {})}
    outs = {(who, count): folder / f"{who}-{count}" for count in (1, given.prompts) for who in makers}
    commands = {key: makers[key[0]](given, folder, rows_of(key[1]), out) for key, out in outs.items()}
    runs = interleaved(commands, given.repeats)
    for (who, count), out in outs.items():
        drawn = len(list(out.rglob("*.png")))
        if drawn != count:
            sys.exit(f"{who} drew {drawn} of {count} pictures")
    return runs


def main():
    given = arguments()
    with tempfile.TemporaryDirectory(prefix="pictor-bench-") as folder:
        runs = measure(given, pathlib.Path(folder))
    for who in sorted({who for who, _ in runs}, reverse=True):
        first, many = median(runs[who, 1]), median(runs[who, given.prompts])
        rate = 60 * (given.prompts - 1) / (many - first)
        print(f"{who:10} start to first picture {first:6.2f} s   {given.prompts} prompts at batch {given.batch} {many:6.1f} s   "
              f"{rate:6.0f} pictures/minute   peak {median(runs[who, given.prompts], 'peak_mb'):.0f} MB")


main()
