"""V-MNet in PyTorch: the same graph, layer by layer, as src/network.c.

Shapes are NCHW; S is the input side (a multiple of 32). The decoders and the guide are this project's
reading of V-MNet (Qi & Tao, Front. Med. 2026), of which the abstract alone was available.
"""

import numpy as np
import torch
import torch.nn.functional as F
from data import CLASSES
from torch import nn

# (expansion, channels, repeats, stride, kernel): EfficientNet-Lite0 (Tan & Le 2019; no squeeze-excite, ReLU6)
STAGES = [
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
]
STEM = 32
# index of the last block at stride 2, 4, 8, 16, 32: these outputs are E2 .. E32
TAPS = (0, 2, 4, 10, 15)
FEATURES = 128  # K, the channels of the classification features F
ENCODER_EPS = 1e-3


def same_pad(x, kernel):
    """Pads for stride 2 like TensorFlow's SAME on even sizes: the odd pixel at the bottom and the right."""
    before = (kernel - 2) // 2
    after = kernel - 2 - before
    return F.pad(x, (before, after, before, after))


class ConvNorm(nn.Module):
    """Convolution without bias, batch norm, optional ReLU6. `fold()` merges the norm into the convolution."""

    def __init__(self, cin, cout, kernel=1, stride=1, groups=1, relu6=True, eps=1e-3):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, kernel, stride, self.padding(kernel, stride), groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(cout, eps=eps, momentum=0.03)
        self.kernel, self.stride, self.relu6 = kernel, stride, relu6

    @staticmethod
    def padding(kernel, stride):
        return kernel // 2 if stride == 1 else 0

    def forward(self, x):
        if self.stride == 2:
            x = same_pad(x, self.kernel)
        still = isinstance(self.norm, nn.BatchNorm2d) and not self.norm.training
        x = self.merged(x) if still else self.norm(self.conv(x))
        return F.relu6(x) if self.relu6 else x

    def merged(self, x):
        """Convolution and norm at once where the statistics stand still: as `fold`, but both go on learning."""
        c, n = self.conv, self.norm
        scale = n.weight * torch.rsqrt(n.running_var + n.eps)
        weight = c.weight * scale[:, None, None, None]
        return F.conv2d(x, weight, n.bias - n.running_mean * scale, c.stride, c.padding, c.dilation, c.groups)

    @torch.no_grad()
    def fold(self):
        scale = self.norm.weight / torch.sqrt(self.norm.running_var + self.norm.eps)
        old = self.conv
        conv = nn.Conv2d(old.in_channels, old.out_channels, self.kernel, self.stride, old.padding, groups=old.groups)
        conv.weight.copy_(old.weight * scale[:, None, None, None])
        conv.bias.copy_(self.norm.bias - self.norm.running_mean * scale)
        self.conv, self.norm = conv, nn.Identity()


class Block(nn.Module):
    """Inverted residual: 1x1 expand, depthwise, 1x1 project, with the shortcut where shapes allow."""

    def __init__(self, cin, cout, stride, expand, kernel, drop=0.0):
        super().__init__()
        mid = cin * expand
        self.expand = ConvNorm(cin, mid, eps=ENCODER_EPS) if expand > 1 else None
        self.depthwise = ConvNorm(mid, mid, kernel, stride, groups=mid, eps=ENCODER_EPS)
        self.project = ConvNorm(mid, cout, relu6=False, eps=ENCODER_EPS)
        self.shortcut, self.drop = stride == 1 and cin == cout, drop

    def forward(self, x):
        y = self.expand(x) if self.expand is not None else x
        y = self.project(self.depthwise(y))
        if not self.shortcut:
            return y
        if self.training and self.drop:  # stochastic depth
            keep = (torch.rand(len(y), 1, 1, 1) >= self.drop).to(y) / (1 - self.drop)
            y = y * keep
        return x + y


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = ConvNorm(3, STEM, 3, 2, eps=ENCODER_EPS)
        rows = [(c, s if i == 0 else 1, t, k) for t, c, n, s, k in STAGES for i in range(n)]
        blocks, cin = [], STEM
        for i, (c, s, t, k) in enumerate(rows):
            blocks.append(Block(cin, c, s, t, k, drop=0.1 * i / len(rows)))
            cin = c
        self.blocks = nn.ModuleList(blocks)

    def forward(self, x):
        x, taps = self.stem(x), []
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in TAPS:
                taps.append(x)
        return taps  # E2 [16,S/2], E4 [24,S/4], E8 [40,S/8], E16 [112,S/16], E32 [320,S/32]


