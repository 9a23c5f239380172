"""Invariants of debts between the purses of a wallet, recomputed with none of the product's rules.

The simulation's reference (`tests.simulation.reference_of_postings`) checks each entry against them as it is stored.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tests.invariants_of_commands import paid_for
from tests.invariants_of_payments import taken

Item = dict[str, Any]


class Owed:
    """Amounts by the purse that owes and the purse that is owed."""

    def __init__(self) -> None:
        self.won: Counter[tuple[str, str]] = Counter()

    def spent(self, won_by_purse: Mapping[str, int]) -> None:
        """Add the debt of a purse whose spent rewards are taken back: cashback pays."""
        for purse, won in sorted(won_by_purse.items()):
            self._lend(purse, "cashback", won)

    def back(self, portions: Sequence[Sequence[Any]]) -> tuple[dict[str, int], list[list[Any]]]:
        """The purses that money comes back to, and what of it repays debts."""
        going: dict[str, int] = {}
        for purse, won in portions:
            going[purse] = going.get(purse, 0) + won
        repaid = []
        for purse, won in [*going.items()]:
            for creditor in self._creditors(purse):
                part = min(won, self.won[purse, creditor])
                won -= part  # noqa: PLW2901 - what is left of it
                self.won[purse, creditor] -= part
                going[purse] -= part
                going[creditor] = going.get(creditor, 0) + part
                repaid += [[purse, creditor, part]] if part else []
        self.won = +self.won
        return {purse: won for purse, won in going.items() if won}, repaid

    def recovered(self, going: dict[str, int], lacking: int) -> dict[str, int]:
        """What fills negative cashback, taken from what is `going` to each purse, from cashback's own part first."""
        found: dict[str, int] = {}
        order = [*[each for each in going if each == "cashback"], *[each for each in going if each != "cashback"]]
        for purse in order:
            part = min(going[purse], lacking - sum(found.values()))
            if part:
                going[purse] -= part
                found[purse] = part
        for purse, won in sorted(found.items()):
            if purse != "cashback":
                self._lend("cashback", purse, won)
        return found

    @property
    def stored(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for (debtor, creditor), won in self.won.items():
            found.setdefault(debtor, {})[creditor] = won
        return found

    def lent(self, purse: str) -> int:
        """What others owe a purse, less what it owes."""
        lent = sum(won for (_, creditor), won in self.won.items() if creditor == purse)
        return lent - sum(won for (debtor, _), won in self.won.items() if debtor == purse)

    def _creditors(self, purse: str) -> list[str]:
        owed = sorted(creditor for debtor, creditor in self.won if debtor == purse)
        return ["charged", *[each for each in owed if each != "charged"]] if "charged" in owed else owed

    def _lend(self, debtor: str, creditor: str, won: int) -> None:
        """Add a debt so that no purse owes and is owed: purses that owe the debtor now owe the creditor, or the creditor's creditors."""
        for first in sorted({one for one, other in self.won if other == debtor}):
            part = min(won, self.won[first, debtor])
            self.won[first, debtor] -= part
            won -= part
            self.won = +self.won
            if part and first != creditor:
                self._lend(first, creditor, part)
        for last in self._creditors(creditor):
            part = min(won, self.won[creditor, last])
            self.won[creditor, last] -= part
            self.won[debtor, last] += part
            won -= part
        self.won[debtor, creditor] += won
        self.won = +self.won


def check_debts(wallet: Item, entries: Sequence[Item]) -> None:
    """The wallet's debts follow from its chain; if everything was undone, each purse has what was loaded."""
    payments = {entry["sk"].partition("#")[2]: entry for entry in entries if entry["kind"] == "payment"}
    if any(entry["kind"] == "correction" and entry["recovered"] and "recovered_from" not in entry for entry in entries):
        return  # of an earlier version, without debts
    slices = {tuple(entry["sk"].split("#")[2:]): entry["slice"] for entry in entries if entry["kind"] == "earning"}
    back: Counter[tuple[str, str]] = Counter()
    owed = Owed()
    linked = [entry for entry in entries if entry["kind"] in ("release", "correction")]
    for entry in sorted(linked, key=lambda each: each["chain"]["length"]):
        if entry["kind"] == "release":
            payment = payments[entry["sk"].partition("#")[2]]
            going, repaid = owed.back(
                taken(payment["paid_from"], payment["amount"] - entry["amount"], payment["amount"])
            )
            assert (going, repaid) == (dict(entry["returned"]), entry.get("repaid", [])), entry
            continue
        owed.spent(entry.get("spent", {}))
        assert all("@" in purse and won > 0 for purse, won in entry.get("spent", {}).items()), entry
        portions: list[Any] = []
        for digest, capture, won, *discount in entry["cancelled"]:
            of, refund = (digest, str(capture)), won - sum(discount)
            drawn = paid_for(payments[digest], *slices[of])
            portions += taken(drawn[::-1], back[of], back[of] + refund)
            back[of] += refund
        going, repaid = owed.back(portions)
        assert repaid == entry.get("repaid", []), (entry, repaid)
        assert owed.recovered(going, entry["recovered"]) == entry.get("recovered_from", {}), entry
        assert {purse: won for purse, won in going.items() if won} == dict(entry["released"]), (entry, going)
    assert wallet.get("debts", {}) == owed.stored, (wallet, owed.stored)
    _check_undone(wallet, entries, payments)


def _check_undone(wallet: Item, entries: Sequence[Item], payments: Mapping[str, Item]) -> None:
    left: Counter[str] = Counter()
    loaded: Counter[str] = Counter()
    for digest, payment in payments.items():
        left[digest] += payment["amount"] if payment["status"] != "declined" else 0
    undoable = ("payment", "capture", "release", "cancellation", "earning", "correction")
    for entry in entries:
        if entry["kind"] == "cancellation":
            left[entry["payment"]] -= entry["amount"]
        elif entry["kind"] == "release":
            left[entry["sk"].partition("#")[2]] -= entry["amount"]
        elif entry["kind"] == "correction":
            loaded.update(entry.get("expired", {}))
        elif entry["kind"] not in undoable:
            for account, won in entry.get("postings", {}).items():
                loaded[account.removeprefix("purse/")] += won if account.startswith("purse/") else 0
    # Tests that begin with negative cashback load a debt that no operation makes.
    if any(left.values()) or wallet["due"] != wallet["posted"] or min(loaded.values(), default=0) < 0:
        return
    for purse, state in wallet["purses"].items():
        assert state["amount"] == loaded[purse], f"everything was undone, and {purse} has not what was loaded: {wallet}"
