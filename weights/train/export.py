#!/usr/bin/env python3
"""Turns a checkpoint into weights/vmnet.safetensors, with calibration and thresholds chosen on validation data.

usage: export.py --data DATA [--checkpoint build/train/fine/vmnet.pt] [--out weights/vmnet.safetensors] [--name vmnet]
                 [--sets odir5k,... [--allow-missing]]
       export.py --golden tests/golden [--out weights/vmnet.safetensors]     writes the reference outputs of PyTorch

The classes are the checkpoint's. The validation photographs are those of the sets it was trained on, or of --sets: ODIR's
alone where they label every class (RFMiD's for a network of RFMiD alone), else each class from all that label it.

The second form reads the weights file back, as f16 as it is, and runs it in PyTorch: what the C core must reproduce.
"""

import json
import sys
from pathlib import Path

import augment
import data as sets
import numpy as np
import options
import steps
import torch
import torch.nn.functional as F
from network import VMNet
from safetensors import safe_open
from safetensors.torch import save_file

PREPROCESSING = "(rgb - 127) / 128"
BATCH = 8


def tensors_of(net):
    """Folded network -> {name: tensor} in the layout of src/network.c: convolutions [out,k,k,in], depthwise [1,k,k,c]."""
    out = {}
    for name, p in net.state_dict().items():
        name = name.replace(".conv.", ".")
        if p.ndim == 4:
            depthwise = p.shape[1] == 1 and ".depthwise." in name
            p = p.permute(1, 2, 3, 0) if depthwise else p.permute(0, 2, 3, 1)
        out[name] = (p.reshape(1) if p.ndim == 0 else p).contiguous().half()
    return out


def multiplied(name, weight, step):
    """Whole numbers [out,k,k,in], depthwise [1,k,k,out], times the steps of the output channels: f32"""
    return weight.float() * (step.float() if name.endswith(".depthwise") else step.float()[:, None, None, None])


def expanded(stored):
    """{name: tensor} of a weights file in f32; what is kept in whole numbers and steps (compact.py) is multiplied out."""
    out = {k: t.float() for k, t in stored.items() if not k.endswith(".step")}
    for name in (k.removesuffix(".step") for k in stored if k.endswith(".step")):
        out[f"{name}.weight"] = multiplied(name, stored[f"{name}.weight"], stored[f"{name}.step"])
    return out


def whole_of(path):
    """{NAME.weight, NAME.step: tensor} of the layers that a weights file keeps in whole numbers, as it keeps them"""
    with safe_open(path, "pt") as f:
        names = [k.removesuffix(".step") for k in f.keys() if k.endswith(".step")]  # noqa: SIM118
        return {k: f.get_tensor(k) for n in names for k in (f"{n}.weight", f"{n}.step")}


def shaped(meta):
    """A network with the heads that a file's metadata names, its numbers still to come."""
    lesions = len(meta.get("lesions", []))
    given = [k in meta for k in ("vessel_kinds", "grade", "orientation")]
    return VMNet(len(meta["classes"]), "structures" in meta, lesions, *given)


def load_weights(path):
    """The network as the weights file says it, its values in f32 arithmetic, and its metadata."""
    with safe_open(path, "pt") as f:
        meta = json.loads(f.metadata()["vmnet"])
        stored = expanded({k: f.get_tensor(k) for k in f.keys()})  # noqa: SIM118
    net = shaped(meta).eval().fold()
    state = net.state_dict()
    for name, p in state.items():
        t = stored.pop(name.replace(".conv.", "."))
        if p.ndim == 4:
            depthwise = p.shape[1] == 1 and ".depthwise." in name
            t = t.permute(3, 0, 1, 2) if depthwise else t.permute(0, 3, 1, 2)
        state[name] = t.reshape(p.shape)
    assert not stored, f"unused tensors {list(stored)}"
    net.load_state_dict(state)
    return net, meta


def put_head(path, head, tensors, name=None, rescaled=(), **told):
    """Rewrites a weights file, f16 or int8, with this head's tensors {"head.layer": ...} and what the metadata says of it: its
    other tensors keep their bytes. name: of the weights, where it is a new one; that of an int8 file says so, too.
    rescaled: layers that read what quantise.py stretched in an int8 file."""
    with safe_open(path, "pt") as f:
        meta = json.loads(f.metadata()["vmnet"])
        kept = {k: f.get_tensor(k) for k in f.keys() if not k.startswith(f"{head}.")}  # noqa: SIM118
    for layer in rescaled:
        limits = kept.get(f"vessels.{layer}.output")
        if limits is not None:  # what quantise.py calls 6 there
            step, weight = (f"{head}.{layer}.{part}" for part in ("step", "weight"))
            scaled = step if step in tensors else weight
            tensors = tensors | {scaled: (tensors[scaled].float() / (limits[3] / 6)).half()}
    int8 = "-int8" if meta["name"].endswith("-int8") else ""
    meta |= dict(name=name + int8 if name else meta["name"], **told)
    save_file(kept | tensors, path, {"vmnet": json.dumps(meta)})


