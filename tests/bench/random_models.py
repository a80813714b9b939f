"""Writes a model with random weights in the exact shapes of a public one: random_models.py sd15|sdxl DTYPE FOLDER

Needs torch, diffusers and transformers. The tokenizer is the tests' copy of CLIP's.
"""

import pathlib
import shutil
import sys

import torch
from diffusers import (AutoencoderKL, EulerDiscreteScheduler, StableDiffusionPipeline, StableDiffusionXLPipeline,
                       UNet2DConditionModel)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

TOKENIZER = pathlib.Path(__file__).resolve().parents[1] / "reference/clip-vit-l"
CLIP_L = dict(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12,
              max_position_embeddings=77, vocab_size=49408, projection_dim=768, hidden_act="quick_gelu",
              bos_token_id=49406, eos_token_id=49407, pad_token_id=49407)
CLIP_BIG_G = dict(CLIP_L, hidden_size=1280, intermediate_size=5120, num_hidden_layers=32, num_attention_heads=20,
                  projection_dim=1280, hidden_act="gelu")


def vae(scaling_factor, sample_size):
    return AutoencoderKL(block_out_channels=(128, 256, 512, 512), down_block_types=("DownEncoderBlock2D",) * 4,
                         up_block_types=("UpDecoderBlock2D",) * 4, layers_per_block=2, latent_channels=4,
                         scaling_factor=scaling_factor, sample_size=sample_size)


def scheduler():
    return EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1)


def tokenizer():
    return CLIPTokenizer.from_pretrained(TOKENIZER)


def sd15():
    unet = UNet2DConditionModel(sample_size=64, cross_attention_dim=768, attention_head_dim=8)
    return StableDiffusionPipeline(
        vae=vae(0.18215, 512), text_encoder=CLIPTextModel(CLIPTextConfig(**CLIP_L)), tokenizer=tokenizer(), unet=unet,
        scheduler=scheduler(), safety_checker=None, feature_extractor=None, requires_safety_checker=False)


def sdxl():
    unet = UNet2DConditionModel(
        sample_size=128, cross_attention_dim=2048, block_out_channels=(320, 640, 1280),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"), attention_head_dim=(5, 10, 20),
        transformer_layers_per_block=(1, 2, 10), use_linear_projection=True, addition_embed_type="text_time",
        addition_time_embed_dim=256, projection_class_embeddings_input_dim=2816)
    return StableDiffusionXLPipeline(
        vae=vae(0.13025, 1024), text_encoder=CLIPTextModel(CLIPTextConfig(**CLIP_L)),
        text_encoder_2=CLIPTextModelWithProjection(CLIPTextConfig(**CLIP_BIG_G)), tokenizer=tokenizer(),
        tokenizer_2=tokenizer(), unet=unet, scheduler=scheduler())


if __name__ == "__main__":
    family, dtype, folder = sys.argv[1:4]
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float32)
    {"sd15": sd15, "sdxl": sdxl}[family]().to(getattr(torch, dtype)).save_pretrained(folder)
    for saved in pathlib.Path(folder).glob("tokenizer*"):
        for name in ("vocab.json", "merges.txt"):  # transformers 5 writes tokenizer.json alone
            shutil.copy(TOKENIZER / name, saved)
