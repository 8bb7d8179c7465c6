"""Writes what was measured: figures as JSON, tables as Markdown, reliability diagrams as SVG."""

import hashlib
import json
import math

import stats as st
from chart import reliability_svg

CHART_AT_LEAST = 100  # photographs, for a reliability diagram


def plain(v):
    """What JSON can hold: no NaN, no numpy."""
    if isinstance(v, dict):
        return {str(k): plain(x) for k, x in v.items()}
    if isinstance(v, (list, tuple)):
        return [plain(x) for x in v]
    v = v.item() if hasattr(v, "item") else v
    if isinstance(v, float):
        return round(v, 6) if math.isfinite(v) else None
    return v


def protocol(args, pool):
    return dict(
        notice="research and teaching, not a medical device",
        core="native C library",
        weights=pool.info["weights"],
        weights_sha256=hashlib.sha256(args.weights.read_bytes()).hexdigest(),
        size=args.size,
        guide=args.guide,
        fine=args.fine,
        limit=args.limit or None,
        list=str(args.list) if args.list else "weights/train/splits, part test",
        vessels="native resolution, inside the field of view, first observer, threshold from validation, pixels pooled",
        intervals=f"[value, low, high]: 95 %, percentile bootstrap by patient (vessels and heatmaps: by photograph), {st.REPEATS} resamples",
    )


def write(args, pool, result, texts, charts):
    """result: all figures; texts: the tables; charts: results of diseases.measure."""
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(plain(dict(protocol=protocol(args, pool)) | result), indent=1) + "\n")
    head = "Measured by `make eval` with the native C core; research and teaching, not a medical device.\n"
    if args.limit:
        head += f"\n**A trial: at most {args.limit} photographs of each set.**\n"
    args.out.with_suffix(".md").write_text("\n".join(filter(None, [head, *texts])))
    for d in charts:
        classes = [(c["name"], c) for c in d["classes"]]
        if classes and d["n"] >= CHART_AT_LEAST:
            svg = reliability_svg(f"{d['set']}: are the probabilities right?", classes)
            args.out.with_name(f"{args.out.stem}-reliability-{d['set']}.svg").write_text(svg)
