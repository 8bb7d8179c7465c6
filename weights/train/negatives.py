#!/usr/bin/env python3
"""Pictures that are no fundus photographs, from which the network learns what to refuse.

usage: negatives.py FOLDER      (train.py --negatives FOLDER then draws from them)

Clip art, landscapes and surfaces out of Debian packages, fetched with `apt-get download` and unpacked, never installed;
written to FOLDER/*.png, 512 pixels at most. Beside them training always has the pictures that come with scikit-image and
scikit-learn. None of these is among those that `make eval` expects to be refused (tests/eval/strangers.py).
"""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

SIDE = 512
LEAST = 100  # smaller pictures show nothing
# package: (folder in it, every n-th picture)
PACKAGES = {
    "openclipart-png": ("usr/share/openclipart/png", 8),
    "gnome-backgrounds": ("usr/share/backgrounds", 1),
    "lomiri-wallpapers-20.04": ("usr/share/backgrounds", 1),
    "ukui-wallpapers": ("usr/share/backgrounds", 1),
    "colobot-common-textures": ("usr/share/games/colobot/textures", 1),
}


# ---- the pictures ----


def bundled():
    """Everyday and microscopy pictures that come with scikit-image and scikit-learn: RGBA uint8 [h,w,4].

    `chelsea.png` (the cat) is left for the tests.
    """
    out = []
    for package, folder in (("skimage", "data"), ("sklearn", "datasets/images")):
        root = Path(__import__(package).__file__).parent / folder
        for f in sorted(root.glob("*.*g")):
            if f.suffix in (".png", ".jpg", ".jpeg") and f.stem not in ("chelsea", "retina", "microaneurysms"):
                out.append(np.asarray(Image.open(f).convert("RGBA")))
    return out


def load(folder):
    """The bundled ones and those of `folder` (None: no folder)."""
    files = sorted(f for f in folder.iterdir() if f.suffix in (".png", ".webp", ".jpg")) if folder else []
    return bundled() + [np.asarray(Image.open(f).convert("RGBA")) for f in files]


def fetch(package, to):
    subprocess.run(["apt-get", "download", package], cwd=to, check=True, stdout=subprocess.DEVNULL)
    archive = next(to.glob(f"{package}_*.deb"))
    subprocess.run(["dpkg", "-x", archive, to / package], check=True)
    archive.unlink()


def collect(folder):
    packages = folder / "packages"
    for package, (place, nth) in PACKAGES.items():
        packages.mkdir(parents=True, exist_ok=True)
        fetch(package, packages)
        root = packages / package / place
        files = sorted(p for p in root.rglob("*") if p.suffix in (".png", ".jpg", ".webp"))[::nth]
        kept = [p for p in files if min(Image.open(p).size) >= LEAST]
        for i, p in enumerate(kept):
            picture = Image.open(p).convert("RGBA")
            picture.thumbnail((SIDE, SIDE))
            picture.save(folder / f"{package}-{i:04}.png")
        print(f"{package}: {len(kept)} pictures", flush=True)
        shutil.rmtree(packages)


# ---- what is made of them ----


def cut(rgba, side):
    """A random square of a picture, [3,side,side] 0..1; what is transparent shows black, sometimes another colour."""
    n = int(min(rgba.shape[:2]) * np.random.uniform(0.4, 1))
    i, j = (np.random.randint(size - n + 1) for size in rgba.shape[:2])
    p = torch.from_numpy(rgba[i : i + n, j : j + n].copy()).permute(2, 0, 1).float()[None] / 255
    p = F.interpolate(p, size=(side, side), mode="area" if n > side else "bilinear")[0]
    p = p.flip(2) if np.random.rand() < 0.5 else p
    ground = torch.zeros(3, 1, 1) if np.random.rand() < 0.6 else torch.rand(3, 1, 1)
    return p[:3] * p[3:] + ground * (1 - p[3:])


def whole(rgba, side):
    """The whole picture, small enough for a margin on black: objects on black look like a field of view."""
    h, w = rgba.shape[:2]
    size = side * np.random.uniform(0.6, 0.98) / max(h, w)
    p = torch.from_numpy(rgba.copy()).permute(2, 0, 1).float()[None] / 255
    p = F.interpolate(p, size=(max(1, int(h * size)), max(1, int(w * size))), mode="bilinear", antialias=True)[0]
    out = torch.zeros(3, side, side)
    y, x = (side - p.shape[1]) // 2, (side - p.shape[2]) // 2
    out[:, y : y + p.shape[1], x : x + p.shape[2]] = p[:3] * p[3:]
    return out


def smooth_noise(side):
    """Blobs of several sizes, [3,side,side] 0..1."""
    out = torch.zeros(1, 3, side, side)
    for _ in range(np.random.randint(1, 4)):
        cells = int(2 ** np.random.uniform(1, 8))
        p = torch.rand(1, 3, cells, cells)
        out += F.interpolate(p, size=(side, side), mode="bilinear") * np.random.uniform(0.3, 1)
    return (out / out.max())[0] * torch.rand(3, 1, 1)


def toned(p):
    """Grey levels in the tones of some retina: from near black over brown or red to orange, yellow or pink."""
    grey = p.mean(0)
    grey = (grey - grey.min()) / (grey.max() - grey.min() + 1e-3)
    u = np.random.uniform
    dark = torch.tensor([u(0, 0.25), u(0, 0.08), u(0, 0.06)])
    middle = torch.tensor([u(0.35, 0.75), u(0.12, 0.4), u(0.03, 0.25)])
    bright = torch.tensor([u(0.8, 1), u(0.5, 0.95), u(0.2, 0.8)])
    low, high = (2 * grey).clamp(max=1), (2 * grey - 1).clamp(min=0)
    tone = lambda t: t[:, None, None]  # noqa: E731
    return tone(dark) + low * tone(middle - dark) + high * tone(bright - middle)


def round_mask(p):
    side = p.shape[-1]
    ramp = torch.linspace(-1, 1, side)
    r2 = ramp[None] ** 2 + ramp[:, None] ** 2
    if np.random.rand() < 0.3:  # light falls off towards the edge
        p = p * (1 - np.random.uniform(0.2, 0.8) * r2)
    return p * (r2 < np.random.uniform(0.8, 1.0))


def draw(pictures, side):
    """One picture that is no fundus photograph, as a field-of-view finder could pass it on: [3,side,side] 0..1."""
    kind = np.random.rand()
    picture = pictures[np.random.randint(len(pictures))]
    p = smooth_noise(side) if kind < 0.15 else whole(picture, side) if kind < 0.35 else cut(picture, side)
    if kind >= 0.35:
        p = p * (torch.rand(3, 1, 1) * 0.6 + 0.5)
    if np.random.rand() < 0.4:
        p = toned(p)
    if np.random.rand() < 0.6:
        p = round_mask(p)
    return p.clamp(0, 1)


def pool(pictures, count, side):
    """`count` of them, uint8 [count,side,side,3]."""
    out = np.empty((count, side, side, 3), np.uint8)

    def fill(i):
        out[i] = (draw(pictures, side) * 255).byte().permute(1, 2, 0).numpy()

    with ThreadPoolExecutor() as workers:
        list(workers.map(fill, range(count)))
    return out


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    collect(folder)
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
