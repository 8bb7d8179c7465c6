#!/usr/bin/env python3
"""Draws log.csv of a training run as one SVG: losses, validation figures and the guide's strength against minutes.

usage: plot.py LOG.csv OUT.svg

Columns as train.py writes them, without a header: step, minutes, side, losses of vessels, diseases and gradability,
a, and in some rows mean AUC and Dice. Older logs, without the last two, give no figures. Needs nothing but Python; the
colours follow the reader's light or dark setting.
"""

import csv
import sys
from pathlib import Path

WIDTH, PANEL, GAP = 760, 170, 62
LEFT, RIGHT, TOP = 54, 126, 34
POINTS = 240  # of a curve at most: keeps the file small
SMOOTH = 5  # rows of the log

LOSSES = [("vessels", 3, "c1"), ("diseases", 4, "c2"), ("gradability", 5, "c3")]
FIGURES = [("mean AUC", 7, "c2"), ("Dice", 8, "c1")]
GUIDE = [("a", 6, "c4")]

STYLE = """
text{font:12px system-ui,sans-serif;fill:#333}.title{font-weight:600}.axis{stroke:#999;fill:none}
.grid{stroke:#e3e3e3;fill:none}.mark{stroke:#999;stroke-dasharray:3 3}path,circle{fill:none;stroke-width:1.6}
.c1{stroke:#0b66c3}.c2{stroke:#b3400b}.c3{stroke:#1a7f37}.c4{stroke:#7a4fbf}
text.c1{fill:#0b66c3;stroke:none}text.c2{fill:#b3400b;stroke:none}text.c3{fill:#1a7f37;stroke:none}
text.c4{fill:#7a4fbf;stroke:none}.paper{fill:#fff}
@media (prefers-color-scheme:dark){text{fill:#ddd}.grid{stroke:#333}.axis,.mark{stroke:#777}.paper{fill:#111}
.c1{stroke:#6db3ff}.c2{stroke:#ff9a66}.c3{stroke:#63d07f}.c4{stroke:#c3a5ff}
text.c1{fill:#6db3ff}text.c2{fill:#ff9a66}text.c3{fill:#63d07f}text.c4{fill:#c3a5ff}}
"""


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
    """[(minutes, value)] of one column, where it has a value"""
    return [(r[1], r[column]) for r in rows if len(r) > column and r[column] is not None]


def smooth(points):
    """Mean over SMOOTH neighbours, then at most POINTS of them."""
    means = []
    for i in range(len(points)):
        part = points[max(0, i - SMOOTH // 2) : i + SMOOTH // 2 + 1]
        means.append((points[i][0], sum(v for _, v in part) / len(part)))
    stride = -(-len(means) // POINTS)
    return means[::stride] + (means[-1:] if stride > 1 else [])


def ticks(low, high, about=6):
    """Round numbers from low to high."""
    step = 10.0**-6
    while (high - low) / step > about:
        step *= 2.5 if f"{step:e}"[0] == "2" else 2
    first = -(-low // step)
    return [round((first + i) * step, 9) for i in range(int((high - low) / step) + 2) if (first + i) * step <= high]


class Panel:
    """One pair of axes: x in minutes, y from low to high, top at `top` pixels."""

    def __init__(self, top, title, minutes, values):
        self.top, self.title, self.end = top, title, max(minutes, 1e-6)
        low, high = min(values), max(values)
        pad = 0.06 * (high - low) or 0.05
        self.low, self.high = low - pad, high + pad

    def x(self, minutes):
        return LEFT + minutes / self.end * (WIDTH - LEFT - RIGHT)

    def y(self, value):
        return self.top + (self.high - value) / (self.high - self.low) * PANEL

    def frame(self):
        out = [f'<text class="title" x="{LEFT}" y="{self.top - 10}">{self.title}</text>']
        for v in ticks(self.low, self.high):
            y = self.y(v)
            out.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
            out.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{v:g}</text>')
        for v in ticks(0, self.end, 8):
            out.append(f'<text x="{self.x(v):.1f}" y="{self.top + PANEL + 16}" text-anchor="middle">{v:g}</text>')
        bottom = self.top + PANEL
        out.append(f'<path class="axis" d="M{LEFT} {self.top}V{bottom}H{WIDTH - RIGHT}"/>')
        out.append(f'<text x="{WIDTH - RIGHT}" y="{bottom + 32}" text-anchor="end">minutes of training</text>')
        return out

    def line(self, points, style):
        d = "L".join(f"{self.x(m):.1f} {self.y(v):.1f}" for m, v in points)
        return f'<path class="{style}" d="M{d}"/>'

    def dots(self, points, style):
        return [f'<circle class="{style}" r="2" cx="{self.x(m):.1f}" cy="{self.y(v):.1f}"/>' for m, v in points]

    def names(self, ends):
        """The names beside the ends of their curves, pushed apart where they would overlap. ends: [(y, text, style)]"""
        out, last = [], -1e9
        for y, text, style in sorted(ends):
            last = max(y, last + 15)
            out.append(f'<text class="{style}" x="{WIDTH - RIGHT + 6}" y="{last + 4:.1f}">{text}</text>')
        return out

    def size_changes(self, rows):
        """Dashed lines where the photographs' side changes."""
        out = []
        for a, b in zip(rows, rows[1:], strict=False):
            if a[2] != b[2]:
                x = self.x(b[1])
                out.append(f'<path class="mark" d="M{x:.1f} {self.top}v{PANEL}"/>')
                out.append(f'<text x="{x + 4:.1f}" y="{self.top - 4}">{b[2]:.0f} px</text>')
        return out


def draw(top, title, rows, columns):
    """One panel as a list of SVG elements; empty if no column has a value."""
    curves = [(name, smooth(c) if len(c) > 40 else c, style) for name, k, style in columns if (c := curve(rows, k))]
    if not curves:
        return []
    panel = Panel(top, title, max(r[1] for r in rows), [v for _, c, _ in curves for _, v in c])
    out = panel.frame() + panel.size_changes(rows)
    for _, points, style in curves:
        out.append(panel.line(points, style))
        out += panel.dots(points, style) if len(points) <= 40 else []
    return out + panel.names([(panel.y(c[-1][1]), f"{n} {c[-1][1]:.3f}", style) for n, c, style in curves])


def svg(rows, title):
    panels, top = [], TOP
    for name, columns in (
        (f"losses over {title}, mean of 50", LOSSES),
        ("averaged weights on validation photographs", FIGURES),
        ("strength of the vessel guide", GUIDE),
    ):
        panel = draw(top, name, rows, columns)
        panels += panel
        top += PANEL + GAP if panel else 0
    height = top - GAP + 44
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"><title>{title}</title>'
    paper = f'<rect class="paper" width="{WIDTH}" height="{height}"/>'
    return "\n".join([head, f"<style>{STYLE}</style>", paper, *panels, "</svg>"]) + "\n"


def main(argv):
    if len(argv) != 2 or not Path(argv[0]).is_file():
        sys.exit(__doc__)
    rows = read(argv[0])
    if not rows:
        sys.exit(f"plot.py: {argv[0]} has no rows of numbers yet")
    Path(argv[1]).write_text(svg(rows, f"{rows[-1][0]:.0f} steps"))
    print(f"{argv[1]}: {Path(argv[1]).stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
