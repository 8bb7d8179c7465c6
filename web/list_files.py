#!/usr/bin/env python3
"""Lists every file that the page can need, each with its SHA-256, in the form that `sha256sum --check` reads.

The SHA-256 of this list is the page's version: sw.js keeps, serves and updates the page by it. `make wasm` writes
build/wasm/files.txt for any web server; web/serve.py makes the list afresh for each request, as a checkout changes.
Standard library only.
"""

import argparse
import hashlib
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIST = "build/wasm/files.txt"

# Where the page's files lie, and their kinds. What matches nothing here the page never asks for.
PLACES = ["index.html", "sw.js", "web/**/*", "build/wasm/*", "weights/vmnet.safetensors"]
KINDS = {".html", ".js", ".mjs", ".css", ".svg", ".png", ".jpg", ".webp", ".webmanifest", ".wasm", ".safetensors"}
# third-party, site.mjs: what web/vendor and build/site are made by. package, dicomweb, node, element, embed, worklist: for those who install it. screenshot: pictures for the README.
APART = (
    "web/third-party/",
    "web/package/",
    "web/dicomweb",
    "web/dicom/multipart.js",
    "web/node",
    "web/element",
    "web/embed",
    "web/worklist",
    "web/site.mjs",
    "web/page/shell/screenshot",
)

_known: dict[tuple[str, int, int], str] = {}


def digest(file: pathlib.Path) -> str:
    """The SHA-256, read again only when the file has changed."""
    stat = file.stat()
    key = (str(file), stat.st_mtime_ns, stat.st_size)
    if key not in _known:
        _known[key] = hashlib.sha256(file.read_bytes()).hexdigest()
    return _known[key]


def wanted(path: str, file: pathlib.Path) -> bool:
    hidden = any(part.startswith(".") or part == "node_modules" for part in path.split("/"))
    return file.suffix in KINDS and not hidden and not path.startswith(APART) and file.is_file()


def listing(root: pathlib.Path = ROOT) -> str:
    files = {file.relative_to(root).as_posix(): file for place in PLACES for file in root.glob(place)}
    return "".join(f"{digest(file)}  {path}\n" for path, file in sorted(files.items()) if wanted(path, file))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=ROOT, help="the page's folder (default: this checkout)")
    parser.add_argument("--print", action="store_true", help="print the list instead of writing it")
    args = parser.parse_args()
    root = args.root.resolve()
    text = listing(root)
    if args.print:
        print(text, end="")
        return
    file = root / LIST
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    print(f"{text.count(chr(10))} files, version {hashlib.sha256(text.encode()).hexdigest()}")


if __name__ == "__main__":
    main()
