"""Auditing the ledger: a pass over a segment that can be broken off and gone on with, and what the passes of all segments come to.

What is held in memory does not grow with the entries: one wallet, what was found, a sum for each account, and for each wallet the end of
its chain.
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
from eeum.audit.links import head_as_of
from eeum.audit.partition import UNREADABLE, Deviation, Partition
from eeum.audit.roots import head_line
from eeum.audit.rules import deviations, movements
from eeum.audit.store import AuditStore
from eeum.calendar import text_of
from eeum.policy.use_cases import PolicyBook
from eeum.storage import Contended, Item, Key, Page, Table, Unavailable

BEGINNING = ""
"""Where a segment is gone through from, when it was not begun yet."""

LOOKS = 3
"""How often a wallet in which something is wrong is read again, before that is reported: it may be paying at this moment."""

TRIES = 5
"""How often a page is asked for."""

QUIET = timedelta(minutes=10)
"""Balances are compared of accounts on which nothing moved for so long: projections come a moment later."""


class Account(NamedTuple):
    """What was moved on an account in all, in won, and when something last was, as text."""

    won: int
    last_moved_at: str


@dataclass
class Found:
    """What was found so far: how much was looked at, what deviates, the sum of each account, and the heads of chains by instant.

    `awaiting` counts postings that are on their way. `heads` has a line for each wallet that there was (`eeum.audit.roots`), `projected`
    the balances as they were before the pass.
    """

    wallets: int = 0
    entries: int = 0
    awaiting: int = 0
    looked_again: int = 0
    deviations: list[Deviation] = field(default_factory=list)
    accounts: dict[str, Account] = field(default_factory=dict)
    heads: dict[str, list[str]] = field(default_factory=dict)
    projected: dict[str, int] | None = None

    def add(self, other: "Found") -> None:
        self.wallets += other.wallets
        self.entries += other.entries
        self.awaiting += other.awaiting
        self.looked_again += other.looked_again
        self.deviations += other.deviations
        for name, account in other.accounts.items():
            self.move(name, account.won, account.last_moved_at)
        for instant, lines in other.heads.items():
            self.heads.setdefault(instant, []).extend(lines)
        if self.projected is None:
            self.projected = other.projected

    def move(self, account: str, won: int, at: str) -> None:
        known = self.accounts.get(account)
        self.accounts[account] = Account(known.won + won, max(known.last_moved_at, at)) if known else Account(won, at)


class SegmentAudited(NamedTuple):
    """What was found, and where to go on; `resume` is None at the end."""

    found: Found
    resume: str | None


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit works with. `as_of` are the instants that the heads of chains are wanted for; `pause` waits that many seconds.

    `progress` is told of each page how many items it had.
    """

    store: AuditStore
    policies: PolicyBook
    now: datetime
    as_of: Sequence[datetime]
    has_time: Callable[[], bool]
    pause: Callable[[float], None]
    progress: Callable[[int], None] = lambda _: None

    def segment(self, number: int, of: int, resume: str = BEGINNING) -> SegmentAudited:
        """Audits the wallets of a segment from `resume` on, page by page, until its end or that of the time; one page at least.

        Raises `eeum.storage.Contended` and `Unavailable`; the same call goes on from the same place.
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
                # The wallet at the end of the page is read whole now, and left out by who goes on.
                if waiting:
                    self._wallet(name, self.store.partition(name), found, again)
                return SegmentAudited(found, f"{cursor}|{name}")

    def _page(self, number: int, of: int, after: str | None) -> Page:
        """One page, asked for again when the table is throttled: an audit has time."""
        for attempt in range(TRIES - 1):
            try:
                return self.store.page(number, of, after)
            except (Contended, Unavailable):
                self.pause(2.0**attempt)
        return self.store.page(number, of, after)

    def _wallet(self, name: str, items: Sequence[Item], found: Found, again: set[str]) -> None:
        """Audits one wallet. What is wrong in it is reported when it still is after it was read again, in one piece."""
        if is_of_claims(name):
            found.deviations += self._wrong_claim(name, items)
            return
        partition = Partition(name, items)
        wrong = self._wrong(partition, items)
        for look in range(LOOKS):
            if not wrong:
                break
            self.pause(0.1 * look)
            found.looked_again += 1
            # Whatever else the scan brings of it was looked at here.
            again.add(name)
            items = self.store.partition(name)
            partition = Partition(name, items)
            wrong = self._wrong(partition, items)
        found.deviations += wrong
        self._add(partition, found)

    def _wrong(self, partition: Partition, items: Sequence[Item]) -> list[Deviation]:
        wrong = deviations(partition, self.policies.in_force_at, self.now)
        due = claims_due(items)
        claims = self.store.items([Key(Table.LEDGER, name, CLAIM) for name in due]) if due else []
        return wrong + unclaimed(partition.wallet_id, due, dict(zip(due, claims, strict=True)))

    def _wrong_claim(self, name: str, items: Sequence[Item]) -> list[Deviation]:
        """A claim is stored with its top-up, so that there is nothing to wait for."""
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
            what = f"it cannot be added up: {type(error).__name__}: {error}"
            found.deviations.append(Deviation(partition.wallet_id, "wallet_unreadable", "WALLET", what))


def compare_balances(
    accounts: Mapping[str, Account], before: Mapping[str, int], after: Mapping[str, int], now: datetime
) -> tuple[int, list[Deviation]]:
    """How many projected balances were compared with the ledger, and those that are not its sum.

    `before` and `after` are what was projected when the pass began and ended, won by account as `movements` names it. Accounts on which
    something moved in between, or shortly before `now`, are left out.
    """
    lately = text_of(now - QUIET)
    compared, wrong = 0, []
    for name in sorted({*after, *_projected_kinds(accounts)}):
        account, projected = accounts.get(name, Account(0, "")), after.get(name, 0)
        if account.last_moved_at >= lately or before.get(name, 0) != projected:
            continue
        compared += 1
        if account.won != projected:
            what = f"the projection has {projected} won, and the ledger's postings sum to {account.won}"
            wrong.append(Deviation("", "balance_projection", name, what))
    return compared, wrong


def _projected_kinds(accounts: Iterable[str]) -> list[str]:
    """Purses are in their wallets; everything else is projected."""
    return [name for name in accounts if not name.startswith("purse/")]
