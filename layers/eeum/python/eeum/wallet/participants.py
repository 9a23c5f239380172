"""Participants: what joins a command's transaction without the command knowing it. Types and pure functions.

A payment or a top-up asks its participants, in order, which keys to read with its own items; then, for each attempt, what they make of what
was read; and stores what they contribute in its own transaction. So a discount, a coupon, a one-time code or a fund costs no round trip.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from eeum.ids import Digest
from eeum.policy.conditions import Facts
from eeum.policy.rules import Gives, PolicyVersion
from eeum.storage import Item, Key, Write
from eeum.wallet.giving import NOTHING_GIVEN, Given, Grants, give
from eeum.wallet.rules import OwnDecline, Wallet


class Asked(NamedTuple):
    """What is known of a command before anything is read: keys follow from it.

    `merchants` are whom it pays, in order; none for a top-up. `captures_now` is false where all is held: holds get no discount.
    """

    wallet_id: str
    at: datetime
    policy: PolicyVersion | None
    merchants: tuple[str, ...] = ()
    captures_now: bool = True


class Case(NamedTuple):
    """One payment, or a top-up, that would be approved. `wallet` is as it is once all before it in the same transaction is done.

    `entry_key` is that of its entry: of a payment, the payment key. `amount` is the price or the face value, in won, and `facts` have it,
    too; `given` is how many won participants before this one give of it.
    """

    entry_key: Digest
    wallet: Wallet
    policy: PolicyVersion
    at: datetime
    amount: int
    facts: Facts
    merchant_id: str | None = None
    captures_now: bool = True
    given: int = 0


class Share(NamedTuple):
    """What one participant contributes to one case.

    `given` is taken off the price or comes on top, `writes` are stored with it, and `part` is kept in the entry under the participant's
    name: plain values, which the answer may show. A `decline` declines the whole command, and nothing of a share is stored.
    """

    given: Given = NOTHING_GIVEN
    writes: tuple[Write, ...] = ()
    part: Any = None
    decline: OwnDecline | None = None


NO_SHARE = Share()


class Participant:
    """Joins one command, over all its attempts. It overrides what it needs; as it is here, it does nothing."""

    name = ""
    """Of its part in the entry: stable, since it is stored."""

    is_contended = False
    """Whether it writes, in this attempt, to what many want at once: others are not waited for, and what they leave is decided on."""

    def keys(self, _asked: Asked, /) -> Sequence[Key]:
        """What to read with the command's own items; they follow from what is asked, so that there is one read."""
        return ()

    def begin(self, items: Mapping[Key, Item | None], /) -> None:
        """An attempt begins: `items` are what was read of all keys, None for what is not there."""

    def decide(self, _case: Case, /) -> Share:
        """What it contributes, by what was read and by nothing else. A basket has several cases, in order."""
        return NO_SHARE

    def writes(self) -> Sequence[Write]:
        """What it writes for all cases of this attempt together, besides what each share has.

        Raises `ConditionsFailed` when everything must be read and decided again before it can.
        """
        return ()

    def lost(self) -> None:
        """Others changed what it writes to, between the read and the transaction."""


class PolicyRewards(Participant):
    """What the policy in force gives within a command: discounts off a price, bonuses and discounts on a top-up, as far as they are funded.

    `source` is asked in each attempt for what funds it.
    """

    def __init__(self, source: Callable[[], Grants], gives: frozenset[Gives]) -> None:
        self._source = source
        self._gives = gives

    def decide(self, case: Case, /) -> Share:
        if not case.captures_now or not case.policy.acting(self._gives):
            return NO_SHARE
        given = give(
            case.policy, self._gives, case.facts, case.amount, case.wallet.limit_usage, case.at, self._source()
        )
        return Share(given)


class Shares(NamedTuple):
    """What all participants contribute to one case, together."""

    given: Given = NOTHING_GIVEN
    writes: tuple[Write, ...] = ()
    parts: Mapping[str, Any] = {}
    decline: OwnDecline | None = None


NO_SHARES = Shares()


def shares_of(participants: Sequence[Participant], case: Case) -> Shares:
    """What they contribute, in order: limit usage that one adds, the next finds used. The first that declines decides."""
    joined = NO_SHARES
    for each in participants:
        share = each.decide(case)
        if share.decline:
            return Shares(decline=share.decline)
        if share is not NO_SHARE:
            joined = Shares(
                _together(joined.given, share.given),
                (*joined.writes, *share.writes),
                {**joined.parts, each.name: share.part} if share.part is not None else joined.parts,
            )
            case = _after(case, share.given)
    return joined


def _together(one: Given, other: Given) -> Given:
    if one is NOTHING_GIVEN or other is NOTHING_GIVEN:
        return other if one is NOTHING_GIVEN else one
    return Given((*one.rewards, *other.rewards), _sum(one.used, other.used), {**one.ceilings, **other.ceilings})


def _after(case: Case, given: Given) -> Case:
    """The case as the next participant finds it."""
    if given is NOTHING_GIVEN:
        return case
    limit_usage = case.wallet.limit_usage
    wallet = (
        replace(case.wallet, limit_usage=replace(limit_usage, used=_sum(limit_usage.used, given.used)))
        if given.used
        else case.wallet
    )
    return case._replace(wallet=wallet, given=case.given + given.won)


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {key: one.get(key, 0) + other.get(key, 0) for key in {**one, **other}}
