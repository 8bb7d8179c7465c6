#!/usr/bin/env python3
"""Collects pictures that are no colour fundus photographs: what `make eval` expects the core to refuse.

usage: strangers.py FOLDER        (then: eval.py ... --strangers FOLDER; FOLDER is build/strangers unless named)

Photographs, drawings, coins, fruit, planets and brain scans come out of Debian packages: those that are installed, else
fetched with `apt-get download` and unpacked into FOLDER/packages, never installed. The rest is drawn here: round
cuts of photographs on black, some toned like a retina, microscope fields, OCT-like scans, pages of text, screens, noise.
Everything is written to FOLDER/KIND/NAME.png; the same packages give the same pictures. Nothing of it is committed.
"""

import gzip
import subprocess
import sys
from pathlib import Path

import drawn
import numpy as np
from PIL import Image

# What is taken out of each package: (kind, folder, background of transparent pictures, every n-th)
STAMPS = "usr/share/tuxpaint/stamps"
PACKAGES = {
    "tuxpaint-stamps-default": [
        ("objects-on-black", f"{STAMPS}/food", "black", 1),
        ("objects-on-black", f"{STAMPS}/symbols/money", "black", 1),
        ("objects-on-black", f"{STAMPS}/space", "black", 1),
        ("objects-on-black", f"{STAMPS}/household/dishes", "black", 1),
        ("objects-on-black", f"{STAMPS}/sports", "black", 1),
        ("objects-on-black", f"{STAMPS}/plants", "black", 1),
        ("animals", f"{STAMPS}/animals", "white", 2),
        ("drawings", f"{STAMPS}/town", "white", 2),
        ("drawings", f"{STAMPS}/symbols/shapes", "black", 1),
        ("drawings", f"{STAMPS}/seasonal", "white", 3),
        ("drawings", f"{STAMPS}/vehicles", "white", 2),
    ],
    "mate-backgrounds": [("photographs", "usr/share/backgrounds/mate", "black", 1)],
    "xplanet-images": [("planets", "usr/share/xplanet/images", "black", 1)],
    "mricron-data": [("brain-scans", "usr/share/mricron/templates", "black", 1)],
}
LEAST = 60  # smaller pictures show nothing
SIDE = 512


def unpacked(package, folder):
    """The folder in which the package's files lie: / if it is installed, else where it was unpacked."""
    places = PACKAGES[package]
    if all((Path("/") / p[1]).is_dir() for p in places):
        return Path("/")
    out = folder / "packages" / package
    if not out.is_dir():
        out.parent.mkdir(parents=True, exist_ok=True)
        print(f"fetching Debian's package {package}", flush=True)
        subprocess.run(["apt-get", "download", package], cwd=out.parent, check=True, stdout=subprocess.DEVNULL)
        archive = next(out.parent.glob(f"{package}_*.deb"))
        subprocess.run(["dpkg", "-x", archive, out], check=True)
        archive.unlink()
    return out


def on_background(path, background):
    """RGB; what is transparent shows the background, with a margin of it; long sides are cut to 1024 pixels."""
    picture = Image.open(path).convert("RGBA")
    clear = picture.getextrema()[3][0] < 128
    picture.thumbnail((1024, 1024))
    scale = max(1, SIDE / min(picture.size)) if max(picture.size) < SIDE else 1
    picture = picture.resize([round(s * scale) for s in picture.size], Image.BICUBIC)
    margin = 24 if clear else 0
    out = Image.new("RGB", [s + 2 * margin for s in picture.size], background)
    out.paste(picture, (margin, margin), picture)
    return out


def planet(path):
    """A map wrapped around a globe, seen from space."""
    texture = np.asarray(Image.open(path).convert("RGB"))
    h, w = texture.shape[:2]
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j] * 1.1
    z = np.sqrt(np.clip(1 - x * x - y * y, 0, None))
    rows = ((np.arcsin(np.clip(y, -1, 1)) / np.pi + 0.5) * (h - 1)).astype(int)
    columns = ((np.arctan2(x, z) / (2 * np.pi) + 0.5) * (w - 1)).astype(int)
    light = np.clip(0.3 + 0.7 * z, 0, 1) * (x * x + y * y < 1)
    return Image.fromarray((texture[rows, columns] * light[..., None]).astype(np.uint8))


def volume(path):
    """A NIfTI file's voxels, uint8 [z,y,x]."""
    data = gzip.decompress(path.read_bytes())
    dims = np.frombuffer(data[40:56], "<i2")[1:4]
    kind = {2: "<u1", 4: "<i2", 8: "<i4", 16: "<f4", 512: "<u2"}[int(np.frombuffer(data[70:72], "<i2")[0])]
    start = int(np.frombuffer(data[108:112], "<f4")[0])
    v = np.frombuffer(data[start : start + int(np.prod(dims)) * np.dtype(kind).itemsize], kind)
    v = v.reshape(dims[::-1]).astype(float)
    return np.clip(255 * v / np.percentile(v, 99.8), 0, 255).astype(np.uint8)


def brain_slices(path):
    """(name, picture): slices in grey and in false colours, on square black."""
    v = volume(path)
    for share in (0.35, 0.45, 0.55, 0.65):
        for name, cut in (("axial", v[int(len(v) * share)]), ("frontal", v[:, int(v.shape[1] * share)])):
            grey = Image.fromarray(cut[::-1].copy()).resize((SIDE, SIDE), Image.BICUBIC)
            for tone in ("grey", "hot"):
                yield f"{path.name.split('.')[0]}-{name}-{share:g}-{tone}", drawn.toned(grey, tone)


def from_packages(folder):
    """(kind, name, picture)"""
    for package, places in PACKAGES.items():
        root = unpacked(package, folder)
        for kind, place, background, nth in places:
            files = sorted(
                p for p in (root / place).rglob("*") if p.suffix in (".png", ".jpg") or p.name.endswith(".nii.gz")
            )
            for p in files[::nth]:
                name = "-".join(p.relative_to(root / place).with_suffix("").parts)
                if kind == "brain-scans":
                    if p.name.startswith(("ch2", "inia19-t1")):
                        yield from ((kind, n, picture) for n, picture in brain_slices(p))
                elif min(Image.open(p).size) < LEAST:
                    continue
                elif kind == "planets" and p.suffix == ".jpg":
                    yield kind, name, planet(p)
                elif kind != "planets":
                    yield kind, f"{Path(place).name}-{name}", on_background(p, background)


def main(folder):
    counts = {}
    photographs = []
    for kind, name, picture in from_packages(folder):
        if kind in ("photographs", "animals", "objects-on-black"):
            photographs.append(picture)
        save(folder, kind, name, picture, counts)
    for kind, name, picture in drawn.everything(photographs):
        save(folder, kind, name, picture, counts)
    for kind, n in counts.items():
        print(f"{kind:24} {n}")
    print(f"{sum(counts.values())} pictures in {folder}")


def save(folder, kind, name, picture, counts):
    (folder / kind).mkdir(parents=True, exist_ok=True)
    picture.save(folder / kind / f"{name}.png")
    counts[kind] = counts.get(kind, 0) + 1


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
