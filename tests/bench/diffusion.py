#!/usr/bin/env python3
"""The bundled model in Pictor and in diffusers, side by side. Usage: tests/bench/diffusion.py [build folder] [python]

`python`: one that has torch and diffusers; without it only Pictor is measured. Seconds from process start to the first
picture, and pictures per minute at equal batch, both in float32 on all cores. Compare only within one run.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

from measure import median, run

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/release").resolve()
PEER = sys.argv[2] if len(sys.argv) > 2 else None
MODEL = ROOT / "plugins/diffusion/models/emoji"
BATCH, PICTURES = 8, 64

DIFFUSERS = """
import sys, torch
from diffusers import StableDiffusionPipeline, DPMSolverMultistepScheduler
model, pictures, batch, out = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
pipe = StableDiffusionPipeline.from_pretrained(model, torch_dtype=torch.float32, local_files_only=True)
pipe.scheduler = DPMSolverMultistepScheduler.from_config(pipe.scheduler.config)
pipe.set_progress_bar_config(disable=True)
for first in range(0, pictures, batch):
    seeds = range(first, min(first + batch, pictures))
    images = pipe(["a red fox, flat"] * len(seeds), num_inference_steps=12, guidance_scale=3.0,
                  generator=[torch.Generator().manual_seed(s) for s in seeds]).images
    for seed, image in zip(seeds, images):
        image.save(f"{out}/{seed}.png")
"""


def pictor_job(folder, pictures, batch):
    """The command that draws `pictures` with Pictor into a fresh folder."""
    file = folder / f"job-{pictures}.yaml"
    file.write_text(
        f"pictor: 1\nmodels:\n  emoji:\n    plugin: diffusion\n    model: {MODEL}\n    batch_size: {batch}\n"
        "    generation_kwargs: {num_inference_steps: 12, guidance_scale: 3.0, scheduler: dpmpp_2m}\n"
        f"job: {{prompts: ['a red fox, flat'], num_generations: {pictures}, output: {{dir: out-{pictures}}}}}\n")
    return ["sh", "-c", f"rm -rf {folder}/out-{pictures}; exec {BUILD}/bin/pictor run {file} -q"]


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pictor-bench-"))
    commands = {}
    for pictures, batch in ((1, 1), (PICTURES, BATCH)):
        commands["pictor", pictures] = pictor_job(folder, pictures, batch)
        if PEER:
            (folder / "peer").mkdir(exist_ok=True)
            commands["diffusers", pictures] = [
                PEER, "-c", DIFFUSERS, str(MODEL), str(pictures), str(batch), str(folder / "peer")]
    runs = {key: [] for key in commands}
    for _ in range(3):
        for key, command in commands.items():
            runs[key].append(run(command))
    for who in ("pictor", "diffusers"):
        if (who, 1) not in runs:
            continue
        first, many = median(runs[who, 1]), median(runs[who, PICTURES])
        rate = 60 * (PICTURES - 1) / (many - first)
        print(f"{who:10} start to first picture {first:6.2f} s   {PICTURES} pictures at batch {BATCH} {many:6.1f} s   "
              f"{rate:6.0f} pictures/minute   peak {median(runs[who, PICTURES], 'peak_mb'):.0f} MB")
    shutil.rmtree(folder)


if PEER and subprocess.run([PEER, "-c", "import torch, diffusers"], capture_output=True).returncode != 0:
    sys.exit(f"{PEER} has no torch and diffusers; leave the argument out to measure Pictor alone")
main()
