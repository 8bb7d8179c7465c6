"""Pictures that are no fundus photographs, drawn from nothing or cut out of others; the same every time."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIDE = 512
RETINA = ((20, 4, 2), (150, 60, 25), (235, 150, 80))  # dark, middle and bright tones of one
HOT = ((0, 0, 0), (200, 40, 0), (255, 230, 120))
WORDS = [
    "left",
    "right",
    "eye",
    "visit",
    "patient",
    "note",
    "page",
    "light",
    "before",
    "after",
    "seen",
    "under",
    "over",
    "years",
    "day",
    "week",
    "normal",
    "follow",
]


def toned(picture, tone):
    """Grey levels as grey, `hot`, or the colours of a retina."""
    grey = np.asarray(picture.convert("L"), float)
    if tone == "grey":
        return Image.fromarray(grey.astype(np.uint8)).convert("RGB")
    colours = np.array(HOT if tone == "hot" else RETINA, float)
    rgb = np.dstack([np.interp(grey, (0, 128, 255), colours[:, c]) for c in range(3)])
    return Image.fromarray(rgb.round().astype(np.uint8))


def behind_round_mask(picture, rng):
    """A square cut, black outside a circle, as a fundus camera frames things."""
    n = int(min(picture.size) * rng.uniform(0.6, 1))
    x, y = (int(rng.integers(0, s - n + 1)) for s in picture.size)
    cut = np.asarray(picture.crop((x, y, x + n, y + n)).resize((SIDE, SIDE), Image.BICUBIC))
    yy, xx = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    return Image.fromarray(cut * (xx**2 + yy**2 < rng.uniform(0.85, 0.98))[..., None])


def blobs(rng, cells):
    """Smooth noise, 0..255 [SIDE,SIDE]."""
    small = Image.fromarray(rng.integers(0, 256, (cells, cells)).astype(np.uint8))
    return np.asarray(small.resize((SIDE, SIDE), Image.BICUBIC), float)


def microscope(rng):
    """A round field with stained cells."""
    ground, ink = rng.integers(190, 245, 3), rng.integers(40, 170, 3)
    picture = Image.new("RGB", (SIDE, SIDE), tuple(int(v) for v in ground))
    draw = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(40, 160))):
        x, y, r = *rng.uniform(0, SIDE, 2), rng.uniform(6, 24)
        colour = tuple(int(v) for v in np.clip(ink + rng.integers(-25, 25, 3), 0, 255))
        draw.ellipse((x - r, y - r * rng.uniform(0.7, 1), x + r, y + r), fill=colour)
        draw.ellipse((x - r / 3, y - r / 3, x + r / 3, y + r / 3), fill=tuple(v // 2 for v in colour))
    return behind_round_mask(picture.filter(ImageFilter.GaussianBlur(1.5)), rng)


def oct_scan(rng, tone):
    """Layers of a retina in cross-section."""
    x = np.linspace(0, 1, 768)
    bend = 40 * np.sin(np.pi * x * rng.uniform(0.8, 1.4) + rng.uniform(0, 3)) + 180
    pit = 45 * np.exp(-((x - 0.5) ** 2) / 0.004)
    rows = np.arange(SIDE)[:, None]
    out = np.zeros((SIDE, 768))
    for depth, width, level in ((0, 14, 200), (26, 12, 110), (48, 10, 150), (72, 18, 70), (98, 8, 230), (112, 60, 120)):
        top = bend + depth + (pit * (1 - depth / 112) if depth < 112 else 0)
        out = np.where((rows > top) & (rows < top + width), level, out)
    out = (out + 12) * rng.gamma(4, 0.25, out.shape)
    return toned(Image.fromarray(np.clip(out, 0, 255).astype(np.uint8)), tone)


def page(rng):
    """A page of text, sometimes on coloured paper."""
    picture = Image.new("RGB", (700, 900), tuple(int(v) for v in rng.integers(225, 256, 3)))
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(size=int(rng.integers(14, 26)))
    for y in range(50, 850, int(rng.integers(28, 44))):
        if rng.random() < 0.85:
            draw.text((50, y), " ".join(rng.choice(WORDS, int(rng.integers(3, 9)))), (20, 20, 30), font)
    return picture


def screen(rng):
    """A window with a title bar, fields, buttons and a chart."""
    picture = Image.new("RGB", (900, 600), tuple(int(v) for v in rng.integers(30, 250, 3)))
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(size=18)
    draw.rectangle((40, 30, 860, 570), fill=(245, 245, 245))
    draw.rectangle((40, 30, 860, 66), fill=tuple(int(v) for v in rng.integers(20, 160, 3)))
    draw.text((56, 38), " ".join(rng.choice(WORDS, 3)), (255, 255, 255), font)
    for i in range(int(rng.integers(3, 8))):
        y = 90 + i * 58
        draw.text((70, y), str(rng.choice(WORDS)), (40, 40, 40), font)
        draw.rectangle((190, y - 6, 430, y + 26), outline=(120, 120, 120), fill=(255, 255, 255))
    points = [(480 + 45 * i, int(rng.integers(150, 480))) for i in range(8)]
    draw.line(points, fill=tuple(int(v) for v in rng.integers(0, 220, 3)), width=4)
    return picture


def plain(rng, kind):
    """Noise, slopes, one colour, and coloured balls on black."""
    if kind == 0:
        return Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8))
    if kind == 1:
        ends = rng.integers(0, 256, (2, 3))
        slope = np.linspace(0, 1, SIDE)[:, None, None]
        return Image.fromarray((ends[0] * (1 - slope) + ends[1] * slope + np.zeros((SIDE, SIDE, 1))).astype(np.uint8))
    if kind == 2:
        return Image.new("RGB", (SIDE, SIDE), tuple(int(v) for v in rng.integers(0, 256, 3)))
    yy, xx = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    r2 = (xx**2 + yy**2) / rng.uniform(0.5, 0.95)
    light = np.clip(1 - ((xx + 0.3) ** 2 + (yy + 0.3) ** 2) / rng.uniform(1.5, 3), 0.1, 1) * (r2 < 1)
    return Image.fromarray((rng.integers(90, 256, 3) * light[..., None]).astype(np.uint8))


def everything(photographs):
    """(kind, name, picture): `photographs` are what the round cuts are made of."""
    rng = np.random.default_rng(2026)
    for i in range(60):
        yield "round-cuts", f"{i:03}", behind_round_mask(photographs[i * len(photographs) // 60], rng)
    for i in range(40):
        grey = photographs[(i * len(photographs) // 40 + 3) % len(photographs)].convert("L")
        yield "round-cuts-toned", f"{i:03}", behind_round_mask(toned(grey, "retina"), rng)
    for i in range(20):
        texture = Image.fromarray(((blobs(rng, 4) + blobs(rng, 12) + blobs(rng, 40)) / 3).astype(np.uint8))
        yield "round-noise-toned", f"{i:03}", behind_round_mask(toned(texture, "retina"), rng)
    for i in range(25):
        yield "microscope", f"{i:03}", microscope(rng)
    for i in range(20):
        yield "oct-scans", f"{i:03}", oct_scan(rng, ("grey", "hot")[i % 2])
    for i in range(20):
        yield "pages", f"{i:03}", page(rng)
    for i in range(20):
        yield "screens", f"{i:03}", screen(rng)
    for i in range(24):
        yield "plain", f"{i:03}", plain(rng, i % 4)
