"""A WebAssembly module in wasmtime behind plain calls: bytes in, bytes out, C's errors as exceptions."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt
import wasmtime

from .errors import VmnetError

CORE = "vmnet-simd.wasm"
PAGE = 65536  # bytes
LEAST_PAGES = 1024  # of CORE's memory


@cache
def packaged(name: str) -> bytes:
    """A file of this package's folder ``data``."""
    return (resources.files(__package__) / "data" / name).read_bytes()


@cache
def sha256(name: str) -> str:
    return hashlib.sha256(packaged(name)).hexdigest()


@cache
def _compiled(name: str) -> tuple[wasmtime.Engine, wasmtime.Module]:
    """Compiling takes seconds, so wasmtime keeps the machine code in the user's cache folder; without one it works too."""
    config = wasmtime.Config()
    try:
        config.cache = True
    except wasmtime.WasmtimeError:
        pass
    engine = wasmtime.Engine(config)
    return engine, wasmtime.Module(engine, packaged(name))


def _stop(*_: object) -> None:
    raise RuntimeError("the module stopped")


# What the modules need of Emscripten's glue or of WASI. Whatever else they import they call only to end themselves.
IMPORTS: dict[str | None, Callable[..., Any]] = {
    "emscripten_get_now": lambda: time.perf_counter() * 1000,
    "emscripten_resize_heap": lambda size: 0,
    "emscripten_notify_memory_growth": lambda index: None,
    "hardware_concurrency": lambda: 1,
}


class Module:
    """One instance. ``prefix`` is that of its functions. Serves one thread at a time.

    pages: of 64 KiB, of a memory that it is given and that cannot grow; 0 where it brings its own.
    """

    def __init__(self, name: str, prefix: str, pages: int = 0) -> None:
        engine, module = _compiled(name)
        self._prefix = prefix
        self._store = wasmtime.Store(engine)
        given: list[wasmtime.Memory | wasmtime.Func] = []
        for wanted in module.imports:
            if isinstance(wanted.type, wasmtime.MemoryType):
                limits = wasmtime.MemoryType(wasmtime.Limits(pages, pages))
                given.append(wasmtime.Memory(self._store, limits))
            else:
                assert isinstance(wanted.type, wasmtime.FuncType)
                given.append(wasmtime.Func(self._store, wanted.type, IMPORTS.get(wanted.name, _stop)))
        exports = wasmtime.Instance(self._store, module, given).exports(self._store)
        self._functions: dict[str, Any] = {e.name: exports[e.name] for e in module.exports}
        own = [g for g in (*given, *self._functions.values()) if isinstance(g, wasmtime.Memory)]
        self._memory = own[0]
        start = self._functions.get("_initialize") or self._functions["__wasm_call_ctors"]
        start(self._store)
        self._error = self.allocate(self.call("error_size"), "an error's text")

    def call(self, function: str, *arguments: float) -> Any:
        """A function of the module, without its prefix. Pointers are byte offsets, 0 is NULL."""
        return self._run(f"{self._prefix}_{function}", *arguments)

    def checked(self, function: str, *arguments: float, facts: dict[str, str]) -> Any:
        """The same of a function that takes an error last and returns a pointer, NULL where it failed."""
        value = self.call(function, *arguments, self._error)
        if value == 0:
            raise self._raised(facts)
        return value

    def must(self, function: str, *arguments: float, facts: dict[str, str]) -> None:
        """The same of a function that returns a status."""
        if self.call(function, *arguments, self._error) != 0:
            raise self._raised(facts)

    def allocate(self, size: int, what: str) -> int:
        place: int = self._run("malloc", size) & 0xFFFFFFFF
        if place == 0:
            raise VmnetError("memory", f"memory: none left for {what}, {size} bytes; scale the photograph down")
        return place

    def free(self, place: int) -> None:
        if place != 0:
            self._run("free", place)

    def put(self, data: bytes | npt.NDArray[np.uint8], what: str) -> int:
        """A copy of bytes in the module's memory, to be freed."""
        source = np.frombuffer(data, np.uint8) if isinstance(data, bytes) else data.reshape(-1)
        place = self.allocate(max(source.size, 1), what)
        self.bytes(place, source.size)[:] = source
        return place

    def text(self, text: str | None) -> int:
        """The same of a text; 0 for None."""
        return 0 if text is None else self.put(text.encode("utf-8", "replace") + b"\0", "a text")

    def bytes(self, place: int, size: int) -> npt.NDArray[np.uint8]:
        """A view of the module's memory: valid until the next call."""
        buffer = self._memory.get_buffer_ptr(self._store, size, place & 0xFFFFFFFF)
        return np.ctypeslib.as_array(buffer)

    def number(self, place: int) -> int:
        """A whole number of 32 bits without a sign."""
        return int(self.bytes(place, 4).view("<u4")[0])

    def string(self, place: int) -> str:
        size = 64
        while True:
            held = self.bytes(place, min(size, self._memory.data_len(self._store) - place)).tobytes()
            if b"\0" in held:
                return held[: held.index(b"\0")].decode("utf-8", "replace")
            size *= 4

    def _run(self, name: str, *arguments: float) -> Any:
        try:
            return self._functions[name](self._store, *arguments)
        except (wasmtime.WasmtimeError, wasmtime.Trap, RuntimeError) as error:
            raise VmnetError("runtime", f"{name}: the module stopped ({error}); make a new Model") from error

    def _raised(self, facts: dict[str, str]) -> VmnetError:
        status, text = self.number(self._error), self.string(self._error + 4)
        why = self.string(self.call("error_why", self._error))
        if "input" in facts and text.startswith("photograph:"):
            text = facts["input"] + text.removeprefix("photograph")
        codes = {number: code for code, number in constants()["statuses"].items()}
        return VmnetError(codes.get(status, "runtime"), text, facts | ({"why": why} if why else {}))


@cache
def constants() -> dict[str, Any]:
    """What the core counts in: limits, and by name the numbers of its statuses, points and layers; vm_constants."""
    c = Module(CORE, "vmw", LEAST_PAGES)
    place = c.checked("constants", facts={})
    text = c.string(place)
    c.call("free", place)
    found: dict[str, Any] = json.loads(text)
    return found


def named(path: str | os.PathLike[str]) -> str:
    """A path for a person to read."""
    return os.fsdecode(path).encode("utf-8", "replace").decode("utf-8")
