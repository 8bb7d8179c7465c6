"""The photographs whose optic disc (and cup) somebody drew, in folds that are left out in turn."""

from dataclasses import dataclass
from pathlib import Path

from core import ROOT

FOLDS = 5
HEADS = (
    ROOT / "weights/train/disc-folds.safetensors"
)  # the head of each fold, fitted without it (weights/train/disc.py)


@dataclass
class Drawn:
    source: str  # "drishti" or "idrid"
    photo: Path
    disc: Path  # soft mask: where 0.5 of those who drew agree is the rim
    cup: Path | None
    fold: int


def items(data):
    """Of Drishti-GS1 and IDRiD; empty where neither is there. Neighbours in number, who may be one patient's eyes, share a
    fold."""
    out = []
    for source, images, discs, cups in (
        ("drishti", "drishti_gs1/images", "drishti_gs1/od_soft", "drishti_gs1/cup_soft"),
        ("idrid", "idrid/lesions/images", "idrid/lesions/optic_disc", None),
    ):
        folder = data / images
        photos = sorted(folder.iterdir()) if folder.is_dir() else []
        photos = [p for p in photos if (data / discs / f"{p.stem}.png").is_file()]
        for i, p in enumerate(photos):
            name = f"{p.stem}.png"
            cup = data / cups / name if cups else None
            out.append(Drawn(source, p, data / discs / name, cup, i * FOLDS // len(photos)))
    return out
