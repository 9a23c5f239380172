"""A programme's budgets in memory. Rewards draw on them as accruals do: in one transaction with an entry."""

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from eeum.budget.appropriation_store import AppropriationStore
from eeum.budget.appropriations import BudgetChange, Grounds
from eeum.budget.funding import Budgets
from eeum.budget.rules import COUNTED, MERCHANT, POOL, Funds, Line, Lines, fiscal_year_of, pool_money
from eeum.budget.showing import ReportDependencies
from eeum.budget.store import BudgetStore
from eeum.budget.use_cases import AddLine, BudgetDependencies, Supplement, add_line, scope_of, supplement
from eeum.budget.watch_store import WatchStore
from eeum.calendar import SEOUL
from eeum.money import split_by_share
from eeum.months.store import MonthStore
from eeum.once import Answer
from eeum.policy.rules import Layer, PolicyVersion, Pool
from eeum.policy.use_cases import PolicyBook
from eeum.policy.windows import Window
from eeum.request import Request
from eeum.storage import NOT_YET_STORED, ConditionsFailed, Item, Key, Put, Storage, Table
from eeum.unit_of_work import Patience, commit
from eeum.wallet.budget_draws import keep_funded
from tests.contract.shapes import Recording
from tests.in_memory.storage import InMemoryStorage
from tests.patience import patience_of
from tests.use_cases.world import incheons_book

PROGRAMME = "incheon"
NEW_YEAR = datetime(2022, 1, 1, tzinfo=SEOUL)
NOON = datetime(2022, 8, 10, 12, 0, tzinfo=SEOUL)
GROUNDS = Grounds("본예산", "제267회 시의회 의결")
MONTHLY = Window("month")


def layer(name: str, shares: Mapping[str, int], *pools: str) -> Layer:
    """A layer with these funders' shares and pools; its other rules do not matter here."""
    template = incheons_book().running_at(NOON).layers[0]
    return replace(template, id=name, funders=tuple(shares), shares=tuple(shares.values()), pools=pools)


def policy(layers: Sequence[Layer], *pools: Pool) -> PolicyVersion:
    return replace(incheons_book().running_at(NOON), layers=tuple(layers), pools={pool.id: pool for pool in pools})


def line(name: str, funder: str, *layers: str, year: int = 2022, applies_from: datetime | None = None) -> Line:
    """A budget line of `funder` for these layers, or for all layers that no other line names."""
    start = applies_from or datetime(year, 1, 1, tzinfo=SEOUL)
    return Line(year, name, funder, frozenset(layers) or None, start, {"ko": name, "en": name})


@dataclass
class Granted:
    """An entry: how much was wanted, how much was drawn, and from which lines and pools."""

    number: int
    layer: Layer
    policy: PolicyVersion
    at: datetime
    wanted: int
    won: int

    @property
    def paid(self) -> dict[str, int]:
        return dict(zip(self.layer.funders, split_by_share(self.won, self.layer.shares), strict=True))


