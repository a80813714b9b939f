"""The families with a transformer: Stable Diffusion 3 and 3.5, FLUX.1 dev and schnell."""

import random

import diffusers
import torch
import transformers
from case import T5_TOKENIZER, Case, autoencoder, picture, prompts, seeds, text_encoder, tokenizer

LATENT_CHANNELS = 16


def decode_shifted(pipe, latents):
    """The autoencoder's picture of latents that were shifted, then scaled."""
    config = pipe.vae.config
    return pipe.vae.decode(latents / config.scaling_factor + config.shift_factor).sample


def unpacked(pipe, latents, call):
    """FLUX's tokens as pictures of latents."""
    return pipe._unpack_latents(latents, call["height"], call["width"], pipe.vae_scale_factor)


def lively(network):
    """Draws all weights anew: many of these networks begin as the identity."""
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if weight.dim() > 1:
                weight.normal_(0, 0.7 * weight[0].numel() ** -0.5)
            else:
                weight.normal_(1 if name.endswith("weight") else 0, 0.1)
    return network.eval()


def t5(width):
    """A random T5 encoder, whose heads are not as wide together as the model."""
    heads = random.choice([2, 3, 5])
    return lively(
        transformers.T5EncoderModel(
            transformers.T5Config(
                vocab_size=1100,
                d_model=width,
                d_kv=random.choice([4, 8]),
                d_ff=random.choice([32, 72]),
                num_layers=random.choice([2, 3]),
                num_heads=heads,
                feed_forward_proj="gated-gelu",
            )
        )
    )


def t5_tokenizer():
    return transformers.T5TokenizerFast.from_pretrained(T5_TOKENIZER)


def flow_autoencoder():
    return autoencoder(
        latent_channels=LATENT_CHANNELS,
        scaling_factor=random.uniform(0.3, 1.6),
        shift_factor=random.uniform(0.05, 0.15),
        use_quant_conv=False,
        use_post_quant_conv=False,
    )


def flow_scheduler(**options):
    return diffusers.FlowMatchEulerDiscreteScheduler(shift=random.choice([1.0, 3.0]), **options)


def flow_case(pipeline, **call):
    """A call; sides are multiples of a patch, which is two latents of four pixels."""
    return Case(
        pipeline,
        {
            **prompts(2),
            "width": 8 * random.randrange(4, 11),
            "height": 8 * random.randrange(4, 11),
            "num_inference_steps": random.randrange(2, 6),
            "max_sequence_length": random.randrange(20, 128),
            **call,
        },
        seeds(2),
        decode=decode_shifted,
    )


def from_image(case):
    """The case with an image that is stretched to its size, and a strength that parts a step."""
    call = case.call
    call["num_inference_steps"] = random.randrange(4, 8)
    call["strength"] = random.choice([0.35, 0.6, 0.7, 1.0])
    image = picture(call["width"] + random.randrange(9), call["height"] + random.randrange(9))
    case.pictures = {"image": [image] * 2}
    return case


def sd3_model(with_t5, dual_attention, qk_norm):
    heads, head_width = random.choice([2, 3]), random.choice([8, 12])
    layers = random.choice([2, 3])
    dual_layers = random.randrange(1, layers + 1) if dual_attention else 0
    words = tokenizer()
    encoders = [
        text_encoder(words, act=act, projection=random.choice([16, 24]))
        for act in ("quick_gelu", "gelu")
    ]
    width = sum(encoder.config.hidden_size for encoder in encoders) + random.choice([0, 24])
    transformer = diffusers.SD3Transformer2DModel(
        sample_size=16,
        patch_size=2,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        num_layers=layers,
        attention_head_dim=head_width,
        num_attention_heads=heads,
        joint_attention_dim=width,
        caption_projection_dim=heads * head_width,
        pooled_projection_dim=sum(encoder.config.projection_dim for encoder in encoders),
        pos_embed_max_size=random.choice([16, 21]),
        dual_attention_layers=tuple(range(dual_layers)),
        qk_norm="rms_norm" if qk_norm else None,
    )
    return diffusers.StableDiffusion3Pipeline(
        transformer=lively(transformer),
        scheduler=flow_scheduler(),
        vae=flow_autoencoder(),
        text_encoder=encoders[0],
        tokenizer=words,
        text_encoder_2=encoders[1],
        tokenizer_2=words,
        text_encoder_3=t5(width) if with_t5 else None,
        tokenizer_3=t5_tokenizer() if with_t5 else None,
    )


