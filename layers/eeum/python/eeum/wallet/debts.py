"""Debts between the purses of one wallet: pure functions over plain values, in won.

A debt arises in two ways. A reward that is taken back after it was spent is taken from the cashback balance. A refund fills a cashback
balance below zero. The purse of the reward, or cashback, then owes that amount to the purse that paid it. When the spending is undone, the
refund goes to that purse. No purse both owes and is owed, so no purse owes more than was spent from it (docs/decisions/0026).
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from eeum.journal.accounts import CASHBACK, CHARGED

Debts = Mapping[str, Mapping[str, int]]
"""Won by the purse that owes and the purse that it owes to, without zeros."""

NO_DEBTS: Debts = MappingProxyType({})
NOTHING: Mapping[str, int] = MappingProxyType({})


class Repaid(NamedTuple):
    """An amount that would have gone back to the purse `debtor` and went to `creditor`."""

    debtor: str
    creditor: str
    won: int


def repay(debts: Debts, returned: Mapping[str, int]) -> tuple[Repaid, ...]:
    """The part of the amounts that come back to each purse that goes to its creditors: the loaded balance first, then by name."""
    repaid = []
    for debtor, won in returned.items():
        left = won
        for creditor in _in_order(debts.get(debtor, NOTHING)):
            paid = min(left, debts[debtor][creditor])
            if paid:
                repaid.append(Repaid(debtor, creditor, paid))
                left -= paid
    return tuple(repaid)


def redirected(returned: Mapping[str, int], repaid: Iterable[Repaid]) -> dict[str, int]:
    """The purses that the amounts go to after debts are repaid, in the order in which they come back."""
    found = dict(returned)
    for debtor, creditor, won in repaid:
        found[debtor] -= won
        found[creditor] = found.get(creditor, 0) + won
    return {purse_id: won for purse_id, won in found.items() if won}


def debts_after(
    debts: Debts,
    spent: Mapping[str, int] = NOTHING,
    repaid: Iterable[Repaid] = (),
    recovered_from: Mapping[str, int] = NOTHING,
) -> Debts:
    """The debts after an entry.

    The entry took what was `spent` of each purse of rewards from cashback, `repaid` debts, and filled cashback with what would have gone
    back to the purses of `recovered_from`. They are sorted by name, since a stored map has no order.
    """
    if not (spent or repaid or recovered_from):
        return debts
    changed = {debtor: dict(owed) for debtor, owed in debts.items()}
    for purse_id, won in sorted(spent.items()):
        _owe(changed, purse_id, CASHBACK, won)
    for debtor, creditor, won in repaid:
        _change(changed, debtor, creditor, -won)
    for purse_id, won in sorted(recovered_from.items()):
        if purse_id != CASHBACK:
            _owe(changed, CASHBACK, purse_id, won)
    return changed


def _owe(debts: dict[str, dict[str, int]], debtor: str, creditor: str, won: int) -> None:
    """Add a debt. If the creditor itself owes another purse, the debtor owes that purse directly; a purse never owes itself."""
    _change(debts, debtor, creditor, won)
    for middle in (debtor, creditor):
        # The added debt is the last to be passed on.
        firsts = sorted((each for each in debts if middle in debts[each]), key=lambda each: (each == debtor, each))
        for first in firsts:
            for last in _in_order(debts.get(middle, NOTHING)):
                passed = min(debts.get(first, NOTHING).get(middle, 0), debts[middle][last])
                if passed:
                    _pass_on(debts, first, middle, last, passed)


def _pass_on(debts: dict[str, dict[str, int]], first: str, middle: str, last: str, won: int) -> None:
    _change(debts, first, middle, -won)
    _change(debts, middle, last, -won)
    if first != last:
        _change(debts, first, last, won)


def _change(debts: dict[str, dict[str, int]], debtor: str, creditor: str, won: int) -> None:
    owed = debts.setdefault(debtor, {})
    owed[creditor] = owed.get(creditor, 0) + won
    if not owed[creditor]:
        del owed[creditor]
    if not owed:
        del debts[debtor]


def _in_order(owed: Mapping[str, int]) -> list[str]:
    """The loaded balance first, since it may earn and never expires; the rest by name, since a stored map has no order."""
    return sorted(owed, key=lambda purse_id: (purse_id != CHARGED, purse_id))
