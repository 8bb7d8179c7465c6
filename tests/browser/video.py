"""Writes the sample photograph as a short uncompressed video (Y4M), which Chromium plays as its camera."""

import pathlib
import sys

import numpy
from PIL import Image

SAMPLE = pathlib.Path(__file__).resolve().parents[2] / "web/sample/retina.jpg"
WIDTH, HEIGHT = 640, 480

photo = Image.open(SAMPLE).convert("RGB").resize((HEIGHT, HEIGHT), Image.Resampling.LANCZOS)
frame = Image.new("RGB", (WIDTH, HEIGHT))
frame.paste(photo, ((WIDTH - HEIGHT) // 2, 0))
y, cb, cr = (numpy.asarray(plane) for plane in frame.convert("YCbCr").split())
half = [plane.reshape(HEIGHT // 2, 2, WIDTH // 2, 2).mean((1, 3)).astype(numpy.uint8) for plane in (cb, cr)]
picture = b"FRAME\n" + b"".join(plane.tobytes() for plane in (y, *half))
pathlib.Path(sys.argv[1]).write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420\n".encode() + 5 * picture)
