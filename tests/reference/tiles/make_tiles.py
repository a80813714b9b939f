"""Writes tiles.safetensors beside it: what diffusers' tiled autoencoder makes of what is stored.

Run with diffusers at hand; the tests need none. The model is ../tiny-sd15's, told to cut at 32
pixels.
"""

from pathlib import Path

import torch
from diffusers import AutoencoderKL
from safetensors.torch import save_file

HERE = Path(__file__).parent
SIDE = 32


def main():
    torch.manual_seed(3)
    vae = AutoencoderKL.from_pretrained(HERE.parent / "tiny-sd15" / "vae", sample_size=SIDE)
    vae.enable_tiling()
    latents = torch.randn(1, 4, 9, 7)
    pixels = torch.rand(1, 3, 72, 40) * 2 - 1
    with torch.no_grad():
        stored = {
            "latents": latents,
            "decoded": vae.decode(latents).sample,
            "pixels": pixels,
            "mean": vae.encode(pixels).latent_dist.mean,
        }
    save_file({k: v.contiguous() for k, v in stored.items()}, HERE / "tiles.safetensors")


if __name__ == "__main__":
    main()
