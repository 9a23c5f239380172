"""Run one member's events under a policy and explain each outcome.

The platform itself tops up, pays, accrues and cancels (`eeum.dry_run.platform`). This module explains its entries, and evaluates again
what the entries do not store. Loaded balance, cashback and allowances are assumed to be sufficient. Amounts are won.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from eeum.cashback.rules import Correction, Earning
from eeum.cashback.usage import in_full
from eeum.dry_run.events import Course, DryRunEvent
from eeum.dry_run.platform import Cancelled, Platform
from eeum.errors import Refusal
from eeum.journal.accounts import CASHBACK, MERCHANT, funder, merchant_reward
from eeum.money import reward_of
from eeum.payments.rules import Decline, Payment
from eeum.policy.conditions import Facts
from eeum.policy.evaluation import evaluate
from eeum.policy.rules import (
    AFTER_PAYMENT,
    AT_PAYMENT,
    AT_TOP_UP,
    Layer,
    LayerReward,
    Limit,
    PolicyVersion,
    RewardKind,
)
from eeum.policy.usage import WindowUsage, key_of, window_usage
from eeum.policy.windows import window_name
from eeum.wallet.purses import purse_named
from eeum.wallet.rules import OwnDecline, Purse, TopUpDecline

WHY_NOT = {
    "no_base": "no part of it was paid from a purse that earns",
    "event_closed": "its event is not open",
    "condition": "its condition does not hold",
    "limit": "its limit is used up",
    "group": "another layer of its group counts",
    "nothing_here": "its bands or steps give nothing here",
}


class Cut(NamedTuple):
    """A cut of a layer's reward, in won. `by` is the id of a limit or a pool, `most_at_once` or `the_price`."""

    by: str
    won: int


@dataclass(frozen=True, slots=True)
class LayerOutcome:
    """One layer's reward for an event, and its explanation. `accepted` is the part of the base that earned it.

    `purse` is the reward's purse. `why_not`, one of `WHY_NOT`, says why the layer gave nothing.
    """

    layer: str
    reward_kind: RewardKind
    won: int = 0
    accepted: int = 0
    funders: tuple[tuple[str, int], ...] = ()
    purse: Purse | None = None
    cuts: tuple[Cut, ...] = ()
    why_not: str | None = None


class Changed(NamedTuple):
    """A cancellation's change, in won, of a layer's reward for the event of this number, counted from 1."""

    event: int
    layer: str
    reward_kind: RewardKind
    won: int


