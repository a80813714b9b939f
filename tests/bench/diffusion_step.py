#!/usr/bin/env python3
"""One step, one decode, one load at a public model's size, in Pictor and in diffusers, side by side.

Usage: tests/bench/diffusion_step.py PYTHON [--family sd15|sdxl|flux] [--dtype float32] [--device cpu] [--side 512]
         [--steps 3] [--samples 1] [--repeats 3] [--compile all|blocks] [--step-cache N]
         [--int8] [--sdcpp PROGRAM] TIMING [TIMING ...]

PYTHON has torch and diffusers; TIMING is a built diffusion_timing (ninja -C BUILD diffusion_timing), one for each libtorch to
compare. Weights are random, of the exact shapes, half as wide on disk as float32, and made once under --models. Medians of
interleaved runs; compare only within one run. first_step is from the process's start to the end of its first step, which pays
for warming up and counts for nothing else; ready is that less a step. --compile measures diffusers through torch.compile,
too: the whole denoiser or its repeated blocks. --step-cache and --int8 measure Pictor with those settings, too; a step is the
mean of them then. --sdcpp measures stable-diffusion.cpp, too, whose command PROGRAM is. decode_mb is what decoding took beyond
what was held once loaded, gpu_mb what was held of a GPU's memory.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROWS = {"step": "s", "decode": "s", "decode_mb": "MB", "load": "s", "load_mb": "MB", "ready": "s", "first_step": "s",
        "whole": "s", "peak_mb": "MB", "gpu_mb": "MB"}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("python")
    parser.add_argument("timing", nargs="+")
    parser.add_argument("--family", default="sd15", choices=["sd15", "sdxl", "flux"])
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--models", type=pathlib.Path, default=pathlib.Path.home() / ".cache/pictor-bench")
    parser.add_argument("--step-cache", type=int)
    parser.add_argument("--int8", action="store_true")
    parser.add_argument("--sdcpp", type=pathlib.Path)
    parser.add_argument("--compile", choices=["all", "blocks"])
    for name, default in (("side", 512), ("steps", 3), ("samples", 1), ("repeats", 3)):
        parser.add_argument("--" + name, type=int, default=default)
    return parser.parse_args()


def random_model(options):
    folder = options.models / options.family
    if not (folder / "model_index.json").exists():
        dtype = "bfloat16" if options.family == "flux" else "float16"
        subprocess.run([options.python, HERE / "random_models.py", options.family, dtype, folder, options.device],
                       check=True)
    return folder


def measured(command, last=()):
    """One run's figures, or None where it failed. `last` stands behind the time at which it was started."""
    done = subprocess.run([*map(str, command), str(time.time()), *last], stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "HF_HUB_OFFLINE": "1"})
    if done.returncode != 0:
        return None
    figures = json.loads(done.stdout.splitlines()[-1])
    figures["step"] = (statistics.mean if last else statistics.median)(figures.pop("steps"))
    figures["ready"] = figures["first_step"] - figures["step"]
    return figures


def main():
    options = arguments()
    model = random_model(options)
    rest = [options.device, options.steps, options.side, options.samples]
    commands = {f"pictor {pathlib.Path(timing).parts[-3]}": [timing, model, options.dtype, *rest]
                for timing in options.timing}
    if options.int8:
        commands |= {f"{name}, int8": [*command[:2], command[2] + "-int8", *command[3:]]
                     for name, command in commands.items()}
    if options.step_cache:
        commands |= {f"{name}, cached": command for name, command in commands.items()}
    peer = [options.python, HERE / "diffusers_timing.py", model]
    commands["diffusers"] = [*peer, options.dtype, *rest]
    if options.family != "flux":
        commands["diffusers, channels-first"] = [*peer, options.dtype + "-channels-first", *rest]
    if options.compile:
        commands["diffusers, compiled"] = [*peer, f"{options.dtype}-compiled-{options.compile}", *rest]
    if options.sdcpp:
        commands["stable-diffusion.cpp"] = [options.python, HERE / "sdcpp_timing.py", options.sdcpp, model, options.dtype, *rest]
    runs = {name: [] for name in commands}
    for _ in range(options.repeats):
        for name, command in commands.items():
            last = [str(options.step_cache)] if name.endswith(", cached") else []
            if (figures := measured(command, last)) is not None:
                runs[name].append(figures)
                print(f"{name}: {figures}", file=sys.stderr, flush=True)
    print(f"{options.family}, {options.side} x {options.side}, {options.dtype} on {options.device}, "
          f"{options.samples} samples with guidance, median of {options.repeats}")
    print(f"{'':26}" + "".join(f"{row + ' ' + unit:>14}" for row, unit in ROWS.items()))
    for name, figures in runs.items():
        medians = {row: statistics.median(f[row] for f in figures) for row in ROWS} if figures else {}
        told = "".join(f"{value:14.{4 if row == 'step' else 2}f}" for row, value in medians.items())
        print(f"{name:26}{told or '  failed'}")
    return 0 if all(runs.values()) else 1


sys.exit(main())
