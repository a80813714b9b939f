#!/usr/bin/env python3
"""Draws, with diffusers, what the cases of tiny-sd3 and tiny-flux-dev lack.

Usage: make_transformer_cases.py   (beside this file; needs diffusers, transformers and torch)
"""

import json
import pathlib

import torch
from diffusers import FluxPipeline, StableDiffusion3Pipeline
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
PROMPT = "a red fox face, glossy"
NEGATIVE = "blurry, flat"


def draw(pipeline, folder, name, call, seeds):
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    images = pipeline(**call, num_images_per_prompt=len(seeds), generator=generators, output_type="np").images
    image = torch.from_numpy((images * 255).round().astype("uint8"))
    stem = HERE / folder / "reference" / name
    save_file({"image": image}, f"{stem}.safetensors")
    case = {
        "pipeline": type(pipeline).__name__,
        "call": call,
        "seeds": seeds,
        "scheduler": {"class_name": type(pipeline.scheduler).__name__},
    }
    stem.with_suffix(".json").write_text(json.dumps(case, indent=1) + "\n")


def main():
    torch.set_num_threads(1)
    sd3 = StableDiffusion3Pipeline.from_pretrained(HERE / "tiny-sd3", text_encoder_3=None, tokenizer_3=None)
    draw(sd3, "tiny-sd3", "no_t5", {
        "prompt": PROMPT, "negative_prompt": NEGATIVE, "width": 160, "height": 96, "num_inference_steps": 3,
        "guidance_scale": 4.0, "clip_skip": 1, "max_sequence_length": 40}, [7, 8])
    flux = FluxPipeline.from_pretrained(HERE / "tiny-flux-dev")
    draw(flux, "tiny-flux-dev", "true_cfg", {
        "prompt": PROMPT, "negative_prompt": NEGATIVE, "true_cfg_scale": 3.0, "width": 96, "height": 128,
        "num_inference_steps": 3, "guidance_scale": 2.0, "max_sequence_length": 48}, [7, 8])


if __name__ == "__main__":
    main()
