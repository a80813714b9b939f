"""What diffusion_timing times, in stable-diffusion.cpp: sdcpp_timing.py PROGRAM MODEL DTYPE DEVICE STEPS SIDE SAMPLES SPAWNED

PROGRAM is its command, built for the CPU. The weights are computed with in the type that they have in the files, which is the
nearest that it has to DTYPE. It tells durations and no more: a step is the mean of all, the first included, and the start to the
first step is what is left of the whole.
"""

import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time

from safetensors.torch import load_file, save_file

program, model, _dtype, device, steps, side, samples, _spawned = sys.argv[1:9]
if device != "cpu":
    sys.exit("sdcpp_timing: on the CPU only")


def seconds(what, told):
    return float(re.search(re.escape(what) + r" completed, taking ([0-9.]+)s", told).group(1))


def named_as_published(folder):
    """The model there, with the names that text encoders had before transformers 5."""
    for part in ("unet", "vae"):
        (folder / part).symlink_to(pathlib.Path(model, part).resolve())
    (folder / "text_encoder").mkdir()
    weights = load_file(pathlib.Path(model, "text_encoder/model.safetensors"))
    save_file({"text_model." + name.removeprefix("text_model."): tensor for name, tensor in weights.items()},
              folder / "text_encoder/model.safetensors")
    return time.time()


with tempfile.TemporaryDirectory(prefix="pictor-bench-", dir=pathlib.Path(model).parent) as folder:
    ready = named_as_published(pathlib.Path(folder))
    told = subprocess.run([program, "--model", folder, "--prompt", "a red fox in the snow", "--steps", steps, "--width", side,
                           "--height", side, "--cfg-scale", "7.5", "--sampling-method", "euler", "--batch-count", samples,
                           "--threads", str(len(os.sched_getaffinity(0))), "--output", pathlib.Path(folder) / "picture.png"],
                          check=True, capture_output=True, text=True, errors="replace").stdout
done = time.time()
load, sampling, decode = seconds("loading tensors", told), seconds("sampling", told), seconds("decode_first_stage", told)
step = sampling / int(steps)
peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
whole = done - ready
print(json.dumps({"load": load, "load_mb": 0, "first_step": whole - decode - sampling + step, "steps": [step] * int(steps),
                  "decode": decode, "decode_mb": 0, "whole": whole, "peak_mb": peak_mb, "gpu_mb": 0}))