class Left(NamedTuple):
    """Usage of a limit or a pool in a window, in won. `amount` is None where it only counts; `carried` adds to it."""

    id: str
    window: str
    used: int
    amount: int | None
    carried: int = 0

    @property
    def left(self) -> int | None:
        return None if self.amount is None else max(self.amount + self.carried - self.used, 0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one event: declined, or its rewards by layer. `price` is the won paid, `base` the part that could earn.

    `policy` is the version in force; `limits` and `pools` are their state after the event. For a cancellation, `price` is the won that
    the member gets back, `paid_from` the purses that it goes to, `changes` the changes of rewards, and `returned` the won that funders
    get back.
    """

    event: DryRunEvent
    policy: str
    declined: str | None = None
    price: int = 0
    paid_from: tuple[tuple[str, int], ...] = ()
    base: int = 0
    layers: tuple[LayerOutcome, ...] = ()
    limits: tuple[Left, ...] = ()
    pools: tuple[Left, ...] = ()
    changes: tuple[Changed, ...] = ()
    returned: tuple[tuple[str, int], ...] = ()

    def won(self, *kinds: RewardKind) -> int:
        """Rewards of these kinds in won, less what cancellations took back."""
        given = sum(layer.won for layer in self.layers if layer.reward_kind in kinds)
        return given + sum(change.won for change in self.changes if change.reward_kind in kinds)

    @property
    def funders(self) -> dict[str, int]:
        """Won by funder, less what the funder got back."""
        total: dict[str, int] = {}
        given = [part for layer in self.layers for part in layer.funders]
        for name, won in (*given, *((name, -won) for name, won in self.returned)):
            total[name] = total.get(name, 0) + won
        return total


def dry_run(versions: Sequence[PolicyVersion], course: Course) -> list[Outcome]:
    """Run the events of the course in their order and return the outcome of each."""
    run = _DryRun(Platform(versions, course.pools))
    return [run.outcome(number, event) for number, event in enumerate(course.events, start=1)]


class _DryRun:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._usage: dict[str, int] = {}
        """Limit usage in won by limit and window, added up over the platform's entries."""
        self._payments: dict[int, Payment] = {}
        self._events: dict[int, int] = {}
        """The number of the event by its accrual number."""

    def outcome(self, number: int, event: DryRunEvent) -> Outcome:
        policy = self._platform.policies.running_at(event.at)
        event = replace(event, facts=replace(event.facts, amount=event.amount, accepted_at=event.at))
        if event.cancels is not None:
            outcome = self._cancellation(policy, event, event.cancels)
        else:
            outcome = self._top_up(policy, event) if event.is_top_up else self._payment(policy, number, event)
        pools = tuple(self._pools(policy, event))
        return replace(outcome, limits=tuple(self._limits(policy, event)), pools=pools)

    def _top_up(self, policy: PolicyVersion, event: DryRunEvent) -> Outcome:
        entry = self._platform.top_up(event)
        if entry.decline:
            return Outcome(event, policy.version, _why_no_top_up(entry.decline, policy))
        given = {each.reward.layer: each.reward for each in entry.rewards}
        into = {each.reward.layer: each.into for each in entry.rewards}
        layers = self._outcomes_of_layers(
            policy, AT_TOP_UP, event.facts, event.amount, given, entry.funded_amounts, into
        )
        self._use(entry.limit_usage.used)
        return Outcome(event, policy.version, None, entry.debited, (), event.amount, layers)

    def _payment(self, policy: PolicyVersion, number: int, event: DryRunEvent) -> Outcome:
        short = self._short_of(event)
        paid = self._platform.pay(event)
        payment, earning = paid.payment, paid.earning
        if payment.decline is not None or earning is None:
            excluded = payment.decline is Decline.MERCHANT_EXCLUDED
            return Outcome(event, policy.version, "the programme excludes this shop" if excluded else short)
        self._payments[number] = payment
        self._events[earning.number] = number
        facts = replace(payment.facts, amount=event.amount, accepted_at=event.at)
        off = {each.layer: each for each in payment.discounts}
        discounts = self._outcomes_of_layers(policy, AT_PAYMENT, facts, event.amount, off, payment.funded_amounts, {})
        self._use(payment.limit_usage.used)
        layers = self._rewards(policy, facts, earning)
        self._use(in_full(earning.used, earning.month))
        price = event.amount - payment.discount
        return Outcome(event, policy.version, None, price, payment.paid_from, earning.base, (*discounts, *layers))

    def _rewards(self, policy: PolicyVersion, facts: Facts, earning: Earning) -> tuple[LayerOutcome, ...]:
        given = {each.layer: each for each in earning.rewards}
        into = {layer: earning.into.get(layer, CASHBACK) for layer in given}
        return self._outcomes_of_layers(policy, AFTER_PAYMENT, facts, earning.base, given, earning.funded_amounts, into)

    def _cancellation(self, policy: PolicyVersion, event: DryRunEvent, cancels: int) -> Outcome:
        payment = self._payments.get(cancels)
        if payment is None:
            return Outcome(event, policy.version, f"event {cancels} is no payment that was approved")
        try:
            done = self._platform.cancel(payment, event.amount or None, event.at)
        except Refusal as refusal:
            return Outcome(event, policy.version, str(refusal))
        self._use({key: -won for key, won in done.cancellation.limit_usage.used.items()})
        for correction in done.corrections:
            self._use(in_full(correction.used, correction.month))
        return self._undone(policy, event, done)

    def _undone(self, policy: PolicyVersion, event: DryRunEvent, done: Cancelled) -> Outcome:
        back = tuple(part for correction in done.corrections for part in _back(correction))
        payments = {number: self._payments[event] for number, event in self._events.items()}
        changes, returned = [], []
        for correction in done.corrections:
            for each in correction.changes:
                at = payments[each.number].acceptance.accepted_at
                reward_kind = _reward_kind(self._platform.policies.running_at(at), each.layer)
                changes.append(Changed(self._events[each.number], each.layer, reward_kind, each.won))
            returned += _returned(correction)
        for part in done.cancellation.discounts:
            changes.append(Changed(event.cancels or 0, part.layer, RewardKind.DISCOUNT, -part.won))
            returned.append((part.funder, part.won))
        refund = done.cancellation.refund
        return Outcome(event, policy.version, None, refund, back, 0, changes=tuple(changes), returned=tuple(returned))

    def _short_of(self, event: DryRunEvent) -> str | None:
        """Name the purse that holds less than the event pays from it; None when all hold enough."""
        for name, asked in event.paid_from.items():
            if name not in TAKEN_TO_BE_THERE:
                there = sum(purse.amount for purse in self._platform.spendable(event, name))
                if there < asked:
                    return f"{name} holds {there:,} won that can pay this, not {asked:,}"
        return None

    def _outcomes_of_layers(
        self,
        policy: PolicyVersion,
        kinds: frozenset[RewardKind],
        facts: Facts,
        base: int,
        given: Mapping[str, LayerReward],
        funded_amounts: Mapping[str, int],
        into: Mapping[str, str | None],
    ) -> tuple[LayerOutcome, ...]:
        """Combine the stored rewards by layer with the evaluator's explanation of each."""
        at = facts.accepted_at
        if at is None or not policy.pays_at(at):
            return ()
        limits = {limit.id: limit for layer in policy.acting(kinds) for limit in layer.limits}
        before = window_usage(limits.values(), self._usage, at)
        evaluation = evaluate(
            policy, facts, base, before.used, kinds=kinds, carried=before.carried, funded_amounts=funded_amounts
        )
        rewards = {reward.layer: reward for reward in evaluation.rewards}
        outcomes, earlier = [], dict.fromkeys(limits, 0)
        for layer in policy.acting(kinds):
            reward = rewards.get(layer.id)
            if reward is None:
                why_not = _why_not(policy, layer, facts, base, before)
                outcomes.append(LayerOutcome(layer.id, layer.reward_kind, why_not=why_not))
                continue
            cuts = _cuts(layer, reward, before, earlier, self._emptiest(policy, layer, facts))
            for limit in layer.reward_limits:
                earlier[limit.id] += reward.won
            accepted = sum(portion.base for portion in reward.portions)
            stored = given.get(layer.id)
            won, name = (stored.won if stored else 0), into.get(layer.id)
            purse = purse_named(name)._replace(amount=won) if name and won else None
            funders = stored.funders if stored else reward.funders
            outcomes.append(LayerOutcome(layer.id, layer.reward_kind, won, accepted, funders, purse, cuts))
        return tuple(outcomes)

    def _emptiest(self, policy: PolicyVersion, layer: Layer, facts: Facts) -> str:
        """The layer's pool with the least left."""
        at = facts.accepted_at
        assert at is not None
        return min(layer.pools, key=lambda name: self._platform.pool(policy, name, at).left, default="")

    def _use(self, used: Mapping[str, int]) -> None:
        for key, won in used.items():
            self._usage[key] = self._usage.get(key, 0) + won

    def _pools(self, policy: PolicyVersion, event: DryRunEvent) -> Iterable[Left]:
        for name, pool in policy.pools.items():
            account = self._platform.pool(policy, name, event.at)
            yield Left(name, window_name(pool.window, event.at), account.spent, account.amount)

    def _limits(self, policy: PolicyVersion, event: DryRunEvent) -> Iterable[Left]:
        limits = {limit.id: limit for layer in policy.layers for limit in layer.limits}
        limits |= {limit.id: limit for limit in policy.wallet.top_up_limits}
        stand = window_usage(limits.values(), self._usage, event.at)
        for limit in limits.values():
            name = window_name(limit.window, event.at)
            used = self._usage.get(key_of(limit, event.at), 0)
            yield Left(limit.id, name, used, limit.amount, stand.carried.get(limit.id, 0))


TAKEN_TO_BE_THERE = (CASHBACK, "grants")
FUNDERS = ("national", "city", "district")


def _why_no_top_up(decline: TopUpDecline | OwnDecline, policy: PolicyVersion) -> str:
    if isinstance(decline, OwnDecline):
        return decline.value
    return {
        TopUpDecline.BELOW_MINIMUM: f"below the smallest top-up of {policy.wallet.minimum_top_up:,} won",
        TopUpDecline.HOLDING_LIMIT: "more than a wallet may hold",
        TopUpDecline.TOP_UP_LIMIT: "beyond a limit on top-ups",
        TopUpDecline.WALLET_SUSPENDED: "the wallet is suspended",
    }[decline]


def _reward_kind(policy: PolicyVersion, layer: str) -> RewardKind:
    return next(each.reward_kind for each in policy.layers if each.id == layer)


def _returned(correction: Correction) -> list[tuple[str, int]]:
    """The won that each funder gets back; negative where later payments gain more."""
    accounts = {funder(name): name for name in FUNDERS}
    merchants = (won for account, won in correction.cashback.items() if account.startswith(merchant_reward("")))
    named = [(accounts[account], won) for account, won in correction.cashback.items() if account in accounts]
    own = sum(merchants)
    return [*named, *([(MERCHANT, own)] if own else [])]


def _back(correction: Correction) -> list[tuple[str, int]]:
    """The purses that a refund goes to, with the won for each."""
    recovered = [(CASHBACK, correction.recovered)] if correction.recovered else []
    return [*recovered, *((name, won) for name, won in correction.released if won)]


def _left(limit: Limit, before: WindowUsage, more: int = 0) -> int:
    amount = (limit.amount or 0) + before.carried.get(limit.id, 0)
    return max(amount - before.used.get(limit.id, 0) - more, 0)


def _cuts(
    layer: Layer,
    reward: LayerReward,
    before: WindowUsage,
    earlier: Mapping[str, int],
    pool: str,
) -> tuple[Cut, ...]:
    """List what cut the reward below what the layer's bands or steps give for the accepted part."""
    accepted = sum(portion.base for portion in reward.portions)
    if layer.steps is None:
        full = reward_of([(portion.base, portion.rate) for portion in reward.portions])
    elif layer.steps.per == "window":
        position = before.used.get(layer.spend_limits[0].id, 0)
        full = layer.steps.at(position + accepted) - layer.steps.at(position)
    else:
        full = layer.steps.at(accepted)
    uncut = reward.won if reward.uncut is None else reward.uncut
    capped = [limit for limit in layer.reward_limits if limit.amount is not None]
    tightest = min(capped, key=lambda limit: _left(limit, before, earlier[limit.id]), default=None)
    cuts = []
    rest = full
    if layer.most_at_once is not None and layer.most_at_once < rest:
        cuts.append(Cut("most_at_once", rest - layer.most_at_once))
        rest = layer.most_at_once
    if tightest is not None and (left := _left(tightest, before, earlier[tightest.id])) < rest:
        cuts.append(Cut(tightest.id, rest - left))
        rest = left
    if uncut < rest:
        cuts.append(Cut("the_price", rest - uncut))
    if reward.won < uncut:
        cuts.append(Cut(pool, uncut - reward.won))
    return tuple(cuts)


def _why_not(policy: PolicyVersion, layer: Layer, facts: Facts, base: int, before: WindowUsage) -> str:
    """Return the key of `WHY_NOT` that says why the layer accepts nothing of the base."""
    if not base:
        return "no_base"
    at = facts.accepted_at
    if any(at is None or not window.is_open(at) for window in layer.events):
        return "event_closed"
    if not layer.condition.holds(facts):
        return "condition"
    if any(limit.amount is not None and not _left(limit, before) for limit in layer.spend_limits):
        return "limit"
    alone = replace(policy, layers=(replace(layer, exclusive=None),))
    kinds = frozenset({layer.reward_kind})
    if evaluate(alone, facts, base, before.used, kinds=kinds, carried=before.carried).rewards:
        return "group"
    return "nothing_here"
