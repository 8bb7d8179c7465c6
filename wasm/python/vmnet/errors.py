"""Errors: one class, a code to branch on, and a text for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Code = Literal[
    "argument",
    "memory",
    "weights",
    "format",
    "damaged",
    "too-large",
    "too-small",
    "not-fundus",
    "runtime",
    "file",
    "worker",
]


class VmnetError(Exception):
    """What went wrong. The text reads ``input: what is wrong and the limit; the remedy``.

    ``code`` is one of
      argument    a parameter is out of its range
      memory      an allocation failed
      weights     the weights file is damaged, incomplete or of an unknown version
      format      the file is no JPEG or PNG that can be read
      damaged     a JPEG or PNG that is cut off or changed inside
      too-large   over 64 MiB, 40 megapixels or 8192 pixels a side
      too-small   a side under 256 pixels
      not-fundus  no field of view: blank, grey, or not a fundus photograph
      runtime     the module stopped; should not happen
      file        the file cannot be opened or read
      worker      a process of ``screen_many`` was killed while it screened this photograph

    ``facts`` are for whoever writes a text of his own: ``input`` names the photograph, ``why`` the case where a code has
    several (``not-fundus``: blank, grey, dark, several, white, none; ``format``: kind, empty), ``kind`` what the file is.
    """

    def __init__(self, code: Code, text: str, facts: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.code: Code = code
        self.facts: dict[str, str] = dict(facts or {})

    def __reduce__(self) -> tuple[type[VmnetError], tuple[Code, str, dict[str, str]]]:
        return VmnetError, (self.code, str(self), self.facts)
