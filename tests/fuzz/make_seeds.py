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

BPE = {"model": {"type": "BPE", "end_of_word_suffix": "</w>", "vocab": VOCABULARY, "merges": [["a", "a</w>"]]}}
PIECES = [["<pad>", 0], ["</s>", 0], ["<unk>", 0], ["\u2581a", -1.5], ["a", -2], ["\u2581", -3]]
# Its table of characters holds nothing: a trie of no units.
UNIGRAM = {"model": {"type": "Unigram", "unk_id": 2, "vocab": PIECES},
           "normalizer": {"type": "Sequence", "normalizers": [{"type": "Precompiled", "precompiled_charsmap": "AAAAAA=="}]}}


def protobuf(number, content):
    return bytes([number << 3 | 2, len(content)]) + content


def spiece():
    """The same pieces as sentencepiece stores them; the type of <unk> is 2."""
    pieces = [protobuf(1, protobuf(1, text.encode()) + b"\x15" + struct.pack("<f", score) + b"\x18" + bytes([2 if text == "<unk>" else 1]))
              for text, score in PIECES]
    return b"".join(pieces) + protobuf(2, b"\x18\x01") + protobuf(3, protobuf(2, bytes(4)))


def tokenizer(**files):
    """Their contents in the order of fuzz_tokenizer.cpp."""
    names = ("vocab", "merges", "config", "special", "json", "spiece", "prompt")
    return b"\xff".join(files.get(name, b"") for name in names)


TOKENIZER = {
    "clip": tokenizer(vocab=json.dumps(VOCABULARY).encode(), merges=b"#version: 0.2\na a</w>\n", config=b'{"model_max_length": 8}',
                      special=json.dumps(TOKENS).encode(), prompt=b"aa <|endoftext|> a"),
    "clip_json": tokenizer(json=json.dumps(BPE).encode(), prompt=b"aa <|endoftext|> a"),
    "t5_json": tokenizer(config=b'{"extra_ids": 0}', json=json.dumps(UNIGRAM).encode(), prompt=b"aa b </s>a"),
    "t5_spiece": tokenizer(config=b'{"extra_ids": 2}', spiece=spiece(), prompt=b"aa b <extra_id_1>a"),
}

CONFIGURATION = {
    "unet": (REFERENCE / "tiny-sd15/unet/config.json").read_bytes(),
    "loras": b'["x", {"path": "y", "name": "z", "weight": -0.5}]',
    "weights": b'{"a": 1, "b": -Infinity}',
}

# Decisions of a hostile plugin: with zeros it is an honest one that draws nothing.
HOST = {"plain": bytes(300), "busy": bytes(i * 7 % 11 for i in range(1500)), "odd": bytes(i * i % 251 for i in range(1500))}


def main():
    for name, seeds in (("host", HOST), ("safetensors", SAFETENSORS), ("tokenizer", TOKENIZER),
                        ("configuration", CONFIGURATION)):
        folder = pathlib.Path(sys.argv[1]) / name
        folder.mkdir(parents=True, exist_ok=True)
        for seed, content in seeds.items():
            (folder / seed).write_bytes(content)


if __name__ == "__main__":
    main()
