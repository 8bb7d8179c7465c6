"""The photographs whose lesions somebody drew, in folds that are left out in turn."""

from dataclasses import dataclass
from pathlib import Path

from core import ROOT

FOLDS = 5
HEADS = (
    ROOT / "weights/train/lesion-folds.safetensors"
)  # the head of each fold, fitted without it (weights/train/lesions.py)
KINDS = ("microaneurysms", "haemorrhages", "hard-exudates", "soft-exudates")  # vm_lesion of src/vmnet.h, in its order


@dataclass
class Drawn:
    photo: Path
    masks: dict  # kind -> mask, None where the photograph has none of it
    fold: int


def items(data):
    """Of IDRiD; empty where it is not there. Neighbours in number, who may be one patient's eyes, share a fold."""
    folder = data / "idrid/lesions"
    photos = sorted((folder / "images").iterdir()) if (folder / "images").is_dir() else []
    out = []
    for i, p in enumerate(photos):
        masks = {k: folder / k.replace("-", "_") / f"{p.stem}.png" for k in KINDS}
        out.append(Drawn(p, {k: m if m.is_file() else None for k, m in masks.items()}, i * FOLDS // len(photos)))
    return out
