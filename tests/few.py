"""A few photographs of each data set, evenly spread over its files, as PNG for the command, which reads no WebP.

few.py DATA OUT [COUNT]      COUNT a set (5); prints the files that it wrote
"""

import sys
from pathlib import Path

from PIL import Image

KINDS = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"}


def colour(path):
    """A photograph, not a mask: masks are grey or have a palette."""
    with Image.open(path) as image:
        return image.mode in ("RGB", "RGBA")


def few(folder, count):
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in KINDS)
    parts = [files[i * len(files) // count : (i + 1) * len(files) // count] for i in range(count)]
    return [found for part in parts if (found := next(filter(colour, part), None))]


def main(data, out, count=5):
    out.mkdir(parents=True, exist_ok=True)
    for folder in sorted(p for p in data.iterdir() if p.is_dir()):
        for k, path in enumerate(few(folder, count)):
            kept = out / f"{folder.name}-{k}.png"
            Image.open(path).convert("RGB").save(kept, compress_level=1)
            print(kept)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