def up2(x):
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def quads(x):
    """[n,c,h,w] -> [n,4c,h/2,w/2]: each four pixels side by side, upper left, upper right, lower left, lower right."""
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2).permute(0, 3, 5, 1, 2, 4).reshape(n, 4 * c, h // 2, w // 2)


class VesselDecoder(nn.Module):
    """U-Net decoder from E32 to half resolution, where each pixel answers for the four that it stands for; a stem of
    its own that reads the photograph keeps the thin vessels."""

    def __init__(self):
        super().__init__()
        self.d32 = ConvNorm(320, 64)
        self.d16 = ConvNorm(64 + 112, 48, 3)
        self.d8 = ConvNorm(48 + 40, 32, 3)
        self.d4 = ConvNorm(32 + 24, 16, 3)
        self.stem = ConvNorm(12, 16, 3)
        self.d2a = ConvNorm(16 + 16 + 16, 24, 3)
        self.d2b = ConvNorm(24, 24, 3)
        self.out = nn.Conv2d(24, 4, 3, padding=1)

    def forward(self, x, taps):
        d16 = self.coarse(taps)
        return self.fine(x, taps, d16), d16

    def coarse(self, taps):
        """D16 [48,S/16], which the guide reads."""
        return self.d16(torch.cat([up2(self.d32(taps[4])), taps[3]], 1))

    def middle(self, taps, d16):
        """D8 [32,S/8] and D4 [16,S/4]."""
        d8 = self.d8(torch.cat([up2(d16), taps[2]], 1))
        return d8, self.d4(torch.cat([up2(d8), taps[1]], 1))

    def fine(self, x, taps, d16):
        """Vessel logits [1,S,S]."""
        return F.pixel_shuffle(self.out(self.half(x, taps, self.middle(taps, d16)[1])), 2)

    def half(self, x, taps, d4):
        """D2 [24,S/2]."""
        return self.d2b(self.d2a(torch.cat([up2(d4), taps[0], self.stem(quads(x))], 1)))

    def fine_layers(self):
        """The layers that `fine` alone uses."""
        return [self.d8, self.d4, *self.half_layers()]

    def half_layers(self):
        """Those of them that work at half resolution."""
        return [self.stem, self.d2a, self.d2b, self.out]


class DiseaseDecoder(nn.Module):
    """F = relu(conv([E16, up2(E32)])); F' = F (1 + a G); one logit per class from the mean of F'."""

    def __init__(self, classes):
        super().__init__()
        self.features = nn.Conv2d(112 + 320, FEATURES, 1)
        self.guide = nn.Conv2d(1 + 48, 1, 1)
        self.a = nn.Parameter(torch.zeros(()))
        self.head = nn.Linear(FEATURES, classes)

    def forward(self, e16, e32, vessel_logit, d16, guide=1.0):
        f = F.relu(self.features(torch.cat([e16, up2(e32)], 1)))
        density = F.avg_pool2d(torch.sigmoid(vessel_logit.float()), 16)
        g = torch.sigmoid(self.guide(torch.cat([density.to(d16), d16], 1)))
        guided = f * (1 + guide * self.a * g)
        return guided, g, f


class Structures(nn.Module):
    """Logits of the optic disc and of its cup [2,S/4], linear in D16, D8, D4 and E4 (disc.py fits it)."""

    def __init__(self):
        super().__init__()
        self.d16 = nn.Conv2d(48, 2, 3, padding=1)
        self.d8 = nn.Conv2d(32, 2, 3, padding=1)
        self.d4 = nn.Conv2d(16, 2, 1)
        self.e4 = nn.Conv2d(24, 2, 1)

    def forward(self, d16, d8, d4, e4):
        y = up2(self.d16(d16)) + self.d8(d8)
        return up2(y) + self.d4(d4) + self.e4(e4)


class Near(nn.Module):
    """A filter of its own for each channel."""

    def __init__(self, channels):
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)

    def forward(self, x):
        return self.depthwise(x)


