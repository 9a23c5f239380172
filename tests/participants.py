"""Sample participants, like those of later parts: a stamp card and a one-time code, both stored in one item of a wallet."""

from collections.abc import Mapping, Sequence

from eeum.policy.rules import LayerReward
from eeum.storage import (
    NOT_YET_STORED,
    Absent,
    Add,
    AtMost,
    Condition,
    Item,
    Key,
    SetTo,
    Table,
    Update,
)
from eeum.wallet.command_rewards import NO_REWARDS, CommandRewards
from eeum.wallet.participants import Asked, Case, Participant, Share
from eeum.wallet.rules import OwnDecline

FIELDS = 10
"""Number of fields of a stamp card."""
CARD_FULL = OwnDecline("stamp_card_full", "57", "스탬프를 모두 모았습니다.", "The stamp card is full.")
CODE_USED = OwnDecline("code_used", "57", "이미 사용한 코드입니다.", "This code was used before.")


def card_key(wallet_id: str) -> Key:
    """The item's key, in a table that neither the ledger's readers nor its audit read."""
    return Key(Table.BALANCES, f"SAMPLE#{wallet_id}", "CARD")


class OnTheCard(Participant):
    """The common part of both: the item that they read, and whether it exists."""

    def keys(self, asked: Asked, /) -> Sequence[Key]:
        return (card_key(asked.wallet_id),)

    def begin(self, items: Mapping[Key, Item | None], /) -> None:
        ((_, self._item),) = ((key, item) for key, item in items.items() if key.pk.startswith("SAMPLE#"))


class StampCounter(OnTheCard):
    """Adds a stamp for each payment, up to the last field."""

    name = "stamps"

    def __init__(self, fields: int = FIELDS) -> None:
        self._fields = fields

    def begin(self, items: Mapping[Key, Item | None], /) -> None:
        super().begin(items)
        self._stamps: int | None = self._item.get("stamps") if self._item else None

    def decide(self, case: Case, /) -> Share:
        before, self._stamps = self._stamps, (self._stamps or 0) + 1
        if self._stamps > self._fields:
            return Share(decline=CARD_FULL)
        conditions: tuple[Condition, ...]
        if before is None:
            conditions = (Absent(("stamps",)),) if self._item else NOT_YET_STORED
            write = Update(card_key(case.wallet.id), (SetTo(("stamps",), 1),), conditions)
        else:
            conditions = (AtMost(("stamps",), self._fields - 1),)
            write = Update(card_key(case.wallet.id), (Add(("stamps",), 1),), conditions)
        return Share(writes=(write,), part=1)


class OneTimeCode(OnTheCard):
    """A code with a discount on the first payment, funded by the merchant, once for each wallet."""

    name = "code"

    def __init__(self, code: str, won: int = 0) -> None:
        self._code = code
        self._won = won

    def begin(self, items: Mapping[Key, Item | None], /) -> None:
        super().begin(items)
        self._is_spent = False

    def decide(self, case: Case, /) -> Share:
        if self._is_spent:
            return Share()
        codes = self._item.get("codes") if self._item else None
        if codes and self._code in codes:
            return Share(decline=CODE_USED)
        self._is_spent = True
        key = card_key(case.wallet.id)
        if codes is None:
            missing = (Absent(("codes",)),) if self._item else NOT_YET_STORED
            write = Update(key, (SetTo(("codes",), {self._code: case.entry_key}),), missing)
        else:
            way = ("codes", self._code)
            write = Update(key, (SetTo(way, case.entry_key),), (Absent(way),))
        won = min(self._won, case.amount - case.given)
        reward = LayerReward("code", won, (), (("merchant", won),))
        return Share(CommandRewards((reward,), {}, {}) if won else NO_REWARDS, (write,), self._code)


class Writing(Participant):
    """Writes this many items of its own."""

    name = "writing"

    def __init__(self, items: int) -> None:
        self._items = items

    def decide(self, case: Case, /) -> Share:
        keys = (Key(Table.BALANCES, f"SAMPLE#{case.entry_key}", f"{number}") for number in range(self._items))
        return Share(writes=tuple(Update(key, (SetTo(("kind",), "sample"),)) for key in keys))
