#!/usr/bin/env python3
"""What an approximation of the diffusion plugin costs in likeness and saves in time, on the bundled model.

Usage: tests/bench/approximations.py BUILD [--prompts 20] [--steps 25] [SETTING ...]

SETTING is quantization=int8 or a generation_kwarg, several of them joined by commas; step_cache=2 by default. Draws the first prompts of configs/quickstart.txt without and with each,
and prints the PSNR against the exact pictures (higher is nearer) and the seconds of the drawing, one run each. Needs Pillow and
numpy.
"""

import argparse
import pathlib
import tempfile

import numpy
from PIL import Image

from measure import run

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "plugins/diffusion/models/emoji"


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("settings", nargs="*", default=["step_cache=2"])
    parser.add_argument("--prompts", type=int, default=20)
    parser.add_argument("--steps", type=int, default=25)
    return parser.parse_args()


def drawn(options, folder, setting):
    """The pictures with one more setting, in the order of the prompts, and the seconds they took."""
    name = (setting or "exact").replace(",", "-")
    lines = (ROOT / "configs/quickstart.txt").read_text().splitlines()[:options.prompts]
    (folder / "prompts.txt").write_text("\n".join(lines) + "\n")
    kwargs = {"num_inference_steps": options.steps, "guidance_scale": 4.0, "scheduler": "dpmpp_2m"}
    kwargs |= dict(one.split("=") for one in setting.split(",")) if setting else {}
    load = f"    quantization: {kwargs.pop('quantization', 'none')}\n"
    job = folder / f"{name}.yaml"
    job.write_text(f"pictor: 1\nmodels:\n  emoji:\n    plugin: diffusion\n    model: {MODEL}\n{load}    generation_kwargs:\n"
                   + "".join(f"      {key}: {value}\n" for key, value in kwargs.items())
                   + f"job: {{prompts: prompts.txt, seed: 7, output: {{dir: {name}}}}}\n")
    seconds = run([options.build / "bin/pictor", "run", job, "-q"]).wall
    files = sorted((folder / name).glob("train/*.png"))
    return [numpy.asarray(Image.open(file), dtype=float) for file in files], seconds


def psnr(a, b):
    return 10 * numpy.log10(255**2 / max(numpy.mean((a - b) ** 2), 1e-9))


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="pictor-bench-") as name:
        folder = pathlib.Path(name)
        exact, exact_seconds = drawn(options, folder, None)
        print(f"{len(exact)} pictures, {options.steps} steps of DPM++ 2M: {exact_seconds:.1f} s")
        for setting in options.settings:
            pictures, seconds = drawn(options, folder, setting)
            likeness = [psnr(a, b) for a, b in zip(exact, pictures)]
            print(f"{setting:32} {seconds:6.1f} s ({exact_seconds / seconds:.2f}x)   PSNR {numpy.mean(likeness):.1f} dB, "
                  f"least {min(likeness):.1f}")


main()
