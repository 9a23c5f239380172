"""The plan of a day in Incheon: who pays how much and where. One seed makes it, so it is the same day every time."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from enum import StrEnum

SEED = 20210104
MEMBERS = 100
#: A verified member may hold 2,000,000 won, any other 500,000: those who cross a band edge have to be verified.
HOLDING_LIMIT = 500_000


class Trouble(StrEnum):
    """What goes wrong with a payment, on purpose."""

    NONE = "none"
    NO_MONEY = "more than the wallet holds"
    SUSPENDED = "the wallet is suspended"
    UNKNOWN_CARD = "an unknown card"
    NOT_PAYABLE = "a merchant that is not approved"


class Afterwards(StrEnum):
    """What happens to a payment after its approval."""

    KEPT = "kept"
    CANCELLED = "cancelled whole"
    PARTLY_CANCELLED = "cancelled in part"
    HELD = "held, captured in part, the rest voided"


@dataclass(frozen=True)
class PlannedPayment:
    """Won to pay; `shop` counts through the shops that can be paid."""

    amount: int
    shop: int
    trouble: Trouble = Trouble.NONE
    afterwards: Afterwards = Afterwards.KEPT

    @property
    def part(self) -> int:
        """Won that are cancelled in part, or captured of what is held."""
        return self.amount // 2


@dataclass(frozen=True)
class PlannedMember:
    """A member's day: the loaded balance that it needs, and its payments in order."""

    name: str
    charged: int
    payments: tuple[PlannedPayment, ...]

    @property
    def verified(self) -> bool:
        return self.charged > HOLDING_LIMIT


@dataclass(frozen=True)
class Habit:
    """How some of the members spend: this many payments between two amounts, in thousand won."""

    members: int
    payments: tuple[int, int]
    thousands: tuple[int, int]


HABITS = (
    Habit(members=58, payments=(2, 5), thousands=(4, 35)),
    Habit(members=24, payments=(3, 6), thousands=(20, 70)),
    # Over 500,000 in the month, where 10 % ends.
    Habit(members=12, payments=(5, 6), thousands=(90, 150)),
    # Over 1,000,000, where cashback ends.
    Habit(members=6, payments=(6, 7), thousands=(160, 230)),
)
#: Of so many members, one makes this first payment.
EVERY = {Afterwards.CANCELLED: 12, Afterwards.PARTLY_CANCELLED: 15, Afterwards.HELD: 10}
TROUBLED = {
    Trouble.NO_MONEY: 6,
    Trouble.SUSPENDED: 3,
    Trouble.UNKNOWN_CARD: 3,
    Trouble.NOT_PAYABLE: 4,
}


def plan(shops: int) -> list[PlannedMember]:
    """The day of every member, over this many shops."""
    chance = random.Random(SEED)
    habits = [habit for habit in HABITS for _ in range(habit.members)]
    troubles = [trouble for trouble, times in TROUBLED.items() for _ in range(times)]
    troubles += [Trouble.NONE] * (len(habits) - len(troubles))
    chance.shuffle(troubles)
    return [
        _member(f"demo-{number:03d}", habit, trouble, shops, chance)
        for number, (habit, trouble) in enumerate(zip(habits, troubles, strict=True), start=1)
    ]


def _member(name: str, habit: Habit, trouble: Trouble, shops: int, chance: random.Random) -> PlannedMember:
    payments = [
        PlannedPayment(
            chance.randint(*habit.thousands) * 1_000 - chance.choice((0, 0, 100, 500)), chance.randrange(shops)
        )
        for _ in range(chance.randint(*habit.payments))
    ]
    payments[0] = replace(payments[0], afterwards=_afterwards(int(name.rpartition("-")[2])))
    charged = max(-(-sum(payment.amount for payment in payments) // 10_000) * 10_000, 30_000)
    if trouble is Trouble.NO_MONEY:
        payments.append(PlannedPayment(charged + 1_000, chance.randrange(shops), trouble))
    elif trouble is not Trouble.NONE:
        payments.append(PlannedPayment(chance.randint(5, 30) * 1_000, chance.randrange(shops), trouble))
    return PlannedMember(name, charged, tuple(payments))


def _afterwards(number: int) -> Afterwards:
    return next((what for what, every in EVERY.items() if number % every == 0), Afterwards.KEPT)
