"""What every engine must do with every read, write, condition and query that the product sends.

Each case is a sentence about a storage with empty tables. The same cases run on each engine. `tests/use_cases` checks that use cases
send nothing that no case covers.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping

import pytest

from eeum.storage import Storage

Case = Callable[[Storage], None]

_CASES: list[Case] = []


def case(function: Case) -> Case:
    """Register a function as a case of the contract."""
    _CASES.append(function)
    return function


def all_cases() -> list[Case]:
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        importlib.import_module(module.name)
    return list(_CASES)


def parameters(known_faults: Mapping[str, str], left_out: Mapping[str, str] | None = None) -> list[object]:
    """Every case as a parameter of a test.

    Cases that an engine is known to fail must fail (`xfail(strict=True)`); cases that it fails now and then are skipped.
    """
    left_out = left_out or {}
    unknown = {*known_faults, *left_out} - {case.__name__ for case in all_cases()}
    assert not unknown, f"no such cases: {unknown}"
    marks = {name: pytest.mark.xfail(reason=reason, strict=True) for name, reason in known_faults.items()}
    marks |= {name: pytest.mark.skip(reason=reason) for name, reason in left_out.items()}
    return [
        pytest.param(case, id=case.__name__, marks=[marks[case.__name__]] if case.__name__ in marks else [])
        for case in all_cases()
    ]
