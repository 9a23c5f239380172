"""A city that was stopped in the middle of its work is started again, catches up, and is audited."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from eeum.audit.report import Report
from eeum.audit.root_folder import RootFolder
from local.city import City
from operations import audit
from operations.catch_up import catch_up
from operations.deployed_city import city_of
from operations.fold import fold
from operations.stack import LOCAL, Stack


def audited_after_restart(
    data: Path, port: int, built: Path, report: Callable[[str], None]
) -> tuple[dict[str, int], Report]:
    """What the catch-up did in the city in `data`, and the audit. Raises `CityFailure` and `OperationFailed`."""
    city = City(data, port, report)
    city.start(built)
    stack = Stack.local(port)
    try:
        caught_up = catch_up(stack)
        fold(stack)
        of_tables, now = city_of(stack, LOCAL)
        return caught_up, audit.audit(of_tables, RootFolder(data / "roots"), now, lambda _: None, processes=1)
    finally:
        stack.close()
        city.stop()
