"""Tables as Markdown, padded so that they read as well on a terminal."""

import math


def number(v, digits=3):
    return "" if v is None or not math.isfinite(v) else f"{v:.{digits}f}"


def span(triple, digits=3):
    """value [low, high]"""
    value, low, high = triple
    text = number(value, digits)
    return f"{text} [{number(low, digits)}, {number(high, digits)}]" if text and math.isfinite(low) else text


def percent(v, digits=1):
    return "" if not math.isfinite(v) else f"{100 * v:.{digits}f} %"


def table(title, head, rows, note=""):
    """ "## title", a note, and the table; empty where there are no rows."""
    if not rows:
        return ""
    cells = [[str(c) for c in row] for row in [head, *rows]]
    widths = [max(len(r[i]) for r in cells) for i in range(len(head))]
    line = lambda r: "| " + " | ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) + " |"
    body = [line(cells[0]), "|" + "|".join("-" * (w + 2) for w in widths) + "|", *map(line, cells[1:])]
    return f"## {title}\n\n" + (f"{note}\n\n" if note else "") + "\n".join(body) + "\n"
