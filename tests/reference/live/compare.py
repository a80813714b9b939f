"""Compares Pictor with the diffusers that is installed, on models that are made on the spot.

compare.py FAMILY DRAW [SEED [DEVICE DTYPE]]: makes a small random model of the family with sizes that the seed
chooses, lets diffusers draw the family's cases, and lets DRAW (reference_draw) draw and compare
each. Exits 77 where diffusers is missing. A new family is a function in a file here and a line in
FAMILIES.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
try:
    import diffusers
    import torch
    import transformers
    from safetensors.torch import save_file

    import transformer_families
    import unet_families
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

FAMILIES = {
    "sd1": unet_families.sd1,
    "sd1_inpainting_unet": unet_families.sd1_inpainting_unet,
    "sd2": unet_families.sd2,
    "sdxl": unet_families.sdxl,
    "sdxl_refiner": unet_families.sdxl_refiner,
    "sd3": transformer_families.sd3,
    "sd35": transformer_families.sd35,
    "sd3_without_t5": transformer_families.sd3_without_t5,
    "flux_dev": transformer_families.flux_dev,
    "flux_schnell": transformer_families.flux_schnell,
}


def scheduler_json(scheduler):
    """The configuration of a scheduler, as DRAW reads it."""
    config = {k: v for k, v in scheduler.config.items() if not k.startswith("_")}
    return {"class_name": type(scheduler).__name__, **config}


def draw(one, model):
    """What diffusers draws: latents, and the picture that the autoencoder makes of them."""
    pipe = one.pipeline(**model.components, **one.options)
    if one.scheduler is not None:
        pipe.scheduler = one.scheduler
    pipe.vae.use_tiling = one.vae_tiling
    pipe.set_progress_bar_config(disable=True)
    generators = [torch.Generator().manual_seed(seed) for seed in one.seeds]
    with torch.no_grad():
        latents = pipe(
            **one.call, **one.pictures, generator=generators, output_type="latent"
        ).images
        if one.unpack is not None:
            latents = one.unpack(pipe, latents, one.call)
        decoded = one.decode(pipe, latents).float()
    unit = (decoded / 2 + 0.5).clamp(0, 1)
    image = (unit * 255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous()
    return latents.float().cpu().contiguous(), image.cpu(), scheduler_json(pipe.scheduler)


def write(one, model, stem):
    latents, image, scheduler = draw(one, model)
    stored = {
        "pipeline": one.pipeline.__name__,
        "call": one.call,
        "seeds": one.seeds,
        "vae_tiling": one.vae_tiling,
        "scheduler": scheduler,
    }
    Path(f"{stem}.json").write_text(json.dumps(stored, default=list))
    save_file({"latents": latents, "image": image, **one.tensors()}, f"{stem}.safetensors")
    return latents


def main():
    family, drawer = sys.argv[1], sys.argv[2]
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(10**6)
    device, dtype = sys.argv[4:6] or ("cpu", "float32")
    versions = [f"{m.__name__} {m.__version__}" for m in (torch, diffusers, transformers)]
    print(f"{family}, seed {seed}: {', '.join(versions)}", flush=True)
    torch.manual_seed(seed)
    random.seed(seed)
    torch.set_num_threads(1)
    diffusers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        model, cases = FAMILIES[family]()
        model.save_pretrained(folder)
        model.to(device, getattr(torch, dtype))
        for name, make in cases.items():
            stem = os.path.join(folder, name)
            write(make(model), model, stem)
            command = [drawer, folder, stem, device, dtype]
            failed |= subprocess.run(command, check=False).returncode != 0
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
