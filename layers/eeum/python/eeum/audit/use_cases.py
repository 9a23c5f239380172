"""Auditing the ledger: a pass over one segment, which a later call can continue, and the comparison of balances.

Memory does not grow with the number of entries: it holds one wallet, the findings, a sum for each account, and each wallet's chain head.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from eeum.audit.bank_references import (
    CLAIM,
    claims_due,
    is_of_claims,
    top_up_of_claim,
    unclaimed,
    wrong_claim,
)
from eeum.audit.in_force import InForce
from eeum.audit.links import head_as_of
from eeum.audit.partition import UNREADABLE, Deviation, Partition
from eeum.audit.roots import head_line
from eeum.audit.rules import deviations, movements
from eeum.audit.store import AuditStore
from eeum.calendar import text_of
from eeum.policy.use_cases import PolicyBook
from eeum.segments import BEGINNING
from eeum.storage import Contended, Item, Key, Page, Table, Unavailable

MOST_NAMED = 10_000
"""Deviations that a report names. If there are more, something is wrong with all wallets, and their number says enough."""

LOOKS = 3
"""How often a wallet with a deviation is read again before it is reported: a payment may be in progress."""

TRIES = 5
"""How often a page is requested."""

QUIET = timedelta(minutes=10)
"""Only accounts without a movement for this long are compared, since projections follow a moment later."""


class Account(NamedTuple):
    """The sum of an account's postings in won, and the instant of the last one, as text."""

    won: int
    last_moved_at: str


@dataclass
class Found:
    """What a pass found: how much was checked, the deviations, the sum of each account, and the heads of chains by instant.

    `awaiting` counts pending accruals, `unnamed` the deviations beyond `MOST_NAMED`. `heads` has a line for each wallet that existed
    (`eeum.audit.roots`); `projected` has the balances before the pass.
    """

    wallets: int = 0
    entries: int = 0
    awaiting: int = 0
    looked_again: int = 0
    deviations: list[Deviation] = field(default_factory=list)
    unnamed: int = 0
    accounts: dict[str, Account] = field(default_factory=dict)
    heads: dict[str, list[str]] = field(default_factory=dict)
    projected: dict[str, int] | None = None

    def add(self, other: "Found") -> None:
        self.wallets += other.wallets
        self.entries += other.entries
        self.awaiting += other.awaiting
        self.looked_again += other.looked_again
        self.deviate(other.deviations)
        self.unnamed += other.unnamed
        for name, account in other.accounts.items():
            self.move(name, account.won, account.last_moved_at)
        for instant, lines in other.heads.items():
            self.heads.setdefault(instant, []).extend(lines)
        if self.projected is None:
            self.projected = other.projected

    def deviate(self, deviations: Sequence[Deviation]) -> None:
        """Add deviations; beyond `MOST_NAMED` only their number."""
        named = deviations[: max(MOST_NAMED - len(self.deviations), 0)]
        self.deviations += named
        self.unnamed += len(deviations) - len(named)

    def move(self, account: str, won: int, at: str) -> None:
        known = self.accounts.get(account)
        self.accounts[account] = Account(known.won + won, max(known.last_moved_at, at)) if known else Account(won, at)


class SegmentAudited(NamedTuple):
    """What was found, and where to continue; `resume` is None at the end."""

    found: Found
    resume: str | None