def skipping(model, kind):
    """Skip-layer guidance of some layers, perhaps the last; it begins and ends within the run."""
    layers = range(model.transformer.config.num_layers)
    return flow_case(
        kind,
        num_inference_steps=random.randrange(5, 8),
        skip_guidance_layers=random.sample(layers, random.choice([1, 2])),
        skip_layer_guidance_scale=random.choice([1.0, 2.8]),
        skip_layer_guidance_stop=random.choice([0.4, 0.7]),
    )


def sd3_cases(with_t5=True):
    kind, from_picture = diffusers.StableDiffusion3Pipeline, diffusers.StableDiffusion3Img2ImgPipeline
    cases = {
        "guided": lambda m: flow_case(kind, guidance_scale=random.choice([3.0, 7.0])),
        "unguided": lambda m: flow_case(kind, guidance_scale=1.0, clip_skip=1),
        "two_prompts": lambda m: flow_case(kind, prompt_2=["an owl", "tea"]),
        "skipped_layers": lambda m: skipping(m, kind),
        "image": lambda m: from_image(flow_case(from_picture)),
    }
    if with_t5:
        cases["three_prompts"] = lambda m: flow_case(
            kind, prompt_3=["an owl", "tea"], negative_prompt_3=["flat", "a fox"]
        )
    return cases


def sd3():
    return sd3_model(with_t5=True, dual_attention=False, qk_norm=False), sd3_cases()


def sd35():
    return sd3_model(with_t5=True, dual_attention=True, qk_norm=True), sd3_cases()


def sd3_without_t5():
    return sd3_model(with_t5=False, dual_attention=True, qk_norm=True), sd3_cases(with_t5=False)


def flux_model(guidance_embeds, **schedule):
    words, width = tokenizer(), random.choice([40, 56])
    encoder = text_encoder(words, act="quick_gelu")
    axes = random.choice([(4, 6, 6), (8, 4, 12), (2, 8, 8)])
    transformer = diffusers.FluxTransformer2DModel(
        in_channels=4 * LATENT_CHANNELS,
        num_layers=random.choice([1, 2]),
        num_single_layers=random.choice([1, 3]),
        attention_head_dim=sum(axes),
        num_attention_heads=random.choice([2, 3]),
        joint_attention_dim=width,
        pooled_projection_dim=encoder.config.hidden_size,
        guidance_embeds=guidance_embeds,
        axes_dims_rope=axes,
    )
    return diffusers.FluxPipeline(
        transformer=lively(transformer),
        scheduler=flow_scheduler(**schedule),
        vae=flow_autoencoder(),
        text_encoder=encoder,
        tokenizer=words,
        text_encoder_2=t5(width),
        tokenizer_2=t5_tokenizer(),
    )


def flux_case(kind=diffusers.FluxPipeline, **call):
    case = flow_case(kind, **call)
    case.unpack = unpacked
    if "true_cfg_scale" not in call:
        del case.call["negative_prompt"]
    return case


def flux_dev():
    model = flux_model(True, use_dynamic_shifting=True, base_shift=0.45, max_shift=1.2)
    return model, {
        "dev": lambda m: flux_case(guidance_scale=random.choice([1.0, 3.5])),
        "two_prompts": lambda m: flux_case(prompt_2=["an owl", "tea"]),
        "negative": lambda m: flux_case(true_cfg_scale=3.0, guidance_scale=2.0),
        "image": lambda m: from_image(flux_case(diffusers.FluxImg2ImgPipeline)),
    }


def flux_schnell():
    return flux_model(False), {
        "schnell": lambda m: flux_case(guidance_scale=0.0),
        "one_step": lambda m: flux_case(num_inference_steps=1),
        "image": lambda m: from_image(flux_case(diffusers.FluxImg2ImgPipeline)),
    }
