#!/usr/bin/env python3
"""Draws log.csv of a training run as one SVG: losses, validation figures and the guide's strength against minutes.

usage: plot.py LOG.csv OUT.svg

Columns as train.py writes them, without a header: step, minutes, side, losses of vessels, diseases and gradability,
a, and in some rows mean AUC and Dice. Older logs, without the last two, give no figures.
"""

import csv
import sys
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

POINTS = 240  # of a curve at most: keeps the file small
SMOOTH = 5  # rows of the log
# The same log gives the same bytes; text stays text.
SVG = {
    "svg.hashsalt": "vmnet",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
PANELS = [
    ("losses, mean of 50 steps", [("vessels", 3, "C0"), ("diseases", 4, "C1"), ("gradability", 5, "C2")]),
    ("averaged weights on validation photographs", [("mean AUC", 7, "C1"), ("Dice", 8, "C0")]),
    ("strength of the vessel guide", [("a", 6, "C4")]),
]


def read(path):
    """[[float or None]] of all rows that are numbers; a row may be shorter than the others."""
    rows = []
    with open(path, newline="") as f:
        for line in csv.reader(f):
            try:
                rows.append([float(v) if v else None for v in line])
            except ValueError:
                continue  # a header, or a line cut off by a stop
    return [r for r in rows if len(r) >= 7]


def curve(rows, column):
    """[n,2] minutes and values of one column, where it has a value: means of SMOOTH neighbours where there are many."""
    points = np.array([(r[1], r[column]) for r in rows if len(r) > column and r[column] is not None]).reshape(-1, 2)
    if len(points) > 40:
        count = np.convolve(np.ones(len(points)), np.ones(SMOOTH), "same")
        points[:, 1] = np.convolve(points[:, 1], np.ones(SMOOTH), "same") / count
    stride = -(-len(points) // POINTS) or 1
    return np.concatenate([points[::stride], points[-1:]]) if stride > 1 else points


def size_changes(axes, rows):
    """Dashed lines where the photographs' side changes."""
    for a, b in zip(rows, rows[1:], strict=False):
        if a[2] != b[2]:
            axes.axvline(b[1], color="0.6", linestyle="--", linewidth=1)
            axes.annotate(
                f"{b[2]:.0f} px", (b[1], 1), (3, 2), xycoords=("data", "axes fraction"), textcoords="offset points"
            )


def draw(axes, rows, title, curves):
    for name, points, colour in curves:
        label = f"{name} {points[-1, 1]:.3f}"
        axes.plot(*points.T, color=colour, linewidth=1.3, marker="." if len(points) <= 40 else "", label=label)
    size_changes(axes, rows)
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold", pad=16)
    axes.set_xlabel("minutes of training", loc="right")
    axes.set_xlim(0, max(rows[-1][1], 1e-6))
    axes.grid(axis="y", color="0.9")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)


def figure(rows):
    panels = []
    for title, columns in PANELS:
        curves = [(name, c, colour) for name, k, colour in columns if len(c := curve(rows, k))]
        if curves:
            panels.append((title, curves))
    out = Figure(figsize=(8, 2.7 * len(panels)), layout="constrained")
    for axes, (title, curves) in zip(out.subplots(len(panels), squeeze=False)[:, 0], panels, strict=True):
        draw(axes, rows, title, curves)
    return out


def main(argv):
    if len(argv) != 2 or not Path(argv[0]).is_file():
        sys.exit(__doc__)
    rows = read(argv[0])
    if not rows:
        sys.exit(f"plot.py: {argv[0]} has no rows of numbers yet")
    with matplotlib.rc_context(SVG):
        told = dict(Date=None, Title=f"{rows[-1][0]:.0f} steps")
        figure(rows).savefig(argv[1], format="svg", metadata=told)
    print(f"{argv[1]}: {Path(argv[1]).stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
