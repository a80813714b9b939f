"""Writes a model with random weights in the exact shapes of a public one: random_models.py FAMILY DTYPE FOLDER [DEVICE]

FAMILY is sd15, sdxl or flux (FLUX.1 dev, whose T5 has two layers here instead of 24: a step does not see it). DEVICE makes the
weights, cpu by default. Needs torch, diffusers and transformers. The tokenizers are the tests' copies.
"""

import pathlib
import sys

import torch
from diffusers import (AutoencoderKL, EulerDiscreteScheduler, FlowMatchEulerDiscreteScheduler, FluxPipeline,
                       FluxTransformer2DModel, StableDiffusionPipeline, StableDiffusionXLPipeline, UNet2DConditionModel)
from transformers import (CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer, T5Config,
                          T5EncoderModel, T5TokenizerFast)

REFERENCE = pathlib.Path(__file__).resolve().parents[1] / "reference"
CLIP_TOKENIZER, T5_TOKENIZER = REFERENCE / "clip-vit-l", REFERENCE / "tiny-flux-dev/tokenizer_2"
CLIP_L = dict(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12,
              max_position_embeddings=77, vocab_size=49408, projection_dim=768, hidden_act="quick_gelu",
              bos_token_id=49406, eos_token_id=49407, pad_token_id=49407)
CLIP_BIG_G = dict(CLIP_L, hidden_size=1280, intermediate_size=5120, num_hidden_layers=32, num_attention_heads=20,
                  projection_dim=1280, hidden_act="gelu")
T5_XXL = dict(vocab_size=32128, d_model=4096, d_kv=64, num_heads=64, d_ff=10240, feed_forward_proj="gated-gelu")


def vae(scaling_factor, sample_size, **other):
    return AutoencoderKL(block_out_channels=(128, 256, 512, 512), down_block_types=("DownEncoderBlock2D",) * 4,
                         up_block_types=("UpDecoderBlock2D",) * 4, layers_per_block=2, scaling_factor=scaling_factor,
                         sample_size=sample_size, **{"latent_channels": 4, **other})


def scheduler():
    return EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1)


def tokenizer():
    return CLIPTokenizer.from_pretrained(CLIP_TOKENIZER)


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


def flux():
    return FluxPipeline(
        vae=vae(0.3611, 1024, latent_channels=16, shift_factor=0.1159, use_quant_conv=False, use_post_quant_conv=False),
        text_encoder=CLIPTextModel(CLIPTextConfig(**CLIP_L)), tokenizer=tokenizer(),
        text_encoder_2=T5EncoderModel(T5Config(num_layers=2, **T5_XXL)),
        tokenizer_2=T5TokenizerFast.from_pretrained(T5_TOKENIZER),
        transformer=FluxTransformer2DModel(guidance_embeds=True),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True))


def main(family, dtype, folder, device="cpu"):
    torch.manual_seed(0)
    if device != "cpu":  # a CPU makes random halves slowly
        torch.set_default_dtype(getattr(torch, dtype))
    with torch.device(device):
        pipe = {"sd15": sd15, "sdxl": sdxl, "flux": flux}[family]()
    pipe.to(getattr(torch, dtype)).save_pretrained(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