def to_input(x255):
    return ((x255 - 127) / 128).contiguous(memory_format=torch.channels_last)


def runner(net):
    """What `predict` calls: the network on its input."""

    def run(x):
        with steps.lower_precision(torch.device("cpu")):
            return net(x)

    return run


@torch.no_grad()
def predict(run, x):
    """run: network input -> outputs; x uint8 [n,512,512,3] -> logits [n,classes], gradability logit [n]"""
    logits, gradable = [], []
    for i in range(0, len(x), BATCH):
        o = run(to_input(torch.from_numpy(x[i : i + BATCH]).permute(0, 3, 1, 2).float()))
        logits.append(o["logits"].float())
        gradable.append(o["gradable"].float())
    return torch.cat(logits).numpy(), torch.cat(gradable).numpy()


def calibrate(logit, label):
    """Platt scaling with a weak prior to scale 1, offset 0: probability = sigmoid(scale * logit + offset)."""
    x, y = torch.from_numpy(logit), torch.from_numpy(label)
    p = torch.tensor([1.0, 0.0], requires_grad=True)
    opt = torch.optim.LBFGS([p], max_iter=100, line_search_fn="strong_wolfe")

    def closure():
        opt.zero_grad()
        loss = F.binary_cross_entropy_with_logits(p[0] * x + p[1], y, reduction="sum")
        loss = loss + 2 * (p[0] - 1) ** 2 + 0.5 * p[1] ** 2
        loss.backward()
        return loss

    opt.step(closure)
    scale, offset = p.detach().tolist()
    return max(scale, 0.05), offset


def operating_points(probability, label):
    """Three cuts by rising threshold: `screening`, the highest with sensitivity >= 0.95, but one that leaves at least a
    third of those without the disease in peace: one odd photograph of few must not make it useless; `balanced`, the largest
    sensitivity + specificity (Youden); `specific`, the lowest with specificity >= 0.95. Where few photographs leave
    them out of order, screening is lowered to balanced and specific raised to it."""
    order = np.unique(probability)
    cuts = np.concatenate([[0], (order[1:] + order[:-1]) / 2, [1]])
    sens = np.array([(probability[label == 1] >= t).mean() for t in cuts])
    spec = np.array([(probability[label == 0] < t).mean() for t in cuts])
    balanced = int(np.argmax(sens + spec))
    at = dict(
        screening=min(max(int(np.flatnonzero(sens >= 0.95)[-1]), int(np.flatnonzero(spec >= 1 / 3)[0])), balanced),
        balanced=balanced,
        specific=max(int(np.flatnonzero(spec >= 0.95)[0]), balanced),
    )
    rounded = lambda v: round(float(v), 5)  # noqa: E731
    return {
        name: dict(threshold=rounded(cuts[i]), sensitivity=rounded(sens[i]), specificity=rounded(spec[i]))
        for name, i in at.items()
    }


def validation(data, diseases, classes, missing=None):
    """uint8 [n,512,512,3], labels [n,classes]: ODIR's validation patients alone where every class is labelled there."""
    names = [s.name for s in sets.judges(diseases, classes)]
    loaded = list(sets.load_diseases(data, "val", sets=names, classes=classes, missing=missing).values())
    if not loaded:
        raise sets.MissingData(f"no validation photographs of {', '.join(names)}: nothing to calibrate on")
    return loaded[0] if len(loaded) == 1 else tuple(np.concatenate(part) for part in zip(*loaded, strict=True))


def classes_of(run, x, y, classes):
    """Calibration and operating points of each class from the validation photographs that it is labelled on, and
    gradability's logits of these. run: network input -> outputs."""
    logits, gradable = predict(run, x)
    out = []
    for c, name in enumerate(classes):
        known = y[:, c] >= 0
        if len(np.unique(y[known, c])) < 2:
            print(f"{name}: not calibrated, the validation photographs have only one answer")
            out.append(dict(name=name, scale=1.0, offset=0.0, threshold=0.5))
            continue
        scale, offset = calibrate(logits[known, c].astype(np.float32), y[known, c])
        p = 1 / (1 + np.exp(-(scale * logits[known, c] + offset)))
        points = operating_points(p, y[known, c])
        at = points["balanced"]["threshold"]
        out.append(dict(name=name, scale=scale, offset=offset, threshold=at, points=points))
        told = ", ".join(
            f"{k} {v['threshold']:.3f} ({v['sensitivity']:.2f}/{v['specificity']:.2f})" for k, v in points.items()
        )
        print(f"{name}: scale {scale:.3f} offset {offset:+.3f}; {told} (sensitivity/specificity)")
    return out, gradable


