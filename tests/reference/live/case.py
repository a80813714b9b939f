"""What one case of compare.py is made of, and the random parts that families share."""

import random
from dataclasses import dataclass, field
from pathlib import Path

import diffusers
import numpy
import PIL.Image
import torch
import transformers

TOKENIZER = Path(__file__).parent.parent / "tiny-sd15" / "tokenizer"
T5_TOKENIZER = Path(__file__).parent.parent / "tiny-sd3" / "tokenizer_3"
PROMPTS = ["a red fox face, glossy", "an owl", "blue tulip, flat", "two cups of tea on a table"]


def decode_scaled(pipe, latents):
    """The autoencoder's picture of latents that were scaled by scaling_factor alone."""
    return pipe.vae.decode(latents / pipe.vae.config.scaling_factor).sample


@dataclass
class Case:
    """A call of a pipeline. `pictures` holds its arguments that are no JSON, `options` what the
    pipeline is made with beside the model's components."""

    pipeline: type
    call: dict
    seeds: list
    pictures: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)
    scheduler: object = None
    decode: object = decode_scaled
    vae_tiling: bool = False
    unpack: object = None  # makes pictures of latents of what the pipeline gives for them

    def tensors(self):
        """The pictures as DRAW reads them; all samples share one."""
        stored = {}
        for name, value in self.pictures.items():
            if isinstance(value, torch.Tensor):
                stored["ref_latents"] = value.contiguous()
            else:
                stored[f"ref_{name}"] = torch.from_numpy(numpy.asarray(value[0]).copy())
        return stored


def prompts(count):
    """`count` prompts, one of them empty, and negative prompts, which XL reads differently then."""
    return {
        "prompt": [random.choice(PROMPTS) for _ in range(count - 1)] + [""],
        "negative_prompt": [random.choice(PROMPTS) for _ in range(count)],
    }


def seeds(count):
    return [random.randrange(2**32) for _ in range(count)]


def picture(width, height):
    """Waves and noise: nothing that a filter could do wrong unseen."""
    y, x = numpy.mgrid[0:height, 0:width]
    waves = [numpy.sin(x / (3 + i)) * numpy.cos(y / (5 + 2 * i)) for i in range(3)]
    noise = numpy.random.default_rng(random.randrange(2**32)).normal(0, 0.1, (height, width, 3))
    unit = (numpy.stack(waves, -1) / 2 + 0.5 + noise).clip(0, 1)
    return PIL.Image.fromarray((unit * 255).astype(numpy.uint8))


def mask(width, height):
    """Grey values around a rectangle, so that the threshold is tried."""
    values = numpy.random.default_rng(random.randrange(2**32)).integers(0, 110, (height, width))
    values[height // 4 : height // 2, width // 4 :] += 140
    return PIL.Image.fromarray(values.astype(numpy.uint8))


def scheduler(base, names):
    """One of the classes `names`, with `base`'s configuration."""
    name = random.choice(names)
    # Its Runge-Kutta steps need more steps than these cases take.
    extra = {"skip_prk_steps": True} if name == "PNDMScheduler" else {}
    return getattr(diffusers, name).from_config(base.config, **extra)


def tokenizer():
    return transformers.CLIPTokenizer.from_pretrained(TOKENIZER)


def text_encoder(words, *, act, projection=None):
    """A random CLIP text model; with a projection if its width is given."""
    heads = random.choice([2, 4])
    config = transformers.CLIPTextConfig(
        vocab_size=len(words),
        hidden_size=8 * heads * random.choice([1, 2]),
        intermediate_size=random.choice([32, 48]),
        num_hidden_layers=random.choice([2, 3]),
        num_attention_heads=heads,
        hidden_act=act,
        projection_dim=projection or 16,
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )
    kind = transformers.CLIPTextModelWithProjection if projection else transformers.CLIPTextModel
    return kind(config).eval()


def autoencoder(**options):
    """A random AutoencoderKL of three levels whose pictures use the whole range."""
    groups = random.choice([2, 4])
    vae = diffusers.AutoencoderKL(
        block_out_channels=[groups * width for width in random.choice([(2, 4, 4), (4, 4, 6)])],
        down_block_types=["DownEncoderBlock2D"] * 3,
        up_block_types=["UpDecoderBlock2D"] * 3,
        layers_per_block=random.choice([1, 2]),
        norm_num_groups=groups,
        **options,
    ).eval()
    with torch.no_grad():
        channels = vae.config.latent_channels
        spread = vae.decode(torch.randn(2, channels, 8, 8)).sample.std()
        vae.decoder.conv_out.weight.mul_(0.5 / spread)
    return vae
