"""Recompute what a correction takes back and recovers, from the balances that it found, in the order of the wallet's chain.

No entry stores the balance that its decision was made on. Linked entries are in the order of the chain. A payment has no link: it may come
before or after each link stored at about the same time, unless a later link follows from it. So every order of such payments is kept, until
a payment takes more than a purse has, or an entry fits another balance. An entry that leaves no order is a deviation.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from eeum.audit.debts import Returned
from eeum.audit.entries import CASHBACK, POSTINGS, Postings, add_to, given_off
from eeum.audit.links import in_chain
from eeum.audit.partition import Findings, Item, Partition, moved_at
from eeum.calendar import parse_instant

SAME_TIME = timedelta(minutes=10)
"""The longest time from an entry's instant until it is stored, with the difference of clocks: no function takes longer."""

MOST_ORDERS = 256
"""The most orders that are kept. Beyond that the balances are unknown until all of these payments are surely stored."""

Placed = frozenset[str]
"""The sort keys of the payments that come before the present link in an order, though they may also come after it."""


class Link(NamedTuple):
    """A linked entry. What was accepted before `since` is stored before it; what was accepted after `until` is not."""

    item: Item
    since: datetime
    until: datetime


class Unlinked(NamedTuple):
    """An entry without a link that moves money of cashback or dated purses, and when it was accepted."""

    item: Item
    at: datetime
    moved: Postings


def check_found_balances(partition: Partition, returned: Mapping[str, Returned], findings: Findings) -> None:
    """Check each expiry and correction by the balances before it. `returned` is by sort key of the correction.

    An entry of an unknown kind is reported elsewhere. If it may have moved one of these balances, nothing is checked here, since it may
    come at any place.
    """
    unknown = [item for kind, items in partition.by_kind.items() if kind not in POSTINGS for item in items]
    if any("postings" not in item or _moved(item) for item in unknown):
        return
    links = {link.item["sk"]: link for link in _links(partition)}
    orders = Orders(partition, list(links), findings)
    expired: dict[str, int] = {}

    def check(item: Item) -> None:
        orders.come_to(links[item["sk"]])
        if item["kind"] == "expiry" or item["sk"] in returned:
            orders.branch()
        if item["kind"] == "expiry":
            orders.choose("expiry", item, lambda has: _wrong_expiry(item, has))
        elif due := returned.get(item["sk"]):
            orders.choose("taken_back", item, lambda has: _wrong_purses(item, due, has, expired))
            orders.choose("recovery", item, lambda has: _wrong_recovery(item, due, has))
        sign, of_purses = (1, item["purses"]) if item["kind"] == "expiry" else (-1, item.get("expired", {}))
        for name, won in of_purses.items():
            add_to(expired, name, sign * won)
        orders.move(item)

    findings.each([link.item for link in links.values()], check)
    orders.end()


def _links(partition: Partition) -> list[Link]:
    """The linked entries in their order. A link is stored after each one before it, and before each one after it."""
    chain = in_chain(partition)
    since = [parse_instant(moved_at(item), "moved_at") for item in chain]
    until = list(since)
    for place in range(1, len(chain)):
        since[place] = max(since[place], since[place - 1])
        until[-1 - place] = min(until[-1 - place], until[-place])
    return [Link(item, since[place] - SAME_TIME, until[place] + SAME_TIME) for place, item in enumerate(chain)]


