"""Augmentation in whole batches, wherever they lie, CPU or GPU: one affine resampling, then elementwise operations.

What is decided (which photographs, which ways) is drawn on the CPU; what is added or multiplied, where the batch lies.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F


def _u(n, lo, hi, *shape, device="cpu"):
    return torch.rand(n, *shape, device=device) * (hi - lo) + lo


def affine(x, theta, side):
    """x float [n,c,h,w] 0..255 resampled to [n,c,side,side]; outside is black."""
    grid = F.affine_grid(theta.to(x.device), (len(x), x.shape[1], side, side), align_corners=False)
    return F.grid_sample(x, grid, align_corners=False)


def random_theta(n, scale_lo, scale_hi, shift, rotate, squash=0.06):
    """[n,2,3] for `affine`, on the CPU."""
    a = _u(n, -rotate, rotate)
    sx = _u(n, scale_lo, scale_hi)
    sy = sx * (1 + _u(n, -squash, squash))
    fx = (torch.rand(n) < 0.5) * 2.0 - 1
    fy = (torch.rand(n) < 0.3) * 2.0 - 1
    row = lambda p, q, t: torch.stack([p, q, t], 1)  # noqa: E731
    return torch.stack(
        [
            row(sx * a.cos() * fx, -sx * a.sin() * fy, _u(n, -shift, shift)),
            row(sy * a.sin() * fx, sy * a.cos() * fy, _u(n, -shift, shift)),
        ],
        1,
    )


def colour(y, strength=1.0, blur=0.25):
    """y 0..1: gamma, brightness, colour balance, contrast, illumination slope, noise, and with the probability `blur` a
    loss of sharpness. strength: share of the full ranges."""
    n, side = len(y), y.shape[-1]
    f = lambda lo, hi, *shape: _u(n, lo * strength, hi * strength, *shape, device=y.device)  # noqa: E731
    y = y.clamp(1e-4, 1) ** torch.exp(f(-0.35, 0.35, 1, 1, 1))
    y = y * (1 + f(-0.25, 0.2, 1, 1, 1)) * (1 + f(-0.14, 0.14, 3, 1, 1))
    mean = y.mean((1, 2, 3), keepdim=True)
    y = (y - mean) * (1 + f(-0.25, 0.25, 1, 1, 1)) + mean
    ramp = torch.linspace(-1, 1, side, device=y.device)
    y = y * (1 + f(-0.2, 0.2, 1, 1, 1) * ramp[None, None, None, :] + f(-0.2, 0.2, 1, 1, 1) * ramp[None, None, :, None])
    k = torch.nonzero(torch.rand(n) < blur)[:, 0].to(y.device)
    if len(k):
        small = F.interpolate(y[k], scale_factor=float(np.random.uniform(0.4, 0.8)), mode="area")
        y[k] = F.interpolate(small, size=(side, side), mode="bilinear")
    k = torch.nonzero(torch.rand(n) < 0.25)[:, 0].to(y.device)
    if len(k):
        y[k] = y[k] + torch.randn_like(y[k]) * 0.025 * strength
    return y.clamp(0, 1)


FIELD = 0.05  # darker in every colour: outside the retina
MIXED = 0.09  # of the frequencies up to half the sampling rate, those below this share are the other's in amplitude


def amplitudes(y, other):
    """y, other 0..1 [n,3,s,s]: colours and shading of another camera. The amplitudes of the lowest frequencies are mixed with the
    other's by a random share, the phases, and so what lies where, stay (Yang and Soatto, CVPR 2020; Xu et al., CVPR 2021)."""
    share = _u(len(y), 0, 1, 1, 1, 1, device=y.device)
    mine, theirs = torch.fft.rfft2(y), torch.fft.rfft2(other)
    down, across = (f(y.shape[-1], device=y.device).abs() for f in (torch.fft.fftfreq, torch.fft.rfftfreq))
    low = (down[:, None] < MIXED / 2) & (across[None] < MIXED / 2)
    size = torch.where(low, torch.lerp(mine.abs(), theirs.abs(), share), mine.abs())
    return within(y, torch.fft.irfft2(torch.polar(size, mine.angle()), s=y.shape[-2:]))


