"""PNGs of every kind that photographs come in: colours, depths, transparency, filters, interlacing. As a program like
jpegs.py."""

import io
import struct
import zlib

import core
import numpy as np
from jpegs import tell
from PIL import Image

SAMPLE = core.ROOT / "web/sample/retina.jpg"
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _paeth(a, b, c):
    near = np.abs(b - c), np.abs(a - c), np.abs(a + b - 2 * c)
    return np.where((near[0] <= near[1]) & (near[0] <= near[2]), a, np.where(near[1] <= near[2], b, c))


def _filtered(rows, step):
    """Each row by another filter; rows [height][bytes]."""
    out, before = bytearray(), np.zeros(rows.shape[1], int)
    for y, row in enumerate(rows.astype(int)):
        left, corner = (np.concatenate([np.zeros(step, int), r])[: len(r)] for r in (row, before))
        guess = [0 * row, left, before, (left + before) // 2, _paeth(left, before, corner)][y % 5]
        out += bytes([y % 5]) + ((row - guess) % 256).astype(np.uint8).tobytes()
        before = row
    return bytes(out)


def _packed(samples, depth):
    """Rows of bytes of samples [height][width][samples a pixel]."""
    rows = samples.reshape(len(samples), -1)
    if depth == 16:
        return np.frombuffer(rows.astype(">u2").tobytes(), np.uint8).reshape(len(rows), -1)
    bits = (rows[..., None] >> np.arange(depth)[::-1]) & 1
    return np.packbits(bits.reshape(len(rows), -1).astype(np.uint8), axis=1)


def png(samples, colours, depth, chunks=b"", interlaced=False):
    """samples [height][width][samples a pixel], whole numbers below 2^depth."""
    height, width, count = samples.shape
    step = max(1, count * depth // 8)
    passes = PASSES if interlaced else [(0, 0, 1, 1)]
    parts = [samples[y::dy, x::dx] for x, y, dx, dy in passes]
    data = b"".join(_filtered(_packed(part, depth), step) for part in parts if part.size)
    head = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, int(interlaced))
    packed = zlib.compress(data)
    middle = len(packed) // 2
    idat = chunk(b"IDAT", packed[:middle]) + chunk(b"IDAT", packed[middle:])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunks + idat + chunk(b"IEND", b"")


def kinds():
    """name -> bytes; sides that no pass of an interlaced file divides."""
    random = np.random.default_rng(1)
    eye = np.asarray(Image.open(io.BytesIO(SAMPLE.read_bytes())).convert("RGB").resize((269, 261))).astype(int)
    fine = eye * 257 ^ random.integers(0, 256, eye.shape)  # 16 bits, of which the low ones are anything
    alpha = random.integers(0, 256, eye.shape[:2] + (1,))
    alpha[:40] = np.resize([0, 255, 178, 179], (40, eye.shape[1], 1))
    grey, fine_grey = eye[..., 1:2], fine[..., 1:2]
    table = random.integers(0, 256, (256, 3)).astype(np.uint8)
    indices = lambda depth: (grey >> (8 - depth)) % (1 << depth)
    palette = lambda depth: chunk(b"PLTE", table[: 1 << depth].tobytes())
    clear = lambda *values: chunk(b"tRNS", struct.pack(f">{len(values)}H", *values))
    half = chunk(b"tRNS", random.integers(0, 256, 200).astype(np.uint8).tobytes())
    rgba, fine_rgba = np.dstack([eye, alpha]), np.dstack([fine, alpha * 256 + 77])
    every = np.stack(np.meshgrid(np.arange(256), np.arange(256)), axis=-1)  # each level with each alpha
    all_of_them = np.dstack([every[..., :1], 255 - every[..., :1], every[..., :1] ^ 85, every[..., 1:]])
    gamma = chunk(b"gAMA", struct.pack(">I", 100000))
    files = {
        "rgb": png(eye, RGB, 8),
        "rgb-gamma": png(eye, RGB, 8, gamma),
        "rgb-srgb": png(eye, RGB, 8, chunk(b"sRGB", b"\0")),
        "rgb-wide": png(
            eye, RGB, 8, chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000))
        ),
        "rgb-told": png(eye, RGB, 8, chunk(b"sBIT", b"\5\6\5") + chunk(b"bKGD", struct.pack(">3H", 9, 9, 9))),
        "rgb-interlaced": png(eye, RGB, 8, interlaced=True),
        "rgb-clear": png(eye, RGB, 8, clear(*eye[60, 60])),
        "rgb-16": png(fine, RGB, 16),
        "rgb-16-clear": png(fine, RGB, 16, clear(*fine[60, 60])),
        "rgba": png(rgba, RGBA, 8),
        "rgba-all": png(all_of_them, RGBA, 8),
        "rgba-gamma": png(rgba, RGBA, 8, gamma),
        "rgba-opaque": png(np.dstack([eye, 0 * alpha + 255]), RGBA, 8),
        "rgba-0.7": png(np.dstack([eye, 0 * alpha + 178]), RGBA, 8),
        "rgba-interlaced": png(rgba, RGBA, 8, interlaced=True),
        "rgba-16": png(fine_rgba, RGBA, 16),
        "rgba-16-interlaced": png(fine_rgba, RGBA, 16, interlaced=True),
        "grey": png(grey, GREY, 8),
        "grey-16": png(fine_grey, GREY, 16),
        "grey-16-clear": png(fine_grey, GREY, 16, clear(int(fine_grey[60, 60, 0]))),
        "grey-alpha": png(np.dstack([grey, alpha]), GREY_ALPHA, 8),
        "grey-alpha-16": png(np.dstack([fine_grey, alpha * 256 + 77]), GREY_ALPHA, 16),
        "palette-half": png(indices(8), PALETTE, 8, palette(8) + half),
        "palette-beyond": png(indices(8), PALETTE, 8, chunk(b"PLTE", table[:100].tobytes())),
        "palette-beyond-half": png(
            indices(8), PALETTE, 8, chunk(b"PLTE", table[:100].tobytes()) + chunk(b"tRNS", b"\x80\x4d")
        ),
        "palette-interlaced": png(indices(4), PALETTE, 4, palette(4) + chunk(b"tRNS", b"\0\x80\xb2"), True),
    }
    for depth in (1, 2, 4, 8):
        files[f"grey-{depth}-clear"] = png(indices(depth), GREY, depth, clear(int(indices(depth)[60, 60, 0])))
        files[f"palette-{depth}"] = png(indices(depth), PALETTE, depth, palette(depth))
        files[f"palette-{depth}-clear"] = png(
            indices(depth), PALETTE, depth, palette(depth) + chunk(b"tRNS", b"\0\x4d")
        )
    return files


if __name__ == "__main__":
    tell(kinds(), "png")
