"""The options that several tools of the recipe share: one meaning and one default each. What only one tool takes stands there."""

import argparse
import sys
from pathlib import Path

RELEASED = Path("weights/vmnet.safetensors")  # from the top of the repository, where make runs every tool

SHARED = {
    "--data": dict(type=Path, required=True),
    "--weights": dict(type=Path, default=RELEASED),
    "--sets": dict(default=""),
    "--without": dict(default=""),
    "--allow-missing": dict(action="store_true"),
    "--seed": dict(type=int, default=1),
    "--minutes": dict(type=float, default=90),
    "--backbone-minutes": dict(type=float, default=110),
    "--golden": dict(type=Path),
}


def parser(doc, *names):
    """doc: the tool's own text, printed by --help as it stands. names: which of the shared options it takes."""
    p = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in names:
        p.add_argument(name, **SHARED[name])
    return p


def need_data(p, args, why):
    """For a tool that can do something without the data sets too: ends it where they are needed and not there."""
    if args.data is None or not args.data.is_dir():
        p.exit(1, f"{p.prog}: --data must name the folder with the data sets; {why}\n")


def attempt(tool, args, run, *errors, folders=()):
    """run(args), for a tool that needs the data sets: what is missing ends it with a line. errors: which say so; folders: to be
    made before."""
    if not args.data.is_dir():
        sys.exit(f"{tool}: --data {args.data} is not a folder")
    for folder in (args.work, *folders):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        run(args)
    except (FileNotFoundError, *errors) as e:
        sys.exit(f"{tool}: {e}")
