"""The families with a UNet: Stable Diffusion 1, 2 and XL, and XL's refiner."""

import random

import diffusers
import torch
from case import (
    Case,
    autoencoder,
    mask,
    picture,
    prompts,
    scheduler,
    seeds,
    text_encoder,
    tokenizer,
)

SCHEDULERS = [
    "DDIMScheduler",
    "PNDMScheduler",
    "EulerDiscreteScheduler",
    "EulerAncestralDiscreteScheduler",
    "DPMSolverMultistepScheduler",
]


def unet(text_width, channels=4, **options):
    """A random UNet of three levels; every second one attends to the text at random."""
    groups = random.choice([4, 8])
    widths = [groups * width for width in random.choice([(2, 4, 4), (4, 4, 8)])]
    return diffusers.UNet2DConditionModel(
        in_channels=channels,
        sample_size=16,
        block_out_channels=widths,
        down_block_types=["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
        up_block_types=["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
        layers_per_block=random.choice([1, 2]),
        norm_num_groups=groups,
        cross_attention_dim=text_width,
        **options,
    ).eval()


def noise_schedule(kind="DDIMScheduler", **options):
    return getattr(diffusers, kind)(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        steps_offset=1,
        **options,
    )


def stable_diffusion(act, unet_options, schedule):
    words = tokenizer()
    text = text_encoder(words, act=act)
    return diffusers.StableDiffusionPipeline(
        vae=autoencoder(),
        text_encoder=text,
        tokenizer=words,
        unet=unet(text.config.hidden_size, **unet_options),
        scheduler=schedule,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def side():
    """Pictures have as many pixels: multiples of 8, as diffusers asks whatever the autoencoder."""
    return 8 * random.randrange(5, 11)


def common(count, steps):
    return {
        **prompts(count),
        "num_inference_steps": steps,
        "guidance_scale": random.choice([1.0, 4.5, 7.5]),
    }


def text_case(model, pipeline, count=2, **extra):
    call = {**common(count, random.randrange(3, 7)), "width": side(), "height": side(), **extra}
    return Case(pipeline, call, seeds(count), scheduler=scheduler(model.scheduler, SCHEDULERS))


def image_case(model, pipeline, **extra):
    """An image whose sides are no multiples: it is stretched."""
    image = picture(side() + random.randrange(4), side() + random.randrange(4))
    call = {**common(2, 6), "strength": random.choice([0.35, 0.6, 1.0]), **extra}
    return Case(
        pipeline,
        call,
        seeds(2),
        pictures={"image": [image] * 2},
        scheduler=scheduler(model.scheduler, SCHEDULERS),
    )


def mask_case(model, pipeline, **extra):
    """Image and mask of sizes of their own."""
    call = {
        **common(2, 6),
        "width": side(),
        "height": side(),
        "strength": random.choice([0.5, 1.0]),
        **extra,
    }
    pictures = {
        "image": [picture(side(), side())] * 2,
        "mask_image": [mask(side(), side())] * 2,
    }
    return Case(
        pipeline,
        call,
        seeds(2),
        pictures=pictures,
        scheduler=scheduler(model.scheduler, SCHEDULERS),
    )


def tiled_case(model):
    """An image that passes the autoencoder in tiles, there and back."""
    case = image_case(model, diffusers.StableDiffusionImg2ImgPipeline)
    case.vae_tiling = True
    return case


def stable_diffusion_cases(**extra):
    return {
        "text": lambda model: text_case(model, diffusers.StableDiffusionPipeline, **extra),
        "image": lambda model: image_case(model, diffusers.StableDiffusionImg2ImgPipeline),
        "mask": lambda model: mask_case(model, diffusers.StableDiffusionInpaintPipeline),
        "tiles": tiled_case,
    }


def sd1():
    model = stable_diffusion("quick_gelu", {"attention_head_dim": 2}, noise_schedule())
    return model, stable_diffusion_cases()


def sd1_inpainting_unet():
    model = stable_diffusion("quick_gelu", {"channels": 9}, noise_schedule())
    inpaint = diffusers.StableDiffusionInpaintPipeline(
        **model.components, requires_safety_checker=False
    )
    return inpaint, {
        "mask": lambda m: mask_case(m, diffusers.StableDiffusionInpaintPipeline),
    }


def sd2():
    options = {"attention_head_dim": [2, 4, 2], "use_linear_projection": True}
    schedule = noise_schedule(
        prediction_type="v_prediction", rescale_betas_zero_snr=True, timestep_spacing="trailing"
    )
    return stable_diffusion("gelu", options, schedule), stable_diffusion_cases(
        guidance_rescale=0.7
    )


def xl_parts(encoders, id_count):
    """The parts of an XL model with one or two text encoders and so many time ids."""
    words = tokenizer()
    projection, id_width = 24, 8
    second = text_encoder(words, act="gelu", projection=projection)
    width = second.config.hidden_size
    parts = {"text_encoder_2": second, "tokenizer_2": words}
    parts |= {"text_encoder": None, "tokenizer": None}
    if encoders == 2:
        parts["text_encoder"] = text_encoder(words, act="quick_gelu")
        parts["tokenizer"] = words
        width += parts["text_encoder"].config.hidden_size
    parts["unet"] = unet(
        width,
        use_linear_projection=True,
        attention_head_dim=[2, 4, 4],
        transformer_layers_per_block=[1, 2, 3],
        addition_embed_type="text_time",
        addition_time_embed_dim=id_width,
        projection_class_embeddings_input_dim=projection + id_count * id_width,
    )
    parts["vae"] = autoencoder(scaling_factor=0.13025)
    parts["scheduler"] = noise_schedule("EulerDiscreteScheduler")
    return parts


def sdxl():
    model = diffusers.StableDiffusionXLPipeline(
        **xl_parts(2, 6), force_zeros_for_empty_prompt=True, add_watermarker=False
    )
    sizes = {
        "original_size": (300, 200),
        "crops_coords_top_left": (8, 3),
        "negative_original_size": (64, 64),
        "negative_crops_coords_top_left": (1, 2),
        "negative_target_size": (128, 96),
    }

    def zeros(m):
        case = text_case(m, diffusers.StableDiffusionXLPipeline)
        del case.call["negative_prompt"]
        case.call["guidance_scale"] = 5.0
        return case

    # One picture: with more, diffusers gives the negative sizes to the wrong rows of its batch.
    def text(m):
        kind = diffusers.StableDiffusionXLPipeline
        return text_case(m, kind, count=1, prompt_2=["an owl"], clip_skip=1, **sizes)

    return model, {
        "text": text,
        "no_negative": zeros,
        "unfinished": lambda m: text_case(
            m, diffusers.StableDiffusionXLPipeline, denoising_end=0.6, num_inference_steps=8
        ),
        "image": lambda m: image_case(m, diffusers.StableDiffusionXLImg2ImgPipeline, **sizes),
        "mask": lambda m: mask_case(m, diffusers.StableDiffusionXLInpaintPipeline),
    }


def sdxl_refiner():
    kind = diffusers.StableDiffusionXLImg2ImgPipeline
    options = {"requires_aesthetics_score": True, "force_zeros_for_empty_prompt": False}
    model = kind(**xl_parts(1, 5), **options, add_watermarker=False)

    def image(m):
        scores = {"aesthetic_score": 7.0, "negative_aesthetic_score": 1.5}
        case = image_case(m, kind, **scores)
        case.options = options
        return case

    def latents(m):
        case = image_case(m, kind, denoising_start=0.5, num_inference_steps=10)
        case.options = options
        case.pictures = {"image": torch.randn(2, 4, 12, 20)}
        return case

    return model, {"image": image, "latents": latents}
