"""Memory over a list without an end: `make test-stream`, not a part of `make test`.

stream.py [FILES]: that many answers of `vmnet screen --jsonl` by paths, and a quarter as many with --inline, of photographs
of every kind that is read, of some that are refused and of paths that are nothing. A file has to get the same line each time.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
VMNET = ROOT / "build/native/vmnet"
EVERY = 500
# After so many answers all of a process's own tables are filled. KiB a file from there on: less than a path.
SETTLED, GROWTH = 1000, 0.1


def make_files(folder):
    """Photographs and what is none, in `folder`; their paths."""
    paths = [folder / "nowhere.jpg", folder]
    for seed, side in enumerate((256, 300, 400, 800)):
        drawn = folder / str(seed)
        words = ["phantom", "--out", drawn, "--seed", seed, "--side", side, "--lesions", "haemorrhages"]
        subprocess.run([VMNET, *map(str, words)], check=True)
        photo = Image.open(drawn / "phantom.png").convert("RGB")
        for kind, options in {
            "jpg": {"quality": 90},
            "progressive.jpg": {"progressive": True},
            "png": {},
            "tiff": {},
            "webp": {},
        }.items():
            photo.save(drawn / f"eye.{kind}", **options)
            paths.append(drawn / f"eye.{kind}")
        photo.convert("L").save(drawn / "grey.jpg")
        whole = (drawn / "eye.jpg").read_bytes()
        (drawn / "cut.jpg").write_bytes(whole[: len(whole) // 2])
        paths += [drawn / "grey.jpg", drawn / "cut.jpg"]
    Image.new("RGB", (600, 600)).save(folder / "black.png")
    (folder / "words.jpg").write_bytes(b"no photograph\n" * 50)
    (folder / "empty.jpg").touch()
    objects = folder / "objects"
    objects.mkdir()
    words = [sys.executable, ROOT / "tests/dicom/objects.py", ROOT / "web/sample/retina.jpg", objects]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    paths += [folder / name for name in ("black.png", "words.jpg", "empty.jpg")]
    return [*3 * paths, *sorted(objects.glob("*.dcm"))]  # an object takes several programs, which are slow to start


def memory(process):
    """KiB of the process: now, and the most so far."""
    status = Path(f"/proc/{process}/status").read_text()
    return tuple(int(re.search(rf"{name}:\s+(\d+)", status)[1]) for name in ("VmRSS", "VmHWM"))


def run(items, count, options):
    """Answers `count` items, which start again when they end. Gives (answers, KiB [now, most] at each EVERY, exit code)."""
    scratch = Path(tempfile.mkdtemp())
    words = [
        VMNET,
        "screen",
        "--jsonl",
        "--size",
        "256",
        "--weights",
        ROOT / "weights/vmnet-int8.safetensors",
        *options,
    ]
    process = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "TMPDIR": str(scratch)}
    )

    def feed():
        for i in range(count):
            process.stdin.write(items[i % len(items)])
        process.stdin.close()

    threading.Thread(target=feed, daemon=True).start()
    first, differ, answers, seen = {}, [], 0, {}
    for line in process.stdout:
        at = answers % len(items)
        answers += 1
        if first.setdefault(at, line) != line:
            differ.append(at)
        if answers % EVERY == 0 and answers < count:  # it still runs
            seen[answers] = memory(process.pid)
            print(f"   {answers}: {seen[answers][0] / 1024:.1f} MiB, at most {seen[answers][1] / 1024:.1f}", flush=True)
    code = process.wait()
    left = list(scratch.iterdir())
    shutil.rmtree(scratch)
    return answers, seen, code, differ, left


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    if count // 4 <= SETTLED:
        sys.exit(f"stream.py: {count} answers say nothing of memory; give more than {4 * SETTLED}")
    folder = Path(tempfile.mkdtemp())
    results = []

    def check(holds, what):
        print(f"   {'ok' if holds else 'FAILED'}: {what}", flush=True)
        results.append(bool(holds))

    try:
        paths = make_files(folder)
        files = [(p, p.read_bytes()) for p in paths if p.is_file()]
        ways = {
            "paths": ([bytes(p) + b"\n" for p in paths], [], count),
            "--inline": (
                [b"%d %s\n" % (len(data), p.name.encode()) + data for p, data in files],
                ["--inline"],
                count // 4,
            ),
        }
        for name, (items, options, total) in ways.items():
            print(f"{name}: {total} answers, {len(items)} files again and again", flush=True)
            answers, seen, code, differ, left = run(items, total, options)
            check((answers, code) == (total, 1), f"{answers} lines, exit code {code}")
            check(not differ, f"a file gets the same line each time{f'; not {differ}' if differ else ''}")
            check(not left, f"no folder is left behind{f'; {left}' if left else ''}")
            settled = seen[SETTLED][1]
            growth = max(most for _, most in seen.values()) - settled
            check(
                growth <= GROWTH * total,
                f"at most {settled / 1024:.1f} MiB after {SETTLED}, {growth} KiB more at the end",
            )
    finally:
        shutil.rmtree(folder)
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
