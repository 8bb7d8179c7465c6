"""Reliability diagrams as SVG: a small chart for each class, all in one picture."""

import io

import matplotlib
import numpy as np
from matplotlib.figure import Figure

COLOUR = "#0b6e75"
# The same figures give the same bytes; text stays text.
SVG = {"svg.hashsalt": "vmnet", "svg.fonttype": "none", "font.size": 8}
LEGEND = (
    "across: mean probability of a bin; up: share of its photographs that have the disease, with 95 % intervals; "
    "dashed: perfect"
)


def axis_end(bins):
    """Rare diseases need a closer look: the axes end at 1, 0.5, 0.25 or 0.1."""
    highest = max([b["predicted"] for b in bins] + [b["observed"] for b in bins])
    return next(e for e in (0.1, 0.25, 0.5, 1.0) if highest <= e)


def one(axes, name, figures):
    bins = figures["reliability"]
    x, y, low, high = (np.array([b[k] for b in bins]) for k in ("predicted", "observed", "low", "high"))
    end = axis_end(bins)
    axes.plot([0, end], [0, end], "--", color="0.6", linewidth=1)
    axes.vlines(x, low, np.minimum(high, end), color=COLOUR, alpha=0.45)
    axes.plot(x, y, "o-", color=COLOUR, markersize=3.5, linewidth=1.2)
    axes.set(xlim=(0, end), ylim=(0, end), xticks=(0, end), yticks=(0, end), aspect="equal")
    axes.set_title(name, loc="left", fontsize=9, fontweight="bold", pad=15)
    told = f"n {figures['n']}, {figures['positives']} positive, ECE {figures['ece'][0]:.3f}"
    axes.annotate(told, (0, 1), (0, 4), xycoords="axes fraction", textcoords="offset points", color="0.4")


def reliability_svg(title, classes, columns=4):
    """classes: [(name, figures)], figures as diseases.class_figures gives them. -> the SVG as text"""
    columns = min(columns, len(classes))
    rows = -(-len(classes) // columns)
    out = io.StringIO()
    with matplotlib.rc_context(SVG):
        picture = Figure(figsize=(max(5, 2.6 * columns), 2.9 * rows + 0.5), layout="constrained")
        picture.suptitle(f"{title}\n{LEGEND}", x=0.01, ha="left", fontsize=9, wrap=True)
        places = list(picture.subplots(rows, columns, squeeze=False).flat)
        for axes, (name, figures) in zip(places, classes, strict=False):
            one(axes, name, figures)
        for axes in places[len(classes) :]:
            axes.remove()
        picture.savefig(out, format="svg", metadata=dict(Date=None, Title=title))
    return out.getvalue()
