"""Calls that begin at the same moment, each in a thread of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import TypeVar

Result = TypeVar("Result")


def at_once(calls: Sequence[Callable[[], Result]]) -> list[Result]:
    """The result of each call, in the order of `calls`; raises the first call's exception."""
    start = Barrier(len(calls))

    def begin(call: Callable[[], Result]) -> Result:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(begin, calls))


def attempts_at_once(calls: Sequence[Callable[[], Result]]) -> list[Result | Exception]:
    """The result or the exception of each call, in the order of `calls`."""
    return at_once([partial(_attempt, call) for call in calls])


def _attempt(call: Callable[[], Result]) -> Result | Exception:
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - the test looks at it
        return error
