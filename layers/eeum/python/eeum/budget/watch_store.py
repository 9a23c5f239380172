"""Stored state of the watch over budgets: spending per day, and published alarms. One function per access pattern, with its cost.

Units as in `eeum.budget.store`.
"""

from collections.abc import Mapping
from datetime import date

from eeum.budget.alarms import Alarm
from eeum.budget.forecast import Snapshot
from eeum.budget.items import year_partition
from eeum.budget.rules import FiscalYear
from eeum.storage import (
    NOT_YET_STORED,
    Equals,
    Item,
    Key,
    Put,
    Query,
    SetTo,
    Storage,
    Table,
    Update,
    every_item,
)
from eeum.unit_of_work import Patience, commit

SNAPSHOT = "SPENT#"
ALARM = "ALARM#"
DUE, PUBLISHED = "due", "told"


class WatchStore:
    def __init__(self, storage: Storage, patience: Patience, programme: str) -> None:
        self._storage = storage
        self._patience = patience
        self._programme = programme

    def add_snapshot(self, year: FiscalYear, day: date, spent: Mapping[str, int]) -> None:
        """Store what was spent by line and pool before `day`, in won; `ConditionsFailed` when it was stored already. 2 write units, or
        more.
        """
        item: Item = {"kind": "budget_snapshot", "day": day.isoformat(), "spent": dict(spent)}
        commit(
            self._storage, self._patience, Put(self._key(year, f"{SNAPSHOT}{day.isoformat()}"), item, NOT_YET_STORED)
        )

    def snapshots(self, year: FiscalYear) -> dict[str, list[Snapshot]]:
        """Every snapshot of a year by line and pool, oldest first, consistently. 1 read unit per 4 KB: some 25 at a year's end."""
        found: dict[str, list[Snapshot]] = {}
        query = Query(Table.BUDGETS, year_partition(self._programme, year), SNAPSHOT, consistent=True)
        for item in every_item(self._storage, query):
            for name, spent in item["spent"].items():
                found.setdefault(name, []).append(Snapshot(date.fromisoformat(item["day"]), spent))
        return found

    def alarms(self, year: FiscalYear) -> dict[str, tuple[Alarm, bool]]:
        """Every alarm of a year by its key, and whether it was published, consistently. 1 read unit per 4 KB: some 15 alarms."""
        query = Query(Table.BUDGETS, year_partition(self._programme, year), ALARM, consistent=True)
        found = {}
        for item in every_item(self._storage, query):
            alarm = Alarm(year, item["sk"].removeprefix(ALARM), item["event"], item["detail"])
            found[alarm.key] = (alarm, item["state"] == PUBLISHED)
        return found

    def claim(self, alarm: Alarm) -> None:
        """Store an alarm that is to be published; `ConditionsFailed` when it was stored before. 2 write units."""
        item: Item = {"kind": "budget_alarm", "event": alarm.kind, "detail": dict(alarm.detail), "state": DUE}
        commit(self._storage, self._patience, Put(self._alarm_key(alarm), item, NOT_YET_STORED))

    def published(self, alarm: Alarm) -> None:
        """Record that an alarm was published; `ConditionsFailed` when that was recorded before. 2 write units."""
        changed = (SetTo(("state",), PUBLISHED),)
        commit(self._storage, self._patience, Update(self._alarm_key(alarm), changed, (Equals(("state",), DUE),)))

    def _alarm_key(self, alarm: Alarm) -> Key:
        return self._key(alarm.year, f"{ALARM}{alarm.key}")

    def _key(self, year: FiscalYear, sort: str) -> Key:
        return Key(Table.BUDGETS, year_partition(self._programme, year), sort)
