"""Photographs made useless, each in one of several ways that are written anew here: training has seen neither this code
nor the flare and the squeezed file. numpy and Pillow only; the same seed gives the same picture."""

import io

import numpy as np
from PIL import Image, ImageFilter


def _noise(rgb, rng, sigma):
    return rgb + rng.normal(0, sigma, rgb.shape)


def _soft(mask, radius):
    """0..1 float [h,w,1]: a mask with soft edges."""
    picture = Image.fromarray((mask * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(picture, float)[..., None] / 255


def _grid(shape):
    """x and y from -1 to 1."""
    return np.meshgrid(np.linspace(-1, 1, shape[1]), np.linspace(-1, 1, shape[0]))


def defocus(rgb, rng):
    blur = ImageFilter.GaussianBlur(min(rgb.shape[:2]) * rng.uniform(0.02, 0.05))
    return np.asarray(Image.fromarray(rgb).filter(blur), float)


def dark(rgb, rng):
    return _noise(rgb * rng.uniform(0.06, 0.14), rng, 3)


def overexposed(rgb, rng):
    return rgb * rng.uniform(3, 5) + rng.uniform(0, 60)


def lids(rgb, rng):
    """Lids from above and below, or from one side."""
    x, y = _grid(rgb.shape)
    angle = rng.uniform(0, 2 * np.pi)
    along = (
        x * np.cos(angle) + y * np.sin(angle) + rng.uniform(-0.3, 0.3) * (x * np.sin(angle) - y * np.cos(angle)) ** 2
    )
    cover = _soft(along > rng.uniform(-0.35, -0.05), min(rgb.shape[:2]) * 0.02)
    skin = np.array([70, 35, 25]) * rng.uniform(0.0, 1.0)
    return rgb * (1 - cover) + skin * cover * (rgb.max(2, keepdims=True) > 10)


def haze(rgb, rng):
    share = rng.uniform(0.04, 0.12)
    veil = rgb.mean((0, 1)) * 0.5 + rng.uniform(30, 110)
    return _noise(rgb * share + veil * (1 - share) * (rgb.max(2, keepdims=True) > 10), rng, 2)


def motion(rgb, rng):
    """Blur along a line, by shifted copies."""
    picture = Image.fromarray(rgb)
    length, angle = min(rgb.shape[:2]) * rng.uniform(0.08, 0.16), rng.uniform(0, np.pi)
    steps = np.linspace(-length / 2, length / 2, 33)
    move = lambda t: picture.transform(picture.size, Image.AFFINE, (1, 0, t * np.cos(angle), 0, 1, t * np.sin(angle)))
    return sum(np.asarray(move(t), float) for t in steps) / len(steps)


def flare(rgb, rng):
    """Reflections over most of the field; not among training's degradations."""
    x, y = _grid(rgb.shape)
    out = rgb.astype(float)
    for _ in range(4):
        spot = np.exp(-((x - rng.uniform(-0.6, 0.6)) ** 2 + (y - rng.uniform(-0.6, 0.6)) ** 2) / rng.uniform(0.1, 0.4))
        out += 330 * spot[..., None] * np.array([1.0, 0.95, 0.85])
    return out


def squeezed(rgb, rng):
    """Shrunk far, saved at JPEG's worst, and enlarged; not among training's degradations."""
    picture = Image.fromarray(rgb)
    small, store = picture.resize([max(24, s // int(rng.integers(9, 16))) for s in picture.size]), io.BytesIO()
    small.save(store, "JPEG", quality=int(rng.integers(3, 10)))
    return np.asarray(Image.open(store).resize(picture.size, Image.BILINEAR), float)


KINDS = [defocus, dark, overexposed, lids, haze, motion, flare, squeezed]


def degraded(rgba, index):
    """-> (picture, kind): photograph number `index` of a list, one kind after the other."""
    kind = KINDS[index % len(KINDS)]
    rgb = np.clip(kind(rgba[..., :3], np.random.default_rng(7000 + index)), 0, 255).astype(np.uint8)
    return np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)]), kind.__name__


def degraded_as_in_training(rgba, index):
    """The same through weights/train/augment.py, which needs PyTorch."""
    import augment
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(7000 + index)
    np.random.seed(7000 + index)
    picture = torch.from_numpy(rgba[..., :3].copy()).permute(2, 0, 1).float() / 255
    rgb = (augment.ungradable(picture) * 255).byte().permute(1, 2, 0).numpy()
    return np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])
