"""Budget lines and pools, added up after every transaction: what was appropriated is left, or was drawn by entries of the ledger."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eeum.budget.rules import Line
from eeum.policy.rules import Layer, PolicyVersion
from eeum.storage import Key
from tests.simulation.reference_of_policies import window_of

Item = dict[str, Any]
UNBUDGETED, RETURNED = "unbudgeted/", "returned/"


class BudgetReference:
    """Amounts by name: of a line, of a pool's window, or of unbudgeted rewards by year. `lines` are the existing lines."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines
        self.appropriated: Counter[str] = Counter()
        self.left: Counter[str] = Counter()
        self.spent: Counter[str] = Counter()
        self.closed: set[int] = set()
        self._stored: dict[Key, Item] = {}
        self._touched: set[str] = set()
        self._came: Counter[tuple[int, str]] = Counter()
        """Total amount of each line that transactions made available for draws."""

    def spend(self, policy: PolicyVersion, layer: Layer, parts: Iterable[tuple[str, int]], at: str) -> None:
        """Count a draw: `parts` are amounts by funder, for an acceptance at an instant; negative ones are returned."""
        total = 0
        for funder, won in parts:
            total += won
            if name := self._paying(funder, layer.id, at):
                self._count(self.spent, name, won)
        for pool in layer.pools:
            window = policy.pools[pool].window
            if total > 0:
                # There are no draws before or after an event; returns are always possible.
                assert window.start is None or window.start.isoformat() <= at, f"{pool} is drawn on at {at}"
                assert window.until is None or at < window.until.isoformat(), f"{pool} is drawn on at {at}"
            self._count(self.spent, f"pool/{window_of(policy.pools[pool], at)}", total)

    def _paying(self, funder: str, layer: str, at: str) -> str | None:
        year = int(at[:4])
        own = [line for line in self.lines if line.fiscal_year == year and line.applies_from.isoformat() <= at]
        if funder == "merchant" or not own:
            return None
        named = [line for line in own if line.funder == funder and line.layers and layer in line.layers]
        others = [line for line in own if line.funder == funder and line.layers is None]
        paying = [*named, *others]
        return paying[0].id if paying else f"{UNBUDGETED}{funder}@{year}"

    def observe(self, changed: Sequence[tuple[Key, Item]]) -> None:
        """Check the budget's items of a transaction; the ledger's draws are counted before."""
        closed, self._came = frozenset(self.closed), Counter()
        for key, item in changed:
            year = int(key.pk.split("#")[2]) if key.pk.count("#") > 1 else 0
            if item.get("kind") == "budget_change":
                if item["line"]:
                    self._count(self.appropriated, item["line"], item["won"])
                else:
                    self.closed.add(year)
            if key.sk in ("REST", "SUB_LINE"):
                self._moved(key, year, item)
        self._check()
        for (year, name), won in self._came.items():
            assert won <= 0 or year not in closed, f"{won} won of {name} came back, and {year} is closed"

    def _moved(self, key: Key, year: int, item: Item) -> None:
        before = self._stored.get(key, {"won": {}, "amounts": {}})
        self._stored[key] = item
        for name in {**before["won"], **item["won"]}:
            was, now = before["won"].get(name, 0), item["won"].get(name, 0)
            assert now >= 0 or name.startswith((UNBUDGETED, RETURNED)), f"{key} has {now} won of {name}"
            if name.startswith(UNBUDGETED):
                # Amounts there are spent without an appropriation.
                self._count(self.left, f"{name}@{year}", was - now)
            elif name.startswith(RETURNED):
                assert now == was or year in self.closed, f"{name} is returned, and {year} is not closed"
                self._count(self.left, name.removeprefix(RETURNED), now - was)
            else:
                self._count(self.left, name, now - was)
                if not name.startswith("pool/"):
                    self._came[year, name] += now - was
        for name in {**before.get("amounts", {}), **item.get("amounts", {})}:
            if name.startswith("pool/"):
                more = item["amounts"].get(name, 0) - before.get("amounts", {}).get(name, 0)
                assert more >= 0, f"{name} was taken {more} won from"
                self._count(self.appropriated, name, more)

    def _count(self, counter: Counter[str], name: str, won: int) -> None:
        if won:
            counter[name] += won
            self._touched.add(name)

    def _check(self) -> None:
        for name in self._touched:
            appropriated, left, spent = self.appropriated[name], self.left[name], self.spent[name]
            assert appropriated == left + spent, f"{name}: {appropriated} appropriated, {left} left, {spent} drawn"
        self._touched.clear()

    def check_pools(self, amounts: Mapping[str, int]) -> None:
        """Check that no window of a pool had more than a version allows."""
        for name, won in self.appropriated.items():
            if name.startswith("pool/"):
                pool = name.removeprefix("pool/").partition("@")[0]
                assert won <= amounts[pool], f"{name} paid {won} won"
