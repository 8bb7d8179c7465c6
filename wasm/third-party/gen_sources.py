#!/usr/bin/env python3
"""Write xnnpack-sources.mk: which XNNPACK sources the build compiles, grouped by the flags they need.

  gen_sources.py all XNNPACK_FOLDER              every production source, from XNNPACK's own CMake lists
  gen_sources.py linked XNNPACK_FOLDER MAP...    only those with a part left in a linker's map (lld's), whose lines name
                                                 .../GROUP/name.o:(section)

`make sources` runs both steps.
"""

import re
import sys
from pathlib import Path

# XNNPACK keeps one list of micro-kernels per instruction set; one group each, since each has its own flags.
KERNELS = [
    "scalar",
    "wasm",
    "wasmsimd",
    "wasmrelaxedsimd",
    "sse",
    "sse2",
    "ssse3",
    "sse41",
    "avx",
    "f16c",
    "fma3",
    "avx2",
    "avxvnni",
    "avx256skx",
    "avx256vnni",
    "avx256vnnigfni",
    "avx512f",
    "avx512skx",
    "avx512vbmi",
    "avx512vnni",
    "avx512vnnigfni",
]
LISTS = ["OPERATOR_SRCS", "REFERENCE_SRCS", "SUBGRAPH_SRCS", "LOGGING_SRCS", "XNNPACK_SRCS", "TABLE_SRCS"]


def cmake_list(text: str, name: str) -> list[str]:
    match = re.search(rf"SET\({re.escape(name)}\s+(.*?)\)", text, re.DOTALL | re.IGNORECASE)
    return [word for word in match.group(1).split() if word.startswith("src/")] if match else []


def all_sources(root: Path) -> dict[str, list[str]]:
    text = (root / "CMakeLists.txt").read_text()
    base = {source for name in LISTS for source in cmake_list(text, name)}
    base |= {match.group(1) for match in re.finditer(r"ADD_LIBRARY\([\w-]+ OBJECT (src/\S+)\)", text)}
    groups: dict[str, list[str]] = {"OPERATORS": [], "SUBGRAPH": [], "CORE": [], "CXX": []}
    for source in sorted(base):
        if source.endswith(".cc"):
            groups["CXX"].append(source)
        elif source.startswith("src/operators/"):
            groups["OPERATORS"].append(source)
        elif source.startswith("src/subgraph/"):
            groups["SUBGRAPH"].append(source)
        else:
            groups["CORE"].append(source)
    for isa in KERNELS:
        text = (root / f"cmake/gen/{isa}_microkernels.cmake").read_text()
        names = re.findall(r"SET\((PROD_\w+)", text)
        groups[isa.upper()] = sorted({source for name in names for source in cmake_list(text, name)})
    return groups


def linked(maps: list[str]) -> set[str]:
    """GROUP/name of every object with a part in one of the maps."""
    return {name for file in maps for name in re.findall(r"/(\w+/[^/\s]+)\.o:\(", Path(file).read_text())}


def main() -> None:
    if len(sys.argv) < 3 or sys.argv[1] not in ("all", "linked"):
        sys.exit(__doc__)
    groups = all_sources(Path(sys.argv[2]))
    if sys.argv[1] == "linked":
        keep = linked(sys.argv[3:])
        groups = {g: [s for s in sources if f"{g}/{Path(s).stem}" in keep] for g, sources in groups.items()}
    print("# Written by wasm/third-party/gen_sources.py (make sources). Do not edit.")
    for group, sources in groups.items():
        if not sources:
            continue
        if len({Path(source).stem for source in sources}) != len(sources):
            sys.exit(f"{group}: two sources of one name would overwrite each other's object")
        print(f"\nXNN_{group} :=" + "".join(f" \\\n  {source}" for source in sources))


if __name__ == "__main__":
    main()