@dataclass(frozen=True, slots=True)
class Audit:
    """Settings of an audit. `as_of` are the instants at which chain heads are needed; `pause` waits for that many seconds.

    `progress` receives the number of items of each page.
    """

    store: AuditStore
    policies: PolicyBook
    now: datetime
    as_of: Sequence[datetime]
    has_time: Callable[[], bool]
    pause: Callable[[float], None]
    progress: Callable[[int], None] = lambda _: None
    in_force: InForce = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "in_force", InForce(self.policies.approved, self.policies.amendments))

    def segment(self, number: int, of: int, resume: str = BEGINNING) -> SegmentAudited:
        """Audit a segment page by page from `resume` on, until its end or the time limit, and at least one page.

        Raises `eeum.storage.Contended` and `Unavailable`; the same call continues from the same place.
        """
        found = Found(heads={text_of(instant): [] for instant in self.as_of})
        cursor, _, done = resume.partition("|")
        again = {done}
        name, waiting = done, list[Item]()
        while True:
            page = self._page(number, of, cursor or None)
            self.progress(len(page.items))
            for item in page.items:
                if item["pk"] in again:
                    continue
                if item["pk"] != name and waiting:
                    self._wallet(name, waiting, found, again)
                    waiting = []
                name = item["pk"]
                waiting.append(item)
            cursor = page.cursor or ""
            if not cursor:
                if waiting:
                    self._wallet(name, waiting, found, again)
                return SegmentAudited(found, None)
            if not self.has_time():
                # The wallet at the page's end is read whole now; the next page skips the rest of it.
                if waiting:
                    self._wallet(name, self.store.partition(name), found, again)
                return SegmentAudited(found, f"{cursor}|{name}")

    def _page(self, number: int, of: int, after: str | None) -> Page:
        """Read one page; request it again if the table is throttled."""
        for attempt in range(TRIES - 1):
            try:
                return self.store.page(number, of, after)
            except (Contended, Unavailable):
                self.pause(2.0**attempt)
        return self.store.page(number, of, after)

    def _wallet(self, name: str, items: Sequence[Item], found: Found, again: set[str]) -> None:
        """Audit one wallet. Report a deviation only if it remains after the wallet was read again, in one piece."""
        if is_of_claims(name):
            found.deviate(self._wrong_claim(name, items))
            return
        partition = Partition(name, items)
        wrong = self._wrong(partition, items)
        for look in range(LOOKS):
            if not wrong:
                break
            self.pause(0.1 * look)
            found.looked_again += 1
            # Further items of this wallet in the scan were checked here.
            again.add(name)
            items = self.store.partition(name)
            partition = Partition(name, items)
            wrong = self._wrong(partition, items)
        found.deviate(wrong)
        self._add(partition, found)

    def _wrong(self, partition: Partition, items: Sequence[Item]) -> list[Deviation]:
        wrong = deviations(partition, self.in_force.at, self.now)
        due = claims_due(items)
        claims = self.store.items([Key(Table.LEDGER, name, CLAIM) for name in due]) if due else []
        return wrong + unclaimed(partition.wallet_id, due, dict(zip(due, claims, strict=True)))

    def _wrong_claim(self, name: str, items: Sequence[Item]) -> list[Deviation]:
        """Check a claim. It is stored with its top-up, so there is no reason to wait."""
        named = top_up_of_claim(items)
        (top_up,) = self.store.items([Key(Table.LEDGER, *named)]) if named else [None]
        return wrong_claim(name, items, top_up)

    def _add(self, partition: Partition, found: Found) -> None:
        found.entries += len(partition.entries)
        wallet = partition.wallet
        try:
            for account, won, at in movements(partition):
                found.move(account, won, at)
            if wallet is not None:
                found.wallets += 1
                found.awaiting += max(wallet["due"] - wallet["posted"], 0)
                for instant in self.as_of:
                    if wallet["opened_at"] < text_of(instant):
                        found.heads[text_of(instant)].append(head_line(head_as_of(partition, instant)))
        except UNREADABLE as error:
            what = f"its postings cannot be summed: {type(error).__name__}: {error}"
            found.deviate([Deviation(partition.wallet_id, "wallet_unreadable", "WALLET", what)])


def compare_balances(
    accounts: Mapping[str, Account], before: Mapping[str, int], after: Mapping[str, int], now: datetime
) -> tuple[int, list[Deviation]]:
    """The number of projected balances compared with the ledger, and those that differ from it.

    `before` and `after` are the projected balances when the pass began and ended, in won by account as `movements` names it. Accounts that
    moved in between, or shortly before `now`, are left out.
    """
    lately = text_of(now - QUIET)
    compared, wrong = 0, []
    for name in sorted({*after, *_projected_kinds(accounts)}):
        account, projected = accounts.get(name, Account(0, "")), after.get(name, 0)
        if account.last_moved_at >= lately or before.get(name, 0) != projected:
            continue
        compared += 1
        if account.won != projected:
            what = f"the projection has {projected} won, but the ledger's postings sum to {account.won}"
            wrong.append(Deviation("", "balance_projection", name, what))
    return compared, wrong


def _projected_kinds(accounts: Iterable[str]) -> list[str]:
    """Purses are in their wallets; everything else is projected."""
    return [name for name in accounts if not name.startswith("purse/")]
