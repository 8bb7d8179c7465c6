"""What ablation.py trains and measures on: ODIR and the vessel sets, small, with pseudo-true vessel maps on demand."""

import time

import data as sets
import numpy as np
import steps
import torch
from PIL import Image
from validate import outputs

REFERENCE = 512  # pixels a retina at which the released weights see the pseudo-true vessels


class Data:
    """ODIR at `side` pixels, {split: (uint8 [n,side,side,3 or 4], labels)}; vessel photographs; maps on demand."""

    def __init__(self, args):
        self.args, self.odir, self.paths = args, {}, {}
        odir = sets.DISEASE_SETS[0]
        for split in ("train", "val", "test"):
            items = sets.disease_list(args.data, odir, split)
            if args.limit and len(items) > args.limit:
                items = [items[i] for i in np.linspace(0, len(items) - 1, args.limit).astype(int)]
            self.paths[split] = [p for p, _ in items]
            x, bad = sets.read_all(self.paths[split], args.side)
            sets.report(list(bad.values()), None)
            self.odir[split] = x, np.array([y for _, y in items])
            print(f"odir5k {split}: {len(x)} photographs at {args.side} px", flush=True)
        sides = args.side, args.side * 3 // 2
        self.cuts = steps.layers_on(steps.device(), sets.load_vessels(args.data, "train", sides))
        self.layers = [a[0] for a in sets.load_vessels(args.data, "val", sides[:1])]

    def with_maps(self, split):
        """The photographs with the pseudo-true vessels as fourth channel, 0..255."""
        x, y = self.odir[split]
        if x.shape[-1] == 3:
            x = np.concatenate([x, pseudo_truth(self.args, split, self.paths[split])[..., None]], 3)
            self.odir[split] = x, y
        return x, y


def vessels_of(net, paths, side):
    """uint8 [n,side,side]: vessel probability seen at REFERENCE pixels, averaged down; 255 is certain."""
    x, _ = sets.read_all(paths, REFERENCE)
    z = outputs(net, x, REFERENCE, wanted=["vessel_logit"])["vessel_logit"]
    maps = (255 / (1 + np.exp(-z))).astype(np.uint8)
    return np.stack([np.asarray(Image.fromarray(m).resize((side, side), Image.BOX)) for m in maps])


def pseudo_truth(args, split, paths):
    """uint8 [n,side,side] of the released weights, kept on disk; WORK/maps-*.done says how many are finished."""
    maps, ready = (args.work / f"maps-{split}-{args.side}-{len(paths)}{end}" for end in (".npy", ".done"))
    done = int(ready.read_text()) if ready.is_file() and maps.is_file() else 0
    out = np.lib.format.open_memmap(maps, "r+" if done else "w+", np.uint8, (len(paths), args.side, args.side))
    if done < len(paths):
        from export import load_weights

        net, told = load_weights(args.weights)[0].to(memory_format=torch.channels_last), 0.0
    while done < len(paths):
        part = vessels_of(net, paths[done : done + 32], args.side)
        out[done : done + len(part)] = part
        out.flush()
        done += len(part)
        ready.write_text(str(done))
        if time.time() - told > 60 or done == len(paths):
            told = time.time()
            print(f"pseudo-true vessels, {split}: {done} of {len(paths)}", flush=True)
    return np.asarray(out)


def map_logits(maps):
    """0..1 [n,1,S,S] -> the logits that the guide reads"""
    return torch.logit(maps.clamp(0.002, 0.998))
