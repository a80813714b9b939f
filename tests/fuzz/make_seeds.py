#!/usr/bin/env python3
"""Writes small valid inputs for the fuzzers to begin with. Usage: make_seeds.py FOLDER"""

import json
import pathlib
import struct
import sys

REFERENCE = pathlib.Path(__file__).resolve().parents[1] / "reference"


def safetensors(tensors, metadata=None):
    """`tensors`: {name: shape} of float32."""
    header, end = {"__metadata__": metadata} if metadata else {}, 0
    for name, shape in tensors.items():
        begin, size = end, 4
        for extent in shape:
            size *= extent
        end = begin + size
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
    return struct.pack("<H", end) + json.dumps(header).encode()


UNET = {"model.diffusion_model.input_blocks.0.0.weight": [2, 1, 3, 3], "model.diffusion_model.input_blocks.3.0.op.bias": [2],
        "model.diffusion_model.output_blocks.2.1.conv.bias": [2], "model.diffusion_model.middle_block.1.norm.bias": [2]}
VAE = {"first_stage_model.decoder.mid.attn_1.q.weight": [2, 2, 1, 1], "first_stage_model.quant_conv.bias": [2],
       "first_stage_model.decoder.up.1.block.0.nin_shortcut.bias": [2]}
SAFETENSORS = {
    "plain": safetensors({"a": [2, 3], "b": []}, {"format": "pt"}),
    "sd1": safetensors({**UNET, **VAE, "cond_stage_model.transformer.text_model.final_layer_norm.bias": [2]}),
    "sd2": safetensors({**UNET, **VAE, "cond_stage_model.model.transformer.resblocks.0.attn.in_proj_weight": [6, 2],
                        "cond_stage_model.model.text_projection": [2, 3], "betas": [4]}),
    "kohya": safetensors({"lora_unet_conv_in.lora_down.weight": [2, 2], "lora_unet_conv_in.lora_up.weight": [3, 2],
                          "lora_unet_conv_in.alpha": []}),
    "peft": safetensors({"unet.conv_in.lora_A.weight": [2, 2], "unet.conv_in.lora_B.weight": [3, 2]},
                        {"lora_adapter_metadata": json.dumps({"unet.lora_alpha": 4, "unet.alpha_pattern": {"conv_in": 2}})}),
}

VOCABULARY = {"<|startoftext|>": 3, "<|endoftext|>": 4, "a": 0, "a</w>": 1, "aa</w>": 2}
TOKENS = {"bos_token": "<|startoftext|>", "eos_token": {"content": "<|endoftext|>"}, "unk_token": "<|endoftext|>",
          "pad_token": "<|endoftext|>"}
TOKENIZER = {"small": b"\xff".join([json.dumps(VOCABULARY).encode(), b"#version: 0.2\na a</w>\n",
                                    b'{"model_max_length": 8}', json.dumps(TOKENS).encode(), b"aa <|endoftext|> a"])}

CONFIGURATION = {
    "unet": (REFERENCE / "tiny-sd15/unet/config.json").read_bytes(),
    "loras": b'["x", {"path": "y", "name": "z", "weight": -0.5}]',
    "weights": b'{"a": 1, "b": -Infinity}',
}


def main():
    for name, seeds in (("safetensors", SAFETENSORS), ("tokenizer", TOKENIZER), ("configuration", CONFIGURATION)):
        folder = pathlib.Path(sys.argv[1]) / name
        folder.mkdir(parents=True, exist_ok=True)
        for seed, content in seeds.items():
            (folder / seed).write_bytes(content)


if __name__ == "__main__":
    main()