class Lesions(nn.Module):
    """Logits of each kind of lesion [kinds,S]: a small decoder of its own on what the encoder and the vessel decoder hold,
    and on the photograph (lesions.py fits it)."""

    WIDTH = 16

    def __init__(self, kinds):
        super().__init__()
        w = self.WIDTH
        self.e16, self.d16 = nn.Conv2d(112, w, 1), nn.Conv2d(48, w, 1)
        self.e8, self.d8 = nn.Conv2d(40, w, 3, padding=1), nn.Conv2d(32, w, 3, padding=1)
        self.to4 = nn.Conv2d(w, w, 1)
        self.e4, self.d4 = nn.Conv2d(24, w, 3, padding=1), nn.Conv2d(16, w, 3, padding=1)
        self.to2 = nn.Conv2d(w, w, 1)
        self.e2, self.d2 = nn.Conv2d(16, w, 1), nn.Conv2d(24, w, 1)
        self.photo = nn.Conv2d(12, w, 3, padding=1)
        self.near = Near(w)
        self.mix = nn.Conv2d(w, w, 1)
        self.out = nn.Conv2d(w, 4 * kinds, 1)

    def forward(self, x, taps, d16, d8, d4, d2):
        """x: the photograph, as `quads` gives it"""
        y = F.relu(up2(self.e16(taps[3]) + self.d16(d16)) + self.e8(taps[2]) + self.d8(d8))
        y = F.relu(up2(self.to4(y)) + self.e4(taps[1]) + self.d4(d4))
        y = F.relu(up2(self.to2(y)) + self.e2(taps[0]) + self.d2(d2) + self.photo(x))
        return F.pixel_shuffle(self.out(F.relu(self.mix(self.near(y)))), 2)


class Apart(nn.Module):
    """A filter of its own for each channel, then a mix of the channels."""

    def __init__(self, cin, cout, kernel, stride=1):
        super().__init__()
        padding = ConvNorm.padding(kernel, stride)
        self.depthwise = nn.Conv2d(cin, cin, kernel, stride, padding, groups=cin)
        self.mix = nn.Conv2d(cin, cout, 1)
        self.kernel, self.stride = kernel, stride

    def forward(self, x):
        return self.mix(self.depthwise(same_pad(x, self.kernel) if self.stride == 2 else x))


class Arteries(nn.Module):
    """Logit of artery against vein [1,S]: a small U-Net of its own, from the photograph down to S/16 and back, that takes up
    at each scale what the encoder and the vessel decoder hold there (arteries.py fits it)."""

    WIDTHS = (12, 24, 48, 64)  # at S/2, S/4, S/8 and S/16

    def __init__(self):
        super().__init__()
        a, b, c, d = self.WIDTHS
        self.photo, self.e2, self.d2 = nn.Conv2d(12, a, 1), nn.Conv2d(16, a, 1), nn.Conv2d(24, a, 1)
        self.down4, self.e4, self.d4 = Apart(a, b, 3, 2), nn.Conv2d(24, b, 1), nn.Conv2d(16, b, 1)
        self.down8, self.e8, self.d8 = Apart(b, c, 3, 2), nn.Conv2d(40, c, 1), nn.Conv2d(32, c, 1)
        self.down16, self.e16, self.d16 = Apart(c, d, 3, 2), nn.Conv2d(112, d, 1), nn.Conv2d(48, d, 1)
        self.wide = nn.ModuleList(Apart(d, d, 5) for _ in range(3))
        self.to8, self.near8 = nn.Conv2d(d, c, 1), Apart(c, c, 5)
        self.to4, self.near4 = nn.Conv2d(c, b, 1), Apart(b, b, 3)
        self.to2, self.near2 = nn.Conv2d(b, a, 1), Apart(a, a, 3)
        self.out = nn.Conv2d(a, 4, 1)

    def forward(self, x, taps, d16, d8, d4, d2):
        """x: the photograph, as `quads` gives it"""
        a = F.relu(self.photo(x) + self.e2(taps[0]) + self.d2(d2))
        b = F.relu(self.down4(a) + self.e4(taps[1]) + self.d4(d4))
        c = F.relu(self.down8(b) + self.e8(taps[2]) + self.d8(d8))
        y = F.relu(self.down16(c) + self.e16(taps[3]) + self.d16(d16))
        for wide in self.wide:
            y = F.relu(y + wide(y))
        y = F.relu(up2(self.to8(y)) + c)
        y = F.relu(y + self.near8(y))
        y = F.relu(up2(self.to4(y)) + b)
        y = F.relu(y + self.near4(y))
        y = F.relu(up2(self.to2(y)) + a)
        return F.pixel_shuffle(self.out(F.relu(self.near2(y))), 2)


class Grade(nn.Linear):
    """Logits of at least grade 1, 2, 3 and 4 of diabetic retinopathy, from the means of F', E16 and E32 (grade.py fits it)."""

    GRADES, HIDDEN = 4, 32

    def __init__(self):
        super().__init__(self.HIDDEN, self.GRADES)
        self.hidden = nn.Conv2d(FEATURES + 112 + 320, self.HIDDEN, 1)

    def forward(self, guided, e16, e32):
        read = torch.cat([x.float().mean((2, 3), keepdim=True) for x in (guided, e16, e32)], 1)
        return super().forward(F.relu(self.hidden(read))[:, :, 0, 0])


