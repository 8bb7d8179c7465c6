"""The command: python -m vmnet PHOTO..."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np
import numpy.typing as npt

from .errors import VmnetError
from .many import Item, screen_many
from .model import LESIONS, Model, Point, Screening
from .module import named
from .photo import Decoder

FINE, SOME_FAILED, USAGE, WEIGHTS = 0, 1, 2, 3


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="python -m vmnet",
        description="Screens colour fundus photographs. Research and teaching, not a medical device.",
        epilog="Prints a line a photograph: its path, the answer (refer, unclear, repeat, no-finding) and the reasons, with "
        "tabs between, behind a suspected diabetic retinopathy its grade (grade:1 mild to grade:4 proliferative), and, where it "
        "lies on its side, by how many degrees it was turned clockwise to be screened (turned:90, turned:270). Exit code: 0 "
        "all screened; 1 some photograph failed (named on standard error); 2 wrong usage; "
        "3 the weights cannot be used.",
    )
    p.add_argument("photos", nargs="+", metavar="PHOTO", help="JPEG or PNG, 256 to 8192 pixels a side")
    p.add_argument("--json", action="store_true", help="print the reports, a line of JSON each, instead of the answers")
    p.add_argument("--out", metavar="DIR", help="write report.json and pictures: DIR, or DIR/NAME for each of several")
    p.add_argument("--only-report", action="store_true", help="with --out: no pictures")
    p.add_argument("--point", default="balanced", choices=get_args(Point), help="operating point")
    p.add_argument(
        "--size", type=int, default=512, help="side of the network's input, 256 to 1024 in steps of 32 (512)"
    )
    p.add_argument("--guide", type=float, default=1, help="strength of the vessel guide, 0 to 1 (1)")
    p.add_argument(
        "--fine",
        action="store_true",
        help="vessels and arteries as the mean over mirror images, in four times the time",
    )
    p.add_argument("--weights", metavar="FILE", help="other weights than the package's")
    p.add_argument("--processes", type=int, default=1, metavar="N", help="photographs screened at a time (1)")
    return p


def overlay(photograph: npt.NDArray[np.uint8], heat: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Transparent to amber to white-hot over [height][width][4], as the command draws it."""
    h = (heat / np.float32(255))[..., None]
    colour = np.concatenate([np.full_like(h, 255), 90 + 150 * h, 20 + 60 * h], axis=2, dtype=np.float32)
    base = photograph[..., :3].astype(np.float32)
    mixed = (base + np.float32(0.7) * h * (colour - base) + np.float32(0.5)).astype(np.uint8)
    return np.concatenate([mixed, photograph[..., 3:]], axis=2)


def write(s: Screening, folder: Path, pictures: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(s.json, encoding="utf-8")
    if not pictures:
        return
    png = Decoder().encode
    if s.vessels is not None:
        (folder / "vessels.png").write_bytes(png(s.vessels.astype(np.uint8) * np.uint8(255)))
    if s.probability is not None:
        (folder / "probability.png").write_bytes(png(s.probability))
    for name, inside in (("disc", s.disc), ("cup", s.cup)):
        if inside is not None:
            (folder / f"{name}.png").write_bytes(png(inside.astype(np.uint8) * np.uint8(255)))
    for code, kind in enumerate(LESIONS, 1):
        if s.lesions is not None and (s.lesions == code).any():
            name = f"lesions-{kind.replace('_', '-')}.png"
            (folder / name).write_bytes(png((s.lesions == code).astype(np.uint8) * np.uint8(255)))
    for name, heat in s.heatmaps.items():
        (folder / f"heatmap-{name}.png").write_bytes(png(heat))
        if s.photograph is not None:
            (folder / f"overlay-{name}.png").write_bytes(png(overlay(s.photograph, heat)))


def folders(photos: list[str], out: str) -> list[Path]:
    """DIR for one photograph; DIR/NAME for several, NAME being the file's name up to its first dot: the second of a name
    gets NAME.2, so nothing is written over."""
    if len(photos) == 1:
        return [Path(out)]
    seen: dict[str, int] = {}
    found = []
    for photo in photos:
        name = os.path.basename(photo).split(".")[0]
        seen[name] = seen.get(name, 0) + 1
        found.append(Path(out, name if seen[name] == 1 else f"{name}.{seen[name]}"))
    return found


def answer(path: str, s: Screening) -> str:
    reasons = [r["code"] + (f":{r['disease']}" if "disease" in r else "") for r in s.report["decision"]["reasons"]]
    grade = s.report["grade"]["grade"]
    turned = s.report["orientation"]["turned"]
    ends = ("" if grade is None else f"\tgrade:{grade}") + (f"\tturned:{turned}" if turned else "")
    return f"{path}\t{s.answer}\t{','.join(reasons)}" + ends


def one_by_one(a: argparse.Namespace, layers: tuple[str, ...] | None) -> Iterator[Item]:
    model = Model(a.weights, a.size)
    model.check(a.point, a.guide, layers)
    for path in a.photos:
        try:
            yield Item(path, model.screen(path, point=a.point, guide=a.guide, fine=a.fine, layers=layers), None)
        except VmnetError as error:
            yield Item(path, None, error)


def main(words: list[str] | None = None) -> int:
    a = parser().parse_args(words)
    layers = None if a.out and not a.only_report else ()
    places: list[Path | None] = [None] * len(a.photos)
    if a.out:
        places = [*folders(a.photos, a.out)]
    common = {"point": a.point, "size": a.size, "guide": a.guide, "fine": a.fine, "layers": layers}
    common["weights"] = a.weights
    items = one_by_one(a, layers) if a.processes == 1 else screen_many(a.photos, a.processes, **common)
    bad = 0
    try:
        for item, place in zip(items, places, strict=True):
            path = named(item.path)
            if item.screening is None:
                bad += 1
                print(f"vmnet: {item.error}", file=sys.stderr)
                continue
            try:
                if place is not None:
                    write(item.screening, place, layers is None)
            except OSError as error:
                bad += 1
                print(f"vmnet: {named(error.filename or place or path)}: {error.strerror}", file=sys.stderr)
                continue
            print(item.screening.json if a.json else answer(path, item.screening), flush=True)
    except VmnetError as error:  # of the weights or the options, before any photograph
        print(f"vmnet: {error}", file=sys.stderr)
        return USAGE if error.code == "argument" else WEIGHTS
    return SOME_FAILED if bad else FINE


if __name__ == "__main__":
    sys.exit(main())
