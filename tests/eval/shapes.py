"""Shapes in masks: discs, dilation, skeletons, and clDice on them."""

import numpy as np
from stats import ratio


def disc_mask(shape, x, y, radius):
    """bool [h,w]: pixels whose centre lies in the circle."""
    yy, xx = np.ogrid[: shape[0], : shape[1]]
    return (xx + 0.5 - x) ** 2 + (yy + 0.5 - y) ** 2 <= radius**2


def dilate(mask, radius):
    """The mask and every pixel within `radius` of it."""
    r, (h, w) = int(radius), mask.shape
    before = np.zeros((h, w + 1), np.int32)  # how many of the mask's pixels of a row lie before a column
    np.cumsum(mask, 1, out=before[:, 1:])
    column, out = np.arange(w), np.zeros((h, w), bool)
    for dy in range(min(r, h - 1) + 1):  # each row of the disc, once above its centre and once below
        half = int(np.sqrt(radius**2 - dy**2))
        wide = before[:, np.minimum(column + half + 1, w)] > before[:, np.maximum(column - half, 0)]
        out[: h - dy] |= wide[dy:]
        out[dy:] |= wide[: h - dy]
    return out


def _thinning():
    """[2][256] for Zhang and Suen's two passes: may a pixel with these eight neighbours (clockwise from above) go?"""
    out = np.zeros((2, 256), bool)
    for code in range(256):
        n = [code >> i & 1 for i in range(8)]
        changes = sum(n[i] < n[(i + 1) % 8] for i in range(8))
        if changes == 1 and 2 <= sum(n) <= 6:
            up, right, down, left = n[0], n[2], n[4], n[6]
            out[0, code] = not (up and right and down) and not (right and down and left)
            out[1, code] = not (up and right and left) and not (up and down and left)
    return out


def _corners():
    """[4][256]: corners of a staircase, whose two neighbours touch each other without them; one direction each."""
    out = np.zeros((4, 256), bool)
    for code in range(256):
        n = [code >> i & 1 for i in range(8)]
        for turn in range(4):
            side = [n[(2 * turn + i) % 8] for i in range(8)]
            out[turn, code] = side[0] and side[2] and not (side[4] or side[5] or side[6])
    return out


_MAY_GO, _CORNERS = _thinning(), _corners()
_CLOCKWISE = [(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1)]


def _apply(rules, grid):
    """Takes out of the padded grid, rule by rule, the pixels that may go; True if there were any."""
    h, w = grid.shape[0] - 2, grid.shape[1] - 2
    inner, gone = grid[1:-1, 1:-1], False
    for rule in rules:
        code = np.zeros((h, w), np.uint8)
        for bit, (dy, dx) in enumerate(_CLOCKWISE):
            code |= grid[1 + dy : 1 + dy + h, 1 + dx : 1 + dx + w] << bit
        drop = rule[code] & (inner == 1)
        inner[drop] = 0
        gone |= bool(drop.any())
    return gone


def skeleton(mask):
    """Centre lines, one pixel wide (Zhang and Suen 1984, then without the corners of staircases)."""
    grid = np.pad(mask.astype(np.uint8), 1)
    while _apply(_MAY_GO, grid):
        pass
    _apply(_CORNERS, grid)
    return grid[1:-1, 1:-1] == 1


def centre_line_counts(predicted, truth):
    """What clDice is made of: centre-line pixels of the prediction that lie in the true vessels, all of them, and the
    same the other way round."""
    p, t = skeleton(predicted), skeleton(truth)
    return np.array([(p & truth).sum(), p.sum(), (t & predicted).sum(), t.sum()])


def cl_dice(counts):
    """Shit et al. 2021: the harmonic mean of the two shares."""
    inside, length, found, true_length = counts
    precision, sensitivity = ratio(inside, length), ratio(found, true_length)
    return ratio(2 * precision * sensitivity, precision + sensitivity)
