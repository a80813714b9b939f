#!/usr/bin/env python3
"""Draws, with diffusers, what the cases of tiny-sd3 and tiny-flux-dev lack.

Usage: make_transformer_cases.py [CASE ...]   (beside this file; needs diffusers, transformers and torch; without a name all)
"""

import json
import pathlib
import sys

import numpy
import torch
from diffusers import FluxImg2ImgPipeline, FluxPipeline, StableDiffusion3Img2ImgPipeline, StableDiffusion3Pipeline
from PIL import Image
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
PROMPT = "a red fox face, glossy"
NEGATIVE = "blurry, flat"


def picture(width, height):
    """Colours that run across, so that a wrong axis is seen."""
    y, x = numpy.mgrid[0:height, 0:width]
    channels = [255 * x / width, 255 * y / height, 127 + 127 * numpy.sin(x / 5) * numpy.cos(y / 7)]
    return Image.fromarray(numpy.stack(channels, -1).astype(numpy.uint8))


def draw(pipeline, folder, name, call, seeds, image=None):
    if sys.argv[1:] and name not in sys.argv[1:]:
        return
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    begun = {} if image is None else {"image": image}
    images = pipeline(**call, **begun, num_images_per_prompt=len(seeds), generator=generators, output_type="np").images
    drawn = torch.from_numpy((images * 255).round().astype("uint8")).contiguous()
    stem = HERE / folder / "reference" / name
    save_file({"image": drawn, **{f"ref_{key}": torch.from_numpy(numpy.array(value)) for key, value in begun.items()}},
              f"{stem}.safetensors")
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
    sd3 = StableDiffusion3Pipeline.from_pretrained(HERE / "tiny-sd3")
    draw(sd3, "tiny-sd3", "skipped_layers", {
        "prompt": PROMPT, "prompt_3": "an owl", "negative_prompt": NEGATIVE, "negative_prompt_3": "tea", "width": 96, "height": 64,
        "num_inference_steps": 4, "guidance_scale": 4.0, "max_sequence_length": 40, "skip_guidance_layers": [1],
        "skip_layer_guidance_stop": 0.6}, [7])
    draw(StableDiffusion3Img2ImgPipeline(**sd3.components), "tiny-sd3", "img2img", {
        "prompt": PROMPT, "negative_prompt": NEGATIVE, "width": 96, "height": 64, "num_inference_steps": 5, "strength": 0.5,
        "max_sequence_length": 40}, [7], picture(70, 90))
    flux = FluxPipeline.from_pretrained(HERE / "tiny-flux-dev")
    draw(FluxImg2ImgPipeline(**flux.components), "tiny-flux-dev", "img2img", {
        "prompt": PROMPT, "width": 96, "height": 64, "num_inference_steps": 5, "strength": 0.5, "max_sequence_length": 40},
        [7], picture(70, 90))
    draw(flux, "tiny-flux-dev", "true_cfg", {
        "prompt": PROMPT, "negative_prompt": NEGATIVE, "true_cfg_scale": 3.0, "width": 96, "height": 128,
        "num_inference_steps": 3, "guidance_scale": 2.0, "max_sequence_length": 48}, [7, 8])


if __name__ == "__main__":
    main()
