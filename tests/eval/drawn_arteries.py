"""The photographs on which somebody told arteries from veins: DRIVE and HRF, in the parts of weights/train/splits."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from extra import sets
from PIL import Image

SETS = ("drive", "hrf")
ARTERY, VEIN = 1, 2  # as `labels` gives them; 0: no vessel, 3: a crossing, or unsure


@dataclass
class Drawn:
    source: str
    photo: Path
    drawing: Path


def items(data, split, missing=None):
    """[Drawn] of one part of both sets, those that are there; what is not goes to the list `missing`."""
    out = []
    for name in SETS:
        for file in sets.part(name, split):
            photo = data / name / file
            folder = photo.parent.parent / "av" if name == "drive" else data / name / "manual_av"
            drawing = folder / f"{photo.stem}.png"
            lost = [f"{name} {split}: {p} is missing" for p in (photo, drawing) if not p.is_file()]
            if missing is not None:
                missing += lost
            if not lost:
                out.append(Drawn(name, photo, drawing))
    return out


def labels(item):
    """uint8 [h,w] of a drawing. DRIVE's says so itself; HRF's is red, blue, and green where they cross."""
    if item.source == "drive":
        return np.asarray(Image.open(item.drawing).convert("L"))
    red, green, blue = (np.asarray(Image.open(item.drawing).convert("RGB")) > 127).transpose(2, 0, 1)
    out = np.zeros(red.shape, np.uint8)
    out[red & ~green & ~blue], out[blue & ~red & ~green], out[green | (red & blue)] = ARTERY, VEIN, 3
    return out