EACH = 25  # photographs of each set that gradability is asked of, beside those that calibrate
MARGIN = 1.0  # of the logit, for cameras that are not there


def other_photographs(data, diseases, judged, missing=None):
    """{set: uint8 [n,512,512,3]}: validation photographs of the sets that do not calibrate, EACH at most, without those
    that somebody called less than good."""
    out = {}
    for s in (s for s in diseases if s not in judged):
        items = sets.disease_list(data, s, "val", [sets.GRADABLE], missing)
        paths = [p for p, (said,) in items if said == sets.UNKNOWN or said > sets.SOUND]
        x, bad = sets.read_all(paths[:: max(1, len(paths) // EACH)], sets.SIDE)
        out[s.name] = x[[i for i in range(len(x)) if i not in bad]]
    return {name: x for name, x in out.items() if len(x)}


def gradable_level(run, x, gradable, others):
    """MARGIN below the level that 199 of 200 validation photographs of every set pass, so that what is no photograph of
    a fundus hardly does; higher where 98 of 100 degraded photographs ask for it. x: uint8 photographs and `gradable`,
    the network's logits of them; others: as other_photographs gives them."""
    passes = {"judged": gradable} | {name: predict(run, p)[1] for name, p in others.items()}
    bad = predict(run, augment.degraded(x[::2], seed=7))[1]
    lowest = {name: float(np.quantile(v, 0.005)) for name, v in passes.items()}
    at = max(float(np.quantile(bad, 0.98)), min(lowest.values()) - MARGIN)
    told = ", ".join(f"{name} {np.mean(v < at):.3f}" for name, v in passes.items())
    print(f"gradability: level {at:.2f} (logit), {np.mean(bad >= at):.3f} of degraded ones pass; refused: {told}")
    return float(np.clip(1 / (1 + np.exp(-at)), 0.05, 0.99))


@torch.no_grad()
def vessel_threshold(run, data, names, missing=None):
    """The probability with the best Dice on the validation photographs of the vessel sets, each set counted alike; 0.5
    where there are none."""
    cuts = np.arange(0.2, 0.8, 0.02)
    means = []
    for name in names:
        dice = []
        for layers in sets.load_vessels(data, "val", sides=(512,), sets=[name], missing=missing):
            a = layers[0]
            z = run(to_input(torch.from_numpy(a[None, :, :, :3]).permute(0, 3, 1, 2).float()))["vessel_logit"]
            p = torch.sigmoid(z)[0].numpy()[a[:, :, 4] > 127]
            t = a[:, :, 3][a[:, :, 4] > 127] > 127
            dice.append([2 * (t & (p >= c)).sum() / (t.sum() + (p >= c).sum()) for c in cuts])
        means += [np.mean(dice, 0)] if dice else []
    if not means:
        print("vessels: no validation photographs, threshold 0.5")
        return 0.5
    mean = np.mean(means, 0)
    print(f"vessels: threshold {cuts[mean.argmax()]:.2f}, Dice on validation {mean.max():.4f}")
    return round(float(cuts[mean.argmax()]), 3)


def stages_of(state):
    """Steps and minutes of the joint stage, and of the fine one after it (fine.py)."""
    own = dict(steps=state["step"], minutes=round(state["minutes"], 1))
    if "joint" not in state:
        return own
    joint = state["joint"]
    return dict(steps=joint["steps"], minutes=round(joint["minutes"], 1), fine=own)


def export(args):
    state = torch.load(args.checkpoint, map_location="cpu", weights_only=False)
    record, missing = sets.record_of(state), [] if args.allow_missing else None
    diseases, vessels = sets.choose(args.sets or ",".join(record["sets"]))
    vessels = [n for n in vessels if args.sets or n in record["sets"]]
    net = VMNet(len(record["classes"]))
    net.load_state_dict(state["weights"])
    net = net.eval().fold()
    tensors = tensors_of(net)
    vessel_at = vessel_threshold(net, args.data, vessels, missing)
    x, y = validation(args.data, diseases, record["classes"], missing)
    run = runner(net)
    classes, gradable = classes_of(run, x, y, record["classes"])
    others = other_photographs(args.data, diseases, sets.judges(diseases, record["classes"]), missing)
    gradable_at = gradable_level(run, x, gradable, others)
    meta = dict(
        version=1,
        name=args.name,
        notice="research and teaching, not a medical device",
        preprocessing=PREPROCESSING,
        classes=classes,
        vessel_threshold=vessel_at,
        gradable_threshold=round(gradable_at, 4),
        trained=dict(
            **stages_of(state),
            start=state["origin"],
            **{k: record[k] for k in ("sets", "without", "seen")},
        ),
    )
    args.out.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, args.out, {"vmnet": json.dumps(meta)})
    print(f"{args.out}: {args.out.stat().st_size} bytes, {sum(t.numel() for t in tensors.values())} parameters")


def some_of(maps):
    """Probabilities [kinds,rows,columns] from logits [1,kinds,S,S]: every seventh row and fifth column, so that each of the four
    pixels that a cell answers for is among them."""
    return torch.sigmoid(maps)[0, :, ::7, ::5].contiguous()


def golden(args):
    """Inputs (exact in f16 and u8) and PyTorch's outputs for them, at two sizes; Grad-CAM also through autograd."""
    net, meta = load_weights(args.out)
    args.golden.mkdir(parents=True, exist_ok=True)
    for side in (256, 512):
        rng = np.random.default_rng(side)
        yy, xx = np.mgrid[0:side, 0:side] / side - 0.5
        disc = (xx**2 + yy**2 < 0.245)[..., None]
        waves = sum(
            np.sin(2 * np.pi * (rng.uniform(-9, 9) * xx + rng.uniform(-9, 9) * yy + rng.uniform()))[..., None]
            * rng.uniform(4, 14, 3)
            for _ in range(12)
        )
        rgb = np.clip((np.array([150, 80, 45]) + waves + rng.normal(0, 3, (side, side, 3))) * disc, 0, 255).astype(
            np.uint8
        )
        x = to_input(torch.from_numpy(rgb[None]).permute(0, 3, 1, 2).float())
        out = {"input": torch.from_numpy(rgb)}
        for guide in (1.0, 0.0):
            with torch.no_grad():
                o = net(x, guide)
            tag = f"guide{guide:.0f}"
            out[f"{tag}.logits"] = o["logits"][0]
            out[f"{tag}.cam"] = o["cam"][0].contiguous()  # [classes][grid][grid]
            if "grade" in o and guide == 1:
                out["grade"] = o["grade"][0]  # logits
        if "orientation" in o:
            out["orientation"] = o["orientation"][0]  # logits
        out["vessels"] = (
            torch.sigmoid(o["vessel_logit"])[0] if side == 256 else torch.sigmoid(o["vessel_logit"])[0, ::4, ::4]
        )
        out["guide"] = o["guide"][0, 0].float()
        out["gradability"] = torch.sigmoid(o["gradable"])
        if "structures" in o:
            out["structures"] = torch.sigmoid(o["structures"])[0].permute(1, 2, 0)  # [S/4][S/4][2]
        for head in ("lesions", "arteries"):
            if head in o:
                out[head] = some_of(o[head])
        out["autograd"] = autograd_cam(net, x)
        out = {k: v.contiguous() for k, v in out.items()}
        save_file(out, args.golden / f"network-{side}.safetensors", {"weights": meta["name"]})
    print(f"golden files in {args.golden}")


def autograd_cam(net, x):
    """Grad-CAM as published: relu(sum over k of mean(dy/dF'_k) F'_k), times the number of cells, by autograd."""
    with torch.no_grad():
        taps = net.encoder(x)
        z, d16 = net.vessels(x, taps)
        guided = net.diseases(taps[3], taps[4], z, d16)[0]
    guided = guided.detach().requires_grad_(True)
    logits = net.diseases.head(guided.mean((2, 3)))[0]
    maps = []
    for y in logits:
        (g,) = torch.autograd.grad(y, guided, retain_graph=True)
        alpha = g.mean((2, 3), keepdim=True) * guided.shape[2] * guided.shape[3]
        maps.append(F.relu((alpha * guided).sum(1))[0])
    return torch.stack(maps).detach()


def main(argv):
    p = options.parser(__doc__, "--sets", "--allow-missing", "--golden")
    p.add_argument("--data", type=Path)
    p.add_argument("--checkpoint", type=Path, default=Path("build/train/fine/vmnet.pt"))
    p.add_argument("--out", type=Path, default=options.RELEASED)
    p.add_argument("--name", default="vmnet")
    args = p.parse_args(argv)
    torch.manual_seed(0)
    if args.golden:
        return golden(args)
    options.need_data(p, args, "calibration needs their validation parts")
    try:
        export(args)
    except (sets.MissingData, FileNotFoundError) as e:
        sys.exit(f"export.py: {e}")


if __name__ == "__main__":
    main(sys.argv[1:])
