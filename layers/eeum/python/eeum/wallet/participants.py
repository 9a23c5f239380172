"""Participants: what joins a command's transaction without the command knowing it. Types and pure functions.

A payment or top-up asks its participants, in order, for keys to read together with its own items. In each attempt they decide on what was
read, and the command stores their contributions in its own transaction. So a discount, coupon or one-time code costs no further round trip.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from eeum.ids import Digest
from eeum.policy.conditions import Facts
from eeum.policy.rules import PolicyVersion, RewardKind
from eeum.storage import Item, Key, Write
from eeum.wallet.command_rewards import NO_REWARDS, CommandRewards, RewardFunds, rewards_for
from eeum.wallet.rules import OwnDecline, Wallet


class Asked(NamedTuple):
    """What is known of a command before anything is read; the keys to read follow from it.

    `merchants` are the payees, in order; none for a top-up. `captures_now` is false for holds, which get no discount.
    """

    wallet_id: str
    at: datetime
    policy: PolicyVersion | None
    merchants: tuple[str, ...] = ()
    captures_now: bool = True


class Case(NamedTuple):
    """One payment or top-up that would be approved. `wallet` is as earlier cases of the same transaction leave it.

    `entry_key` is the key of its entry: for a payment, the payment key. `amount` is the price or the face value in won. `other_facts` are
    the facts without amount and instant. `given` is what participants before this one give, in won.
    """

    entry_key: Digest
    wallet: Wallet
    policy: PolicyVersion
    at: datetime
    amount: int
    other_facts: Facts
    merchant_id: str | None = None
    captures_now: bool = True
    given: int = 0

    @property
    def facts(self) -> Facts:
        """The facts that the policy judges it by. They are made when asked for, since most payments give nothing."""
        return replace(self.other_facts, amount=self.amount, accepted_at=self.at)


class Share(NamedTuple):
    """The contribution of one participant to one case.

    `given` is taken off the price or added to the top-up, `writes` are stored with it. `part` is stored in the entry under the
    participant's name: plain values, which the answer may show. A `decline` declines the whole command, and nothing of a share is stored.
    """

    given: CommandRewards = NO_REWARDS
    writes: tuple[Write, ...] = ()
    part: Any = None
    decline: OwnDecline | None = None


NO_SHARE = Share()


class Participant:
    """Joins one command, over all its attempts. Each method does nothing until a subclass overrides it."""

    name = ""
    """The name of its part in the entry. It is stored, so it must not change."""

    is_contended = False
    """Whether this attempt writes an item that many commands write at once. Then the command does not retry as is, but decides again."""

    def keys(self, _asked: Asked, /) -> Sequence[Key]:
        """The keys to read together with the command's own items. They follow from `asked` alone, so that one read is enough."""
        return ()

    def begin(self, items: Mapping[Key, Item | None], /) -> None:
        """Begin an attempt. `items` are what was read of all keys; None for an item that does not exist."""

    def decide(self, _case: Case, /) -> Share:
        """The contribution to a case, decided only on what was read. A basket has several cases, in order."""
        return NO_SHARE

    def writes(self) -> Sequence[Write]:
        """The writes for all cases of this attempt together, besides those of each share.

        Raises `ConditionsFailed` when everything must be read and decided again first.
        """
        return ()

    def lost(self) -> None:
        """Record that an item that it writes changed between the read and the transaction."""


class PolicyRewards(Participant):
    """Rewards that the policy gives within a command: discounts off a price; bonuses and discounts on a top-up, as far as funded.

    `source` returns the budgets to draw on in each attempt.
    """

    def __init__(self, source: Callable[[], RewardFunds], kinds: frozenset[RewardKind]) -> None:
        self._source = source
        self._kinds = kinds

    def decide(self, case: Case, /) -> Share:
        if not case.captures_now or not case.policy.acting(self._kinds):
            return NO_SHARE
        given = rewards_for(
            case.policy, self._kinds, case.facts, case.amount, case.wallet.limit_usage, case.at, self._source()
        )
        return Share(given)


class Shares(NamedTuple):
    """The contributions of all participants to one case."""

    given: CommandRewards = NO_REWARDS
    writes: tuple[Write, ...] = ()
    parts: Mapping[str, Any] = {}
    decline: OwnDecline | None = None


NO_SHARES = Shares()


def shares_of(participants: Sequence[Participant], case: Case) -> Shares:
    """The contributions of `participants`, in order. Each sees the limit usage of those before it; the first decline decides."""
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


def _together(one: CommandRewards, other: CommandRewards) -> CommandRewards:
    if one is NO_REWARDS or other is NO_REWARDS:
        return other if one is NO_REWARDS else one
    return CommandRewards(
        (*one.rewards, *other.rewards), _sum(one.used, other.used), {**one.funded_amounts, **other.funded_amounts}
    )


def _after(case: Case, given: CommandRewards) -> Case:
    """The case for the next participant."""
    if given is NO_REWARDS:
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