class Orientation(nn.Module):
    """Logits of a photograph that lies upright, or turned counter-clockwise by 90, 180, 270 degrees, from the means of E16, D16 and
    the vessels' probability over a grid of 4 by 4 (orientation.py fits it)."""

    GRID, UNITS, ANSWERS = 4, 8, 4

    def __init__(self):
        super().__init__()
        self.e16 = nn.Conv2d(112, self.UNITS, 1)
        self.d16 = nn.Conv2d(48, self.UNITS, 1)
        self.vessels = nn.Conv2d(1, self.UNITS, 1)
        self.out = nn.Conv2d(self.UNITS, self.ANSWERS, self.GRID)

    def forward(self, e16, d16, vessels):
        pooled = [F.adaptive_avg_pool2d(x.float(), self.GRID) for x in (e16, d16, vessels)]
        read = self.e16(pooled[0]) + self.d16(pooled[1]) + self.vessels(pooled[2])
        return self.out(F.relu(read))[:, :, 0, 0]


class VMNet(nn.Module):
    def __init__(self, classes=8, structures=False, lesions=0, arteries=False, grade=False, orientation=False):
        """lesions: how many kinds are drawn"""
        super().__init__()
        self.encoder = Encoder()
        self.vessels = VesselDecoder()
        self.diseases = DiseaseDecoder(classes)
        self.gradable = nn.Linear(320, 1)
        self.structures = Structures() if structures else None
        self.lesions = Lesions(lesions) if lesions else None
        self.arteries = Arteries() if arteries else None
        self.grade = Grade() if grade else None
        self.orientation = Orientation() if orientation else None

    def forward(self, x, guide=1.0):
        """x [N,3,S,S], (rgb - 127) / 128. Returns everything the C core returns, as raw logits."""
        taps = self.encoder(x)
        vessel_logit, d16 = self.vessels(x, taps)
        out = self.heads(taps, vessel_logit, d16, guide)
        if self.structures is not None:
            out["structures"] = self.structures(d16, *self.vessels.middle(taps, d16), taps[1])
        if self.lesions is not None or self.arteries is not None:
            d8, d4 = self.vessels.middle(taps, d16)
            read = quads(x), taps, d16, d8, d4, self.vessels.half(x, taps, d4)
            if self.lesions is not None:
                out["lesions"] = self.lesions(*read)
            if self.arteries is not None:
                out["arteries"] = self.arteries(*read)
        return out

    def heads(self, taps, vessel_logit, d16, guide=1.0, dropout=0.0):
        guided, g, _ = self.diseases(taps[3], taps[4], vessel_logit, d16, guide)
        logits = self.diseases.head(F.dropout(guided.float().mean((2, 3)), dropout, self.training))
        cam = F.conv2d(guided.float(), self.diseases.head.weight[:, :, None, None])
        gradable = self.gradable(taps[4].float().mean((2, 3)))[:, 0]
        out = dict(
            vessel_logit=vessel_logit[:, 0].float(), logits=logits, cam=cam, guide=g, gradable=gradable, guided=guided
        )
        if self.grade is not None:
            out["grade"] = self.grade(guided, taps[3], taps[4])
        if self.orientation is not None:
            out["orientation"] = self.orientation(taps[3], d16, torch.sigmoid(vessel_logit.float()))
        return out

    def fold(self):
        """Merges every batch norm into its convolution: what remains is exactly what the weights file holds."""
        for m in self.modules():
            if isinstance(m, ConvNorm):
                m.fold()
        return self


@torch.no_grad()
def merge_norms(net):
    """Each norm's factors into its convolution, so that all it still does is to add a bias: the same network, in a form
    in which networks with other statistics, or without norms, can be averaged with it."""
    for m in net.modules():
        if isinstance(m, ConvNorm):
            n = m.norm
            scale = n.weight * torch.rsqrt(n.running_var + n.eps)
            m.conv.weight.mul_(scale[:, None, None, None])
            set_bias_alone(n, n.bias - n.running_mean * scale)
    return net


@torch.no_grad()
def set_bias_alone(norm, bias):
    norm.bias.copy_(bias)
    norm.weight.fill_(1)
    norm.running_mean.zero_()
    norm.running_var.fill_(1 - norm.eps)


@torch.no_grad()
def even_scales(layers):
    """Each convolution's weights to the size of fresh ones, the rest of their scale into its norm: the same layers while
    their norms stand still, in a form in which one rate of learning suits them all."""
    for m in layers:
        if isinstance(m, ConvNorm):
            w = m.conv.weight
            scale = w.flatten(1).std(1).clamp(min=1e-6) / (2 / w[0].numel()) ** 0.5
            w.div_(scale[:, None, None, None])
            m.norm.weight.mul_(scale)
            m.norm.running_mean.div_(scale)


