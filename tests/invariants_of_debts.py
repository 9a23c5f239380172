"""What must be true of what purses of a wallet owe each other: recomputed with none of the product's rules.

The simulation's reference (`tests.simulation.reference_of_postings`) holds each entry to it as it is stored.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tests.invariants_of_commands import paid_for
from tests.invariants_of_payments import taken

Item = dict[str, Any]


class Owed:
    """Won by the purse that owes and the purse that it owes to."""

    def __init__(self) -> None:
        self.won: Counter[tuple[str, str]] = Counter()

    def spent(self, won_by_purse: Mapping[str, int]) -> None:
        """Rewards that are taken back were spent: cashback pays."""
        for purse, won in sorted(won_by_purse.items()):
            self._lend(purse, "cashback", won)

    def back(self, portions: Sequence[Sequence[Any]]) -> tuple[dict[str, int], list[list[Any]]]:
        """Where won go that come back to purses, and what of it is repaid."""
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
        """What fills cashback that lacks so much; taken out of what is `going` to each purse, to cashback's own first."""
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
        """Whoever owes the debtor owes the creditor, and whom the creditor owes, the debtor does."""
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
    """The chain says how each debt came and went, and the wallet has what is left; where all was undone, it has what was loaded."""
    payments = {entry["sk"].partition("#")[2]: entry for entry in entries if entry["kind"] == "payment"}
    if any(entry["kind"] == "correction" and entry["recovered"] and "recovered_from" not in entry for entry in entries):
        return  # Of an earlier version, in which no purse owed another.
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
    # Tests that begin with cashback below zero load a debt that no operation makes.
    if any(left.values()) or wallet["due"] != wallet["posted"] or min(loaded.values(), default=0) < 0:
        return
    for purse, state in wallet["purses"].items():
        assert state["amount"] == loaded[purse], f"everything was undone, and {purse} has not what was loaded: {wallet}"
