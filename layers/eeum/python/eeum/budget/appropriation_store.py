"""Appropriations in the budgets table: one function per access pattern, with its cost.

Every change is an entry, stored in the same transaction as the money that it moves. Units as in `eeum.budget.store`.
"""

from eeum.budget.appropriations import BudgetChange, ChangeKind, Grounds
from eeum.budget.items import (
    line_item,
    line_key,
    money_keys,
    unallocated_key,
    year_partition,
)
from eeum.budget.rules import FiscalYear, Line
from eeum.calendar import parse_instant, text_of
from eeum.cursors import page_of
from eeum.ids import Digest
from eeum.request import Acceptance
from eeum.storage import (
    NOT_YET_STORED,
    Absent,
    Add,
    Condition,
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

CHANGE = "CHANGE#"
STILL_OPEN = Equals(("closed",), False)


class AppropriationStore:
    def __init__(self, storage: Storage, patience: Patience, programme: str) -> None:
        self._storage = storage
        self._patience = patience
        self._programme = programme

    def change(self, year: FiscalYear, digest: Digest) -> BudgetChange | None:
        """The change that a request made, consistently. 1 read unit."""
        (item,) = self._storage.read([_change_key(self._programme, year, digest)])
        return _change_of(item) if item else None

    def changes(self, year: FiscalYear) -> list[BudgetChange]:
        """Every change of a year, oldest first, consistently: a read unit per 4 KB, some 12 changes."""
        query = Query(Table.BUDGETS, year_partition(self._programme, year), CHANGE, consistent=True)
        changes = [_change_of(item) for item in every_item(self._storage, query)]
        return sorted(changes, key=lambda change: change.acceptance.id)

    def page_of_changes(self, year: FiscalYear, limit: int, after: str | None) -> tuple[list[BudgetChange], str | None]:
        """A page of `changes` and the cursor of the next page. All changes are read. Raises `Invalid` for a cursor of another list."""
        return page_of(self.changes(year), _id_of, limit, after, f"changes of {year}")

    def add_line(self, line: Line, change: BudgetChange, revision: int) -> None:
        """Store a line with its original appropriation, if no line was added since `revision`.

        Raises `ConditionsFailed` when a line was added since, the year was closed, or the request already made its change. 6 write units,
        and more where the item of the year's unallocated balance is large.
        """
        unallocated = Update(
            unallocated_key(self._programme, line.fiscal_year),
            (
                SetTo(("won", line.id), change.won),
                SetTo(("amounts", line.id), change.won),
                SetTo(("revision",), revision + 1),
            ),
            (STILL_OPEN, Equals(("revision",), revision), Absent(("amounts", line.id))),
        )
        added = Put(line_key(self._programme, line.fiscal_year, line.id), line_item(line), NOT_YET_STORED)
        commit(self._storage, self._patience, unallocated, added, self._entry(change))

    def supplement(self, change: BudgetChange) -> None:
        """Add money to a line. Raises `ConditionsFailed` when the year was closed, or the request already made its change. 4 write
        units, or more.
        """
        if change.line is None:
            raise ValueError("a supplement is for a line")
        unallocated = Update(
            unallocated_key(self._programme, change.fiscal_year),
            (Add(("won", change.line), change.won), Add(("amounts", change.line), change.won)),
            (STILL_OPEN,),
        )
        commit(self._storage, self._patience, unallocated, self._entry(change))

    def close(self, change: BudgetChange) -> None:
        """Close a year: money given back later is kept apart. Raises `ConditionsFailed` when it was closed before. 36 write units, once."""
        closed: tuple[SetTo, ...] = (SetTo(("closed",), True),)
        conditions: tuple[Condition, ...] = (STILL_OPEN,)
        updates = [Update(key, closed, conditions) for key in money_keys(self._programme, change.fiscal_year)]
        commit(self._storage, self._patience, *updates, self._entry(change))

    def _entry(self, change: BudgetChange) -> Put:
        key = _change_key(self._programme, change.fiscal_year, change.acceptance.digest)
        return Put(key, _change_item(change), NOT_YET_STORED)


def _id_of(change: BudgetChange) -> str:
    return change.acceptance.id


def _change_key(programme: str, year: FiscalYear, digest: Digest) -> Key:
    return Key(Table.BUDGETS, year_partition(programme, year), f"{CHANGE}{digest}")


def _change_item(change: BudgetChange) -> Item:
    acceptance = change.acceptance
    return {
        "kind": "budget_change",
        "id": acceptance.id,
        "scope": acceptance.wallet_id,
        "digest": acceptance.digest,
        "body_hash": acceptance.body_hash,
        "caller": acceptance.caller,
        "accepted_at": text_of(acceptance.accepted_at),
        "change": change.kind.value,
        "fiscal_year": change.fiscal_year,
        "line": change.line,
        "won": change.won,
        "reason": change.grounds.reason,
        "document": change.grounds.document,
    }


def _change_of(item: Item) -> BudgetChange:
    return BudgetChange(
        acceptance=Acceptance(
            id=item["id"],
            wallet_id=item["scope"],
            digest=item["digest"],
            body_hash=item["body_hash"],
            caller=item["caller"],
            accepted_at=parse_instant(item["accepted_at"], "accepted_at"),
        ),
        kind=ChangeKind(item["change"]),
        fiscal_year=item["fiscal_year"],
        line=item["line"],
        won=item["won"],
        grounds=Grounds(item["reason"], item["document"]),
    )
