"""Reliability diagrams as SVG: a small chart for each class, all in one picture."""

from html import escape

SIDE, GAP, TOP, LEFT = 176, 52, 44, 40  # of one chart, in pixels
STYLE = (
    "text{font:11px system-ui,sans-serif;fill:#333}.t{font-weight:600}.s{fill:#666;font-size:10px}"
    ".f{fill:none;stroke:#bbb}.d{stroke:#999;stroke-dasharray:3 3}.l{fill:none;stroke:#0b6e75;stroke-width:1.5}"
    ".p{fill:#0b6e75}.e{stroke:#0b6e75;stroke-opacity:.45}"
)


def axis_end(bins):
    """Rare diseases need a closer look: the axes end at 1, 0.5, 0.25 or 0.1."""
    highest = max([b["predicted"] for b in bins] + [b["observed"] for b in bins])
    return next(e for e in (0.1, 0.25, 0.5, 1.0) if highest <= e)


def one(x0, y0, name, figures):
    bins = figures["reliability"]
    end = axis_end(bins)
    x = lambda v: round(x0 + SIDE * v / end, 1)
    y = lambda v: round(y0 + SIDE * (1 - min(v, end) / end), 1)
    out = [
        f'<text class="t" x="{x0}" y="{y0 - 20}">{escape(name)}</text>',
        f'<text class="s" x="{x0}" y="{y0 - 7}">n {figures["n"]}, {figures["positives"]} positive, ECE {figures["ece"][0]:.3f}</text>',
        f'<rect class="f" x="{x0}" y="{y0}" width="{SIDE}" height="{SIDE}"/>',
        f'<line class="d" x1="{x0}" y1="{y0 + SIDE}" x2="{x0 + SIDE}" y2="{y0}"/>',
    ]
    for v in (0, end):
        out.append(f'<text class="s" text-anchor="middle" x="{x(v)}" y="{y0 + SIDE + 13}">{v:g}</text>')
        out.append(f'<text class="s" text-anchor="end" x="{x0 - 4}" y="{y(v) + 4}">{v:g}</text>')
    for b in bins:
        px = x(b["predicted"])
        out.append(f'<line class="e" x1="{px}" y1="{y(b["low"])}" x2="{px}" y2="{y(b["high"])}"/>')
    points = [(x(b["predicted"]), y(b["observed"])) for b in bins]
    out.append(f'<polyline class="l" points="{" ".join(f"{a},{b}" for a, b in points)}"/>')
    out += [f'<circle class="p" cx="{a}" cy="{b}" r="2.5"/>' for a, b in points]
    return out


def reliability_svg(title, classes, columns=4):
    """classes: [(name, figures)], figures as diseases.class_figures gives them."""
    rows = -(-len(classes) // columns)
    columns = min(columns, len(classes))
    width, height = LEFT + columns * (SIDE + GAP), TOP + rows * (SIDE + GAP + 24)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text class="t" x="{LEFT}" y="20">{escape(title)}</text>',
        f'<text class="s" x="{LEFT}" y="36">across: mean probability of a bin; up: share of its photographs that have the disease, '
        "with 95 % intervals; dashed: perfect</text>",
    ]
    for i, (name, figures) in enumerate(classes):
        row, column = divmod(i, columns)
        out += one(LEFT + column * (SIDE + GAP), TOP + 36 + row * (SIDE + GAP + 24), name, figures)
    return "\n".join([*out, "</svg>"]) + "\n"