class Orders:
    """The orders in which payments may come between the links so far, each with its balances in won by account.

    `links` are the sort keys of all links, in their order.
    """

    def __init__(self, partition: Partition, links: list[str], findings: Findings) -> None:
        self._findings = findings
        self._settled: Postings = {}
        self._orders: dict[Placed, Postings] | None = {frozenset(): self._settled}
        self._open: dict[str, Unlinked] = {}
        linked = set(links)
        unlinked = [
            Unlinked(item, parse_instant(item["accepted_at"], "accepted_at"), moved)
            for item in partition.entries
            if item["sk"] not in linked and (moved := _moved(item))
        ]
        self._waiting = {each.item["sk"]: each for each in unlinked}
        self._to_open = sorted(unlinked, key=lambda each: each.at, reverse=True)
        self._before = _payments_before(partition, links)

    def come_to(self, link: Link) -> None:
        """Settle the payments that are surely stored before `link`, and open those that may be."""
        needed = self._before.get(link.item["sk"])
        opened = {needed} if needed else set()
        while self._to_open and self._to_open[-1].at <= link.until:
            opened.add(self._to_open.pop().item["sk"])
        self._open |= {sk: self._waiting.pop(sk) for sk in opened & self._waiting.keys()}
        for sk, each in list(self._open.items()):
            if sk == needed or each.at < link.since:
                self._settle(sk)
        if not self._open:
            self._orders = {frozenset(): self._settled}

    def choose(self, check: str, item: Item, wrong: Callable[[Postings], str]) -> None:
        """Keep the orders in which nothing is `wrong` with `item`; if there are none, report it, and keep them all."""
        if self._orders is None:
            return
        faults = {placed: wrong(has) for placed, has in self._orders.items()}
        fitting = {placed: self._orders[placed] for placed, fault in faults.items() if not fault}
        if not fitting:
            self._findings.add(check, item["sk"], next(iter(faults.values())))
        self._orders = fitting or self._orders

    def move(self, item: Item) -> None:
        """Add a linked entry's postings to the balances of every order."""
        moved = _moved(item)
        self._settled = _with(self._settled, moved)
        if self._orders is not None:
            self._orders = {placed: _with(has, moved) for placed, has in self._orders.items()}

    def end(self) -> None:
        """Settle all payments after the last link."""
        self._open |= self._waiting
        for sk in list(self._open):
            self._settle(sk)

    def branch(self) -> None:
        """Add the orders in which open payments come before the present link, where the purses have what they take."""
        for sk, each in self._open.items():
            for placed, has in list((self._orders or {}).items()):
                if self._orders is not None and sk not in placed and not _lacking(each, has):
                    self._orders[placed | {sk}] = _with(has, each.moved)
            if self._orders is not None and len(self._orders) > MOST_ORDERS:
                self._orders = None

    def _settle(self, sk: str) -> None:
        """Place a payment here, at the latest, in each order; report it if in all of them a purse lacks what it takes."""
        each = self._open.pop(sk)
        self._settled = _with(self._settled, each.moved)
        if self._orders is None:
            return
        known = {placed - {sk}: has for placed, has in self._orders.items() if sk in placed}
        added = {placed: has for placed, has in self._orders.items() if sk not in placed}
        fitting = {placed: _with(has, each.moved) for placed, has in added.items() if not _lacking(each, has)}
        if not known and not fitting:
            self._findings.add("overdrawn", sk, _lacking(each, next(iter(added.values()))))
            fitting = {placed: _with(has, each.moved) for placed, has in added.items()}
        self._orders = known | fitting


def _payments_before(partition: Partition, links: list[str]) -> dict[str, str]:
    """The payment that the first link that follows from it needs, by sort keys: an earning, or the release of a hold."""
    found: dict[str, str] = {}
    for sk in links:
        kind, _, rest = sk.partition("#")
        digest = {"EARNING": sk.split("#")[2:3], "RELEASE": [rest]}.get(kind)
        payment = partition.payments.get(digest[0]) if digest else None
        if payment is not None:
            found.setdefault(payment["sk"], sk)
    return {link: payment for payment, link in found.items()}


def _lacking(each: Unlinked, has: Postings) -> str:
    """What a payment takes beyond a balance; empty if it takes no more than there is."""
    for account, won in each.moved.items():
        if each.item["kind"] == "payment" and won < 0 and has.get(account, 0) + won < 0:
            return f"it takes {-won} won from {account}, which had {has.get(account, 0)} won"
    return ""


def _wrong_expiry(item: Item, has: Postings) -> str:
    """Check that purses expire with all that they have."""
    for name, won in item["purses"].items():
        if won != has.get(f"purse/{name}", 0):
            return f"{won} won of {name} expire, which had {has.get(f'purse/{name}', 0)} won"
    return ""


def _wrong_purses(item: Item, due: Returned, has: Postings, expired: Mapping[str, int]) -> str:
    """Check that a dated purse pays what it has, then what expired there; the rest was spent."""
    for account, won in due.wanted.items():
        name = account.partition("/")[2]
        if "@" not in name or account.startswith("expired/") or won >= 0:
            continue
        paid = min(-won, has.get(account, 0))
        gone = min(-won - paid, expired.get(name, 0))
        stored = -due.posted.get(account, 0), item.get("expired", {}).get(name, 0)
        if stored != (paid, gone):
            return (
                f"{-won} won were to be taken back from {name}, which had {has.get(account, 0)} won: {paid} of them must be paid and "
                f"{gone} have expired, but the entry says {stored[0]} and {stored[1]}"
            )
    return ""


def _wrong_recovery(item: Item, due: Returned, has: Postings) -> str:
    """Check that a refund fills all of a cashback balance below zero, as far as it goes."""
    refund = sum(won for _, _, won, *_ in item["cancelled"]) - given_off(item["cancelled"])
    cashback = has.get(CASHBACK, 0) + due.posted.get(CASHBACK, 0)
    recovered = min(refund, max(0, -cashback))
    if item["recovered"] == recovered:
        return ""
    return (
        f"it recovers {item['recovered']} of {refund} won, but cashback is {cashback} won: it must recover {recovered}"
    )


def _moved(item: Item) -> Postings:
    """What an entry moves in cashback and dated purses."""
    return {
        account: won
        for account, won in item.get("postings", {}).items()
        if account == CASHBACK or (account.startswith("purse/") and "@" in account)
    }


def _with(has: Postings, moved: Postings) -> Postings:
    after = dict(has)
    for account, won in moved.items():
        add_to(after, account, won)
    return after