@torch.no_grad()
def unfolded(net):
    """A network as a weights file holds it, in the form of `merge_norms`: its norms can learn again."""
    out = VMNet(net.diseases.head.out_features)
    heads = "structures.", "lesions.", "arteries.", "grade.", "orientation."  # they are fitted afterwards
    state = {k: v for k, v in net.state_dict().items() if not k.startswith(heads)}
    for name, m in out.named_modules():
        if isinstance(m, ConvNorm):
            m.conv.weight.copy_(state.pop(f"{name}.conv.weight"))
            set_bias_alone(m.norm, state.pop(f"{name}.conv.bias"))
    missing, strange = out.load_state_dict(state, strict=False)
    assert not strange and all(".norm." in k or ".conv." in k for k in missing), (missing, strange)
    return out


def encoder_layers(encoder):
    """(ConvNorm, its convolution's name, its batch norm's name) in the PyPI package's names."""
    yield encoder.stem, "_conv_stem", "_bn0"
    for i, b in enumerate(encoder.blocks):
        p = f"_blocks.{i}."
        if b.expand is not None:
            yield b.expand, p + "_expand_conv", p + "_bn0"
        yield b.depthwise, p + "_depthwise_conv", p + "_bn1"
        yield b.project, p + "_project_conv", p + "_bn2"


NORM_PARTS = ("weight", "bias", "running_mean", "running_var")


@torch.no_grad()
def load_encoder(encoder, z):
    """z: {name: tensor} with the PyPI package's names."""
    for m, conv, bn in encoder_layers(encoder):
        m.conv.weight.copy_(z[conv + ".weight"])
        for part in NORM_PARTS:
            getattr(m.norm, part).copy_(z[f"{bn}.{part}"])


def encoder_arrays(encoder):
    """The inverse of load_encoder: {name: float32 array}."""
    out = {}
    for m, conv, bn in encoder_layers(encoder):
        out[conv + ".weight"] = m.conv.weight
        out |= {f"{bn}.{part}": getattr(m.norm, part) for part in NORM_PARTS}
    return {k: v.detach().cpu().float().numpy() for k, v in out.items()}


def backbone_file(path):
    """-> ({name: tensor}, what else the file says: lists of str `classes` and `sets`, if it was made here)."""
    z = {k: v for k, v in np.load(path).items()}
    said = {k: [str(n) for n in z.pop(k)] for k in ("classes", "sets") if k in z}
    return {k: torch.from_numpy(v.astype(np.float32)) for k, v in z.items()}, said


def load_backbone(net, path, classes=CLASSES):
    """Takes the encoder (and the linear disease head) from an EfficientNet-Lite0 .npz with the PyPI package's names.

    The head w acts on the averages of [E16, E32]. relu(u) - relu(-u) = u, so the first 2C of the K features carry
    +w and -w, and the network starts out as good as that head. Classes are matched by name (a file that names none
    has ODIR's eight); those that the file does not know start at random.
    """
    z, said = backbone_file(path)
    load_encoder(net.encoder, z)
    if "head.weight" not in z:
        return net
    theirs = said.get("classes", CLASSES)
    rows = [(i, theirs.index(c)) for i, c in enumerate(classes) if c in theirs]
    ours, theirs = [i for i, _ in rows], [j for _, j in rows]
    d, w, scale = net.diseases, z["head.weight"][theirs], 2.0
    c = len(w)
    with torch.no_grad():
        d.features.weight[:c, :, 0, 0] = w * scale
        d.features.weight[c : 2 * c, :, 0, 0] = -w * scale
        d.features.bias[: 2 * c] = 0
        d.features.weight[2 * c :] *= 0.5
        d.head.weight.mul_(0.05)
        d.head.weight[ours, : 2 * c] = 0
        d.head.weight[ours, list(range(c))] = 1 / scale
        d.head.weight[ours, list(range(c, 2 * c))] = -1 / scale
        d.head.bias[ours] = z["head.bias"][theirs]
    return net


def cost(net, side=512):
    """Multiply-accumulates of one forward pass and the number of parameters."""
    total = 0

    def count(m, _, out):
        nonlocal total
        total += out[0].numel() * m.weight[0].numel() if isinstance(m, nn.Conv2d) else m.weight.numel()

    hooks = [m.register_forward_hook(count) for m in net.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    with torch.no_grad():
        net.eval()(torch.zeros(1, 3, side, side))
    for h in hooks:
        h.remove()
    return total, sum(p.numel() for p in net.parameters())
