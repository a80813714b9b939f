"""What diffusion_timing times, in diffusers: diffusers_timing.py MODEL DTYPE DEVICE STEPS SIDE SAMPLES SPAWNED

DTYPE may end in -channels-first; without it the UNet and the VAE are channels-last, diffusers' best setting on a CPU. Where it
ends in -compiled-all or -compiled-blocks, the denoiser or its repeated blocks go through torch.compile.
"""

import json
import sys
import threading
import time

began = time.time()  # the imports are part of Python's start, and of first_step alone

import torch  # noqa: E402
from diffusers import DiffusionPipeline  # noqa: E402

model, dtype, device, steps, side, samples, spawned = sys.argv[1:8]
dtype, _, layout = dtype.partition("-")


def memory_mb(what):
    """"VmRSS", what is held now, or "VmHWM", the most since the process or restart_peak() began."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(what + ":"))


def restart_peak():
    """To be called a moment into the decode, which has let go of what the steps left then."""
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


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
loaded, loaded_mb, held_mb = synchronised(), memory_mb("VmHWM"), memory_mb("VmRSS")

at = []
peaks = []


def on_step(_pipe, _step, _timestep, kwargs):
    at.append(synchronised())
    if len(at) == int(steps):
        peaks.append(memory_mb("VmHWM"))
        threading.Timer(0.1, restart_peak).start()
    return kwargs


pipe(["a red fox in the snow"] * int(samples), num_inference_steps=int(steps), width=int(side), height=int(side),
     generator=[torch.Generator().manual_seed(s) for s in range(int(samples))], callback_on_step_end=on_step)
done = synchronised()
peaks.append(memory_mb("VmHWM"))
print(json.dumps({"load": loaded - began, "load_mb": loaded_mb, "first_step": at[0] - float(spawned),
                  "steps": [b - a for a, b in zip(at, at[1:])], "decode": done - at[-1], "decode_mb": peaks[1] - held_mb,
                  "whole": done - float(spawned), "peak_mb": max(peaks),
                  "gpu_mb": torch.cuda.max_memory_reserved() / 2**20 if device.startswith("cuda") else 0}))