def statistics(y, other):
    """As `amplitudes`, by the mean and the deviation of each channel over the retina (after Nam et al., CVPR 2021)."""
    share = _u(len(y), 0, 1, 1, 1, 1, device=y.device)
    (mean, deviation), (to, spread) = over_field(y), over_field(other)
    z = (y - mean) / deviation
    return within(y, z * torch.lerp(deviation, spread, share) + torch.lerp(mean, to, share))


def over_field(y):
    """-> mean and deviation [n,3,1,1] of what is not outside"""
    inside = (y.amax(1, keepdim=True) >= FIELD).float()
    n = inside.sum((2, 3), keepdim=True) + 1
    mean = (y * inside).sum((2, 3), keepdim=True) / n
    return mean, (((y - mean).square() * inside).sum((2, 3), keepdim=True) / n).sqrt() + 1e-3


def within(y, changed):
    """The surround stays what it was."""
    return torch.where(y.amax(1, keepdim=True) < FIELD, y, changed).clamp(0, 1)


def ungradable(y):
    """y [3,s,s] 0..1: one way of many in which a photograph becomes useless."""
    side, kind = y.shape[-1], np.random.randint(6)
    if kind == 0:  # far out of focus
        small = F.interpolate(y[None], size=(np.random.randint(14, 36),) * 2, mode="area")
        y = F.interpolate(small, size=(side, side), mode="bicubic")[0]
    elif kind == 1:  # far too dark, with the sensor's noise
        y = y * np.random.uniform(0.03, 0.12) + torch.randn_like(y) * 0.012
    elif kind == 2:  # overexposed
        y = y * np.random.uniform(2.5, 6) + np.random.uniform(0, 0.3)
    elif kind == 3:  # field cut by lids or lashes
        angle = np.random.uniform(0, 2 * math.pi)
        ramp = torch.linspace(-1, 1, side, device=y.device)
        plane = ramp[None, :] * math.cos(angle) + ramp[:, None] * math.sin(angle)
        skin = torch.tensor([0.28, 0.14, 0.1], device=y.device)[:, None, None] * max(0.0, np.random.uniform(-0.7, 1))
        y = torch.where(plane > np.random.uniform(0.0, 0.45), y, skin * (y.amax(0) > 0.04))
    elif kind == 4:  # haze: little contrast is left
        share = np.random.uniform(0.02, 0.14)
        veil = y.mean((1, 2), keepdim=True) * np.random.uniform(0.4, 0.9) + np.random.uniform(0, 0.4)
        y = y * share + veil * (1 - share) * (y.amax(0) > 0.04)
        y = y + torch.randn_like(y) * 0.01
    else:  # motion blur
        taps = np.random.randint(side // 14, side // 7) | 1
        y = F.avg_pool2d(y[None], (1, taps), 1, (0, taps // 2))[0]
        y = F.avg_pool2d(y[None], (5, 1), 1, (2, 0))[0]
    return y.clamp(0, 1)


def degraded(x, seed):
    """x uint8 [n,s,s,3] -> the same photographs, each made useless in one of the ways of `ungradable`."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    y = [ungradable(torch.from_numpy(i).permute(2, 0, 1).float() / 255) for i in x]
    return np.stack([(i * 255).byte().permute(1, 2, 0).numpy() for i in y])


def surround(y):
    """y 0..1: what lies outside the retina must say nothing of camera or disease. Narrows the disc, cuts it straight
    above and below as many cameras do, moves it, and gives the surround a level and a tint of its own."""
    n, side = len(y), y.shape[-1]
    u = lambda lo, hi, *shape: _u(n, lo, hi, *shape, device=y.device)  # noqa: E731
    ramp = torch.linspace(-1, 1, side, device=y.device)
    across, down = ramp[None, None] - u(-0.03, 0.03, 1, 1), ramp[None, :, None] - u(-0.03, 0.03, 1, 1)
    radius = torch.where(u(0, 1, 1, 1) < 0.5, u(0.86, 1.0, 1, 1), 2.0)
    keep = across**2 + down**2 < radius**2
    cut = torch.where(u(0, 1, 1, 1) < 0.3, u(0.72, 1.0, 1, 1), 2.0)
    keep &= (down.abs() < cut) & (across.abs() < 2)
    dark = (y.amax(1) < 0.05) | ~keep
    level = u(0.0, 0.06, 3, 1, 1) * (u(0, 1, 1, 1, 1) < 0.5)
    return torch.where(dark[:, None], level.expand(-1, 3, -1, -1), y)


def photographs(x, side, turn=math.pi * 0.17):
    """x uint8 [n,s,s,3+] -> [n,3+,side,side] 0..1; channels after the third (maps of the photograph) only move. turn: at most,
    either way"""
    src = x.permute(0, 3, 1, 2).float()
    if side < 448:
        src = F.interpolate(src, size=(side, side), mode="area")
    y = affine(src, random_theta(len(x), 0.87, 1.1, 0.05, turn), side) / 255
    return torch.cat([surround(colour(y[:, :3])), y[:, 3:]], 1)


def disease_batch(x, labels, side, quality):
    """x uint8 [n,512,512,3], labels [n,classes], quality [n]: how gradable each photograph is, below 0 for unknown,
    which counts as 1 -> (input [n,3,side,side] 0..1, labels, gradable [n] 0..1). One in seven is made useless."""
    y, labels = photographs(x, side), labels.clone()
    gradable = torch.where(quality < 0, torch.ones_like(quality), quality)
    for i in np.flatnonzero(np.random.rand(len(x)) < 0.14):
        y[i] = ungradable(y[i])
        gradable[i], labels[i] = 0, -1
    return y, labels, gradable


def vessel_batch(items, n, side, disc=512):
    """items: [uint8 photograph at disc, at 1.5 disc pixels] -> (input [n,3,side,side] 0..1, vessel target 0..1 [n,side,side],
    field of view [n,side,side])."""
    y = torch.cat([moved_cut(i, side, disc, 0.75, 1.5) for i in draw(items, n)])
    return colour(y[:, :3]), y[:, 3], y[:, 4]


def sharp_vessel_batch(items, n, side, disc=512, odds=None):
    """As vessel_batch, but close to what the network will see (sharp_cuts)."""
    return sharp_cuts(draw(items, n, odds), side, disc)


def sharp_cuts(items, side, disc=512):
    """One of each: half of the cuts keep the very pixels of the working resolution, the others its scale, and colours change
    half as much."""
    cuts = [exact_cut(i, side) if np.random.rand() < 0.5 else moved_cut(i, side, disc, 0.9, 1.2) for i in items]
    y = torch.cat(cuts)
    return colour(y[:, :3], 0.5, blur=0), y[:, 3], y[:, 4]


def draw(items, n, odds=None):
    """n of them, each once if there are enough. odds: of each item, their sum 1; without it all alike."""
    return [items[i] for i in np.random.choice(len(items), n, replace=len(items) < n, p=odds)]


def moved_cut(item, side, disc, zoom_lo, zoom_hi):
    """[1,5,side,side] 0..1: turned, shifted, and scaled so that the retina's diameter is disc * zoom."""
    zoom = np.exp(np.random.uniform(math.log(zoom_lo), math.log(zoom_hi)))
    base = item[0] if zoom < 1.15 else item[1]
    part = side / (disc * zoom)  # share of the disc that the cut shows
    theta = random_theta(1, part * 0.97, part * 1.03, max(0.0, 1 - part) * 0.9, math.pi, 0.05)
    return affine(base.permute(2, 0, 1).float()[None], theta, side) / 255


def exact_cut(item, side):
    """[1,5,side,side] 0..1: pixels of the photograph at `disc` as they are, in one of the eight ways to lay a square."""
    base = item[0]
    i, j = (np.random.randint(n - side + 1) for n in base.shape[:2])
    a = torch.rot90(base[i : i + side, j : j + side], np.random.randint(4))
    a = a if np.random.rand() < 0.5 else a.flip(1)
    return a.permute(2, 0, 1).float()[None] / 255