@dataclass
class Books:
    memory: InMemoryStorage = field(default_factory=InMemoryStorage)
    now: datetime = NOON
    seconds: float = 60.0
    running: bool = False
    granted: list[Granted] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.storage: Storage = Recording(self.memory)
        self._numbers = itertools.count(1)

    @property
    def patience(self) -> Patience:
        return patience_of(self.seconds)

    @property
    def store(self) -> BudgetStore:
        return BudgetStore(self.storage, self.patience, PROGRAMME)

    @property
    def appropriations(self) -> AppropriationStore:
        return AppropriationStore(self.storage, self.patience, PROGRAMME)

    @property
    def administering(self) -> BudgetDependencies:
        """The parameters of the budget administration's use cases."""
        months = MonthStore(self.storage, self.patience, PROGRAMME)
        return BudgetDependencies(
            self.store, self.appropriations, months, lambda: self.now, is_running=lambda: self.running
        )

    def reporting(self, policies: PolicyBook, now: datetime | None = None) -> ReportDependencies:
        """The parameters of the reports and of the watch."""
        watched = WatchStore(self.storage, self.patience, PROGRAMME)
        return ReportDependencies(self.store, self.appropriations, watched, policies, lambda: now or self.now)

    @property
    def lines(self) -> Lines:
        return Lines(self.store.lines())

    def request(self, year: int, key: str | None = None) -> Request:
        name = key or f"request-number-{next(self._numbers):06}"
        return Request.of("operator", scope_of(year), name, {"key": name})

    def add(self, added: Line, won: int, key: str | None = None) -> Answer[BudgetChange]:
        request = self.request(added.fiscal_year, key)
        return add_line(AddLine(request, added, won, GROUNDS), self.administering)

    def supplement(self, year: int, name: str, won: int, key: str | None = None) -> Answer[BudgetChange]:
        return supplement(Supplement(self.request(year, key), year, name, won, GROUNDS), self.administering)

    def transact(
        self, hashed: str, needs: Sequence[tuple[PolicyVersion, datetime]], work: Callable[[Funds], Item], name: str
    ) -> None:
        """Run `work` on funds until its result is stored, together with the entry that `work` returns."""
        funding = Budgets(self.store, self.lines).funding(hashed, self.now)
        patience = self.patience
        attempt = 0
        while True:
            attempt += 1
            keys = funding.keys(needs)
            items = dict(zip(keys, self.storage.read(keys), strict=True)) if keys else {}
            funds = funding.funds(items)
            entry = work(funds)
            if funds.missing:
                funding.refill(funds)
                continue
            put = Put(Key(Table.LEDGER, "GRANTS", name), entry, NOT_YET_STORED)
            try:
                keep_funded(
                    funding, funds, lambda own, writes, put=put: commit(self.storage, own, *writes, put), patience
                )
                return
            except ConditionsFailed:
                patience.wait(attempt)

    def draw(
        self, own: PolicyVersion, paid: Layer, won: int, at: datetime | None = None, hashed: str | None = None
    ) -> Granted:
        number = next(self._numbers)
        entry = Granted(number, paid, own, at or self.now, won, 0)

        def work(funds: Funds) -> Item:
            entry.won = funds.draw(own, paid, won, entry.at)
            return {"kind": "grant", "won": entry.won}

        self.transact(hashed or str(number), [(own, entry.at)], work, f"{number}")
        self.granted.append(entry)
        return entry

    def change(self, entry: Granted, won: int, hashed: str | None = None) -> int:
        """Change an earlier draw to more or less, as a replay does."""
        number = next(self._numbers)
        changed = 0

        def work(funds: Funds) -> Item:
            nonlocal changed
            changed = funds.draw(entry.policy, entry.layer, won, entry.at, entry.won)
            return {"kind": "change", "won": changed}

        self.transact(hashed or str(number), [(entry.policy, entry.at)], work, f"{number}")
        entry.won = changed
        return changed

    # --- what must hold -----------------------------------------------------------------------------------------------

    def spent(self) -> Counter[tuple[int, str]]:
        """Won drawn and not given back, by line and pool, computed from the entries alone."""
        spent: Counter[tuple[int, str]] = Counter()
        lines = self.lines
        for entry in self.granted:
            year = fiscal_year_of(entry.at)
            for funder, won in entry.paid.items():
                paying = lines.paying(funder, entry.layer.id, entry.at)
                if paying and funder != MERCHANT:
                    spent[year, paying.id] += won
            for pool in entry.layer.pools:
                money = pool_money(entry.policy, pool, entry.at)
                spent[money.home, money.name] += entry.won
        return spent

    def check(self, *years: int) -> None:
        """Check every line and pool: unallocated + shards + drawn = appropriated + given back, nothing below zero."""
        spent = self.spent()
        all_money = {year: self.store.money(year) for year in years or (self.now.year,)}
        for year, money in all_money.items():
            assert money.unallocated is not None
            for name, amount in money.unallocated.amounts.items():
                in_years = range(money.unallocated.since[name], year + 1) if name.startswith(POOL) else (year,)
                left = money.unallocated.won[name] + sum(
                    all_money[each].in_shards(name) for each in in_years if each in all_money
                )
                returned = money.in_shards(f"returned/{name}")
                assert left + returned + spent[year, name] == amount, name
            for part in (money.unallocated, *money.shards):
                assert all(won >= 0 for name, won in part.won.items() if not name.startswith(COUNTED)), part

    def left(self, name: str, year: int = 2022) -> int:
        return self.store.money(year).left(name)
