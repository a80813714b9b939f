"""Writes the files beside it, and pixels.safetensors: what PIL makes of them.

Run with pillow 13, numpy and safetensors at hand; the tests need none of them.
"""

from pathlib import Path

import numpy
from PIL import Image, ImageOps
from safetensors.numpy import save_file

HERE = Path(__file__).parent
# Width and height that gradient.png is stretched to: of 13 x 9.
SIZES = [(13, 9), (26, 31), (5, 4), (13, 20), (20, 5), (12, 6), (10, 4)]


def gradient(width, height, channels):
    rng = numpy.random.default_rng(5)
    y, x = numpy.mgrid[0:height, 0:width]
    waves = [128 + 90 * numpy.sin(x / (2 + i)) * numpy.cos(y / (3 + i)) for i in range(channels)]
    noisy = numpy.stack(waves, -1) + rng.normal(0, 12, (height, width, channels))
    return noisy.clip(0, 255).astype(numpy.uint8)


def as_rgb(image):
    return numpy.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def main():
    colour = Image.fromarray(gradient(13, 9, 3))
    turned = Image.Exif()
    turned[0x0112] = 6
    colour.save(HERE / "gradient.png")
    Image.fromarray(gradient(13, 9, 4), "RGBA").save(HERE / "alpha.png")
    colour.quantize(8).save(HERE / "palette.png")
    colour.convert("L").save(HERE / "gray.png")
    colour.save(HERE / "turned.jpg", quality=85, exif=turned)
    colour.convert("L").save(HERE / "gray.jpg", quality=85)
    colour.save(HERE / "lossless.webp", lossless=True)
    pixels = {path.name: as_rgb(Image.open(path)) for path in sorted(HERE.glob("*.[pjw]*[gp]"))}
    for width, height in SIZES:
        stretched = colour.resize((width, height), Image.Resampling.LANCZOS)
        pixels[f"gradient.png {width}x{height}"] = numpy.asarray(stretched)
    pixels["gradient.png L"] = numpy.asarray(colour.convert("L"))
    contiguous = {name: numpy.ascontiguousarray(array) for name, array in pixels.items()}
    save_file(contiguous, HERE / "pixels.safetensors")


if __name__ == "__main__":
    main()
