"""Refusals: pictures that are no colour fundus photograph must be refused, and photographs must not be.

Both are counted twice: refused outright (the core gives an error, no result), and called not gradable.
"""

from collections import Counter

from core import Refused
from pool import enlarged, spread
from tables import percent, table

PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}


def outcome(answer):
    """One word for an answer of the core."""
    report, _, code = answer
    if report is None:
        return "refused" if code == "not-fundus" else "error"
    if report["quality"]["gradable"]:
        return "accepted"
    reasons = [r.replace("_", "-") for r in report["quality"].get("reasons", [])]
    return "not fundus" if "not-fundus" in reasons else "not gradable"


def pictures_in(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURES and p.is_file())


def strangers(pool, folder, limit):
    """Per subfolder of `folder`: how its pictures fared. -> {group: {outcome: n}}, [accepted ones]"""
    pictures = [p for p in pictures_in(folder) if "packages" not in p.relative_to(folder).parts]
    groups = {}
    for p in pictures:
        groups.setdefault(p.relative_to(folder).parts[0] if p.parent != folder else folder.name, []).append(p)
    groups = {name: spread(found, limit) for name, found in groups.items()}
    answers = pool.report([p for found in groups.values() for p in found], "pictures of other things")
    answers = dict(zip((p for found in groups.values() for p in found), answers, strict=True))
    counts = {name: dict(Counter(outcome(answers[p]) for p in found)) for name, found in groups.items()}
    accepted = [str(p.relative_to(folder)) for p, a in answers.items() if outcome(a) == "accepted"]
    return counts, accepted


def look_for_disc(core, path):
    """Why no field of view is found, or "" where it is."""
    try:
        core.find_disc(enlarged(core.pixels(path)))
        return ""
    except OSError as e:
        return f"cannot be read: {e}"
    except Refused as e:
        return str(e).split(";")[0].removeprefix("photograph: ")


def sources(data, wanted):
    """{source: photographs}: every folder `images` under DATA, by the folder that holds it; and the photographs of sets
    that keep theirs elsewhere (wanted: {name: photographs})."""
    out = {}
    for folder in sorted(data.rglob("images")):
        if folder.is_dir():
            out[str(folder.parent.relative_to(data))] = pictures_in(folder)
    for name, photos in wanted.items():
        outside = [p for p in photos if "images" not in p.relative_to(data).parts]
        if outside:
            out[name] = outside
    return {name: photos for name, photos in out.items() if photos}


def false_refusals(pool, photographs, limit, screen_at_least):
    """Per source: the field of view is looked for in every photograph; the network ran on those that other parts of the
    evaluation asked for, and on enough others to make `screen_at_least`."""
    rows = []
    for name, photos in photographs.items():
        photos = spread(photos, limit)
        why = pool.map(look_for_disc, photos, f"field of view, {name}")
        known = [p for p in photos if pool.known(p)]
        more = spread([p for p in photos if not pool.known(p)], max(1, screen_at_least - len(known)))
        chosen = known + (more if len(known) < screen_at_least else [])
        outcomes = Counter(outcome(a) for a in pool.report(chosen, f"gradability, {name}"))
        lost = [(p.name, w) for p, w in zip(photos, why, strict=True) if w]
        rows.append(
            dict(
                source=name,
                photographs=len(photos),
                refused=len(lost),
                screened=len(chosen),
                outcomes=outcomes,
                lost=lost,
            )
        )
    return rows


# ---- tables ----


def stranger_table(counts, accepted):
    if not counts:
        return ""
    head = ["pictures of other things", "n", "refused outright", "called not fundus", "called not gradable", "accepted"]
    head += ["accepted, share", "stopped, share"]
    total = Counter()
    for c in counts.values():
        total.update(c)
    rows = []
    for name, c in [*counts.items(), ("**all**", total)]:
        n = sum(c.values())
        columns = [
            c.get("refused", 0) + c.get("error", 0),
            *(c.get(k, 0) for k in ("not fundus", "not gradable", "accepted")),
        ]
        rows.append([name, n, *columns, percent(columns[3] / n), percent(1 - columns[3] / n)])
    note = "Collected by tests/eval/strangers.py; none of them was used in training."
    text = table("Pictures that are no fundus photographs", head, rows, note)
    return text + (
        f"\nAccepted: {', '.join(accepted[:20])}{' ...' if len(accepted) > 20 else ''}\n" if accepted else ""
    )


def false_refusal_table(rows):
    head = ["source", "photographs", "no field of view", "share", "screened", "refused", "called not fundus"]
    head += ["called not gradable", "stopped, share"]
    cells = []
    for r in rows:
        o, n = r["outcomes"], r["screened"]
        columns = [o.get("refused", 0) + o.get("error", 0), o.get("not fundus", 0), o.get("not gradable", 0)]
        share = percent(r["refused"] / r["photographs"], 2)
        cells.append(
            [r["source"], r["photographs"], r["refused"], share, n, *columns, percent(sum(columns) / n) if n else ""]
        )
    note = (
        "Every photograph of every source, those used for training included: the field of view is looked for in all of "
        "them, and the network ran on the `screened` ones. A photograph called not gradable may be just that."
    )
    text = table("Real photographs refused, by source", head, cells, note)
    lost = [f"- {r['source']}: {name}: {why}" for r in rows for name, why in r["lost"][:10]]
    return text + ("\nWithout a field of view:\n\n" + "\n".join(lost) + "\n" if lost else "")
