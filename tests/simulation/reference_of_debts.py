"""The debts between the purses of a wallet, computed entry by entry with none of the product's rules."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any


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
