"""What diffusion_timing times, in diffusers: diffusers_timing.py MODEL DTYPE DEVICE STEPS SIDE SAMPLES SPAWNED

DTYPE may end in -channels-first; without it the UNet and the VAE are channels-last, diffusers' best setting on a CPU. Where it
ends in -compiled-all or -compiled-blocks, the denoiser or its repeated blocks go through torch.compile.
"""

import json
import resource
import sys
import time

began = time.time()  # the imports are part of Python's start, and of first_step alone

import torch  # noqa: E402
from diffusers import DiffusionPipeline  # noqa: E402

model, dtype, device, steps, side, samples, spawned = sys.argv[1:8]
dtype, _, layout = dtype.partition("-")


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def synchronised():
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    return time.time()


began = time.time()
pipe = DiffusionPipeline.from_pretrained(model, torch_dtype=getattr(torch, dtype), local_files_only=True,
                                         use_safetensors=True)
pipe.to(device)
denoiser = pipe.unet if hasattr(pipe, "unet") else pipe.transformer
if layout != "channels-first":
    denoiser.to(memory_format=torch.channels_last)
    pipe.vae.to(memory_format=torch.channels_last)
if layout == "compiled-all":
    denoiser.compile()
elif layout == "compiled-blocks":
    denoiser.compile_repeated_blocks()
pipe.set_progress_bar_config(disable=True)
loaded, loaded_mb = synchronised(), peak_mb()

at = []


def on_step(_pipe, _step, _timestep, kwargs):
    at.append(synchronised())
    return kwargs


pipe(["a red fox in the snow"] * int(samples), num_inference_steps=int(steps), width=int(side), height=int(side),
     generator=[torch.Generator().manual_seed(s) for s in range(int(samples))], callback_on_step_end=on_step)
done = synchronised()
print(json.dumps({"load": loaded - began, "load_mb": loaded_mb, "first_step": at[0] - float(spawned),
                  "steps": [b - a for a, b in zip(at, at[1:])], "decode": done - at[-1],
                  "whole": done - float(spawned), "peak_mb": peak_mb(),
                  "gpu_mb": torch.cuda.max_memory_reserved() / 2**20 if device.startswith("cuda") else 0}))
