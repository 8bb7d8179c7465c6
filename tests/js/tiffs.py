"""Writes TIFF files with Pillow's libtiff into a folder, and beside each NAME.tif what it decodes to: NAME.rgb.

tests/js/tiff.test.mjs compares web/photo/tiff.js with them. Prints one line a file: NAME WIDTH HEIGHT.
"""

import pathlib
import sys

import numpy
from PIL import Image, ImageOps

FOLDER = pathlib.Path(sys.argv[1])


def photograph(width: int, height: int) -> Image.Image:
    """Smooth colours, and noise that keeps LZW's tables full."""
    y, x = numpy.mgrid[0:height, 0:width]
    noise = numpy.random.default_rng(7).integers(0, 24, (height, width, 3))
    smooth = numpy.stack([200 - x / 4 + y / 8, 90 + y / 4, 40 + x / 8], axis=-1)
    return Image.fromarray(numpy.clip(smooth + noise, 0, 255).astype(numpy.uint8))


def write(name: str, image: Image.Image, **options: object) -> None:
    path = FOLDER / f"{name}.tif"
    image.save(path, **options)
    with Image.open(path) as again:
        rgb = ImageOps.exif_transpose(again).convert("RGB")
    (FOLDER / f"{name}.rgb").write_bytes(rgb.tobytes())
    print(name, *rgb.size)


rgb = photograph(301, 270)
for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits"):
    write(f"rgb-{compression}", rgb, compression=compression)
    write(f"grey-{compression}", rgb.convert("L"), compression=compression)
    write(f"palette-{compression}", rgb.quantize(200), compression=compression)
# 317: the predictor of libtiff's LZW and deflate
write("predicted-lzw", rgb, compression="tiff_lzw", tiffinfo={317: 2})
write("predicted-deflate", rgb, compression="tiff_adobe_deflate", tiffinfo={317: 2})
write("rgba-lzw", rgb.convert("RGBA"), compression="tiff_lzw")
write("bits", rgb.convert("L").convert("1"), compression="packbits")
write("jpeg", rgb, compression="jpeg", quality=90)
write("jpeg-grey", rgb.convert("L"), compression="jpeg", quality=90)
# long runs and a flat field: LZW codes that name themselves, PackBits of 128
flat = Image.new("RGB", (640, 300), (180, 90, 40))
write("flat-lzw", flat, compression="tiff_lzw")
write("flat-packbits", flat, compression="packbits")
# one strip of many LZW tables
write("one-strip-lzw", photograph(512, 512), compression="tiff_lzw", strip_size=1 << 24)
# 274: the orientation
for orientation in range(1, 9):
    write(f"turned-{orientation}", rgb, compression="raw", tiffinfo={274: orientation})
