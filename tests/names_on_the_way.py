"""The names that product code gives to one value, while a payment passes through it."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

ROOT = Path(__file__).parents[1]
PRODUCT = (str(ROOT / "layers"), str(ROOT / "functions"))
IN_MEMORY = "memory_store.py"
MOST_NAMES = 12


class Names:
    """The names of each of `values`, by what the value is. Values are found by equality, so each must be one that nothing else has."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self.found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))

    def note(self, frame: FrameType, event: str, result: Any) -> None:
        """Look at the variables of a product function when it returns, and at the fields of the values in them."""
        if event != "return" or not _is_product(frame.f_code):
            return
        where = frame.f_code.co_qualname
        for name, value in frame.f_locals.items():
            self._compare(name, value, where)
            for field, part in _fields_of(value):
                self._compare(field, part, where)
        for field, part in _fields_of(result):
            self._compare(field, part, where)

    def _compare(self, name: str, value: Any, where: str) -> None:
        for what, wanted in self._values.items():
            if type(value) is type(wanted) and value == wanted:
                self.found[what][name].add(where)


@contextmanager
def names_given(values: Mapping[str, Any]) -> Iterator[Names]:
    """The names of variables, parameters, fields of NamedTuples and dataclasses, and keys of dicts, for each of `values`."""
    names = Names(values)
    before = sys.getprofile()
    sys.setprofile(names.note)
    try:
        yield names
    finally:
        sys.setprofile(before)


def too_many(names: Names) -> dict[str, dict[str, list[str]]]:
    """The values with more than `MOST_NAMES` names, each name with the functions that use it."""
    return {
        what: {name: sorted(where) for name, where in sorted(given.items())}
        for what, given in names.found.items()
        if len(given) > MOST_NAMES
    }


def _is_product(code: CodeType) -> bool:
    return code.co_filename.startswith(PRODUCT) and not code.co_filename.endswith(IN_MEMORY)


def _fields_of(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        yield from zip(value._fields, value, strict=True)
    elif is_dataclass(value) and not isinstance(value, type):
        yield from ((each.name, getattr(value, each.name)) for each in fields(value) if hasattr(value, each.name))
    elif isinstance(value, dict):
        # Other keys, such as accounts, are data.
        yield from ((name, part) for name, part in value.items() if str(name).isidentifier())
