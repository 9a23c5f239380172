"""Limits over half months, months, years and events, with carry-overs: posted, cancelled and posted late, in any order.

The result must equal a sum over the surviving payments, computed here window by window without the accrual's code.
"""

import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from eeum.calendar import SEOUL
from eeum.cashback.rules import Correction, Earning
from eeum.cashback.sources import Entry
from eeum.payments.rules import Payment
from eeum.policy.conditions import Between
from eeum.policy.evaluation import evaluate
from eeum.policy.rules import Limit, PolicyVersion
from eeum.policy.use_cases import PolicyBook
from eeum.policy.windows import EVENT, HALF_MONTH, MONTH, YEAR, Window
from eeum.storage import Table
from eeum.wallet.rules import Wallet
from tests.unit.policy.policy_documents import layer, policy
from tests.use_cases.world import World

START = datetime(2019, 1, 1, tzinfo=SEOUL)
FESTIVAL = Window(EVENT, datetime(2020, 11, 20, tzinfo=SEOUL), datetime(2021, 2, 10, tzinfo=SEOUL))


def _policy(**limits: Limit) -> PolicyVersion:
    """A layer with a band edge for each spend limit; the layers share the reward limit, and one is for large payments only."""
    rewards = ["reward"] if "reward" in limits else []
    spends = [name for name in limits if name != "reward"]
    layers = [
        layer(name, [(7_000, 1_000), (None, 100)], [name, *rewards], [("national", 1), ("city", 2)]) for name in spends
    ]
    made = policy(
        [(name, limit.measure, limit.amount) for name, limit in limits.items()],
        *layers,
        layer("big", [(None, 50)]),
    )
    changed = [
        replace(
            each,
            spend_limits=tuple(limits[limit.id] for limit in each.spend_limits),
            reward_limits=tuple(limits[limit.id] for limit in each.reward_limits),
        )
        for each in made.layers[:-1]
    ]
    big = replace(made.layers[-1], condition=Between("amount", 4_999, None))
    return replace(made, starts_at=START, layers=(*changed, big))


YEARLY = _policy(
    year=Limit("year", "spend", 20_000, Window(YEAR)),
    half=Limit("half", "spend", 5_000, Window(HALF_MONTH)),
    reward=Limit("reward", "reward", 1_500, Window(MONTH)),
)
EVENTFUL = _policy(
    festival=Limit("festival", "spend", 12_000, FESTIVAL),
    month=Limit("month", "spend", 9_000, Window(MONTH)),
    reward=Limit("reward", "reward", 2_000, Window(YEAR)),
)
CARRYING = _policy(
    month=Limit("month", "spend", 6_000, Window(MONTH), datetime(2020, 12, 1, tzinfo=SEOUL)),
    half=Limit("half", "spend", 4_000, Window(HALF_MONTH), datetime(2021, 1, 16, tzinfo=SEOUL)),
    reward=Limit("reward", "reward", 2_500, Window(YEAR), datetime(2020, 1, 1, tzinfo=SEOUL)),
)
LATER = replace(YEARLY, version="later", starts_at=datetime(2021, 1, 20, tzinfo=SEOUL))
BOOKS = [[YEARLY], [EVENTFUL], [CARRYING], [EVENTFUL, LATER], [YEARLY, replace(CARRYING, starts_at=LATER.starts_at)]]


@dataclass(frozen=True)
class Step:
    """A payment of `amount` at `at`, or the cancellation of `share` per cent of an earlier one; posted at once or at the end."""

    at: datetime
    amount: int
    cancels: int | None
    late: bool


steps = st.lists(
    st.builds(
        Step,
        st.integers(0, 430).map(lambda days: datetime(2020, 11, 1, 12, tzinfo=SEOUL) + timedelta(days=days)),
        st.integers(1, 9_000),
        st.none() | st.none() | st.integers(0, 9),
        st.booleans(),
    ),
    min_size=2,
    max_size=12,
)


@settings(max_examples=120)
@given(steps, st.sampled_from(BOOKS), st.randoms(use_true_random=False))
def test_the_result_is_what_the_policies_give_for_surviving_payments(
    steps: list[Step], versions: list[PolicyVersion], order: random.Random
) -> None:
    world, payer = _world(versions)
    shop = world.shop()
    payments: list[Payment] = []
    late: list[Entry] = []
    cancelled: Counter[str] = Counter()
    for step in sorted(steps, key=lambda step: step.at):
        world.now = step.at
        entry: Entry
        if step.cancels is None or not payments:
            entry = world.pay(payer, shop, step.amount).entry
            payments.append(entry)
        else:
            payment = payments[step.cancels % len(payments)]
            left = payment.order.amount - cancelled[payment.acceptance.digest]
            if not left:
                continue
            won = min(step.amount, left)
            cancelled[payment.acceptance.digest] += won
            entry = world.cancel(payment, won).entry
        if step.late:
            late.append(entry)
        else:
            assert world.accrue(entry) == []
    order.shuffle(late)
    for entry in late:
        assert world.accrue(entry) == []
    _check(world, payer, versions, payments)


def _world(versions: list[PolicyVersion]) -> tuple[World, Wallet]:
    world = World(now=datetime(2020, 9, 1, tzinfo=SEOUL))
    world.shop()
    terms = world.policies.running_at(world.now).merchants
    world.policies = PolicyBook([replace(version, merchants=terms) for version in versions])
    world.now = datetime(2020, 11, 1, tzinfo=SEOUL)
    return world, world.member(charged=10_000_000)


def _check(world: World, payer: Wallet, versions: list[PolicyVersion], payments: list[Payment]) -> None:
    months = sorted(
        {entry["sk"].split("#")[1] for entry in world.memory.items(Table.LEDGER) if entry["kind"] == "earning"}
    )
    earnings: list[Earning] = []
    standing: dict[int, Counter[str]] = {}
    lost: Counter[str] = Counter()
    for month in months:
        earnings += world.earnings(payer, month)
    for earning in earnings:
        standing[earning.number] = Counter({reward.layer: reward.won for reward in earning.rewards})
    stated: Counter[str] = Counter()
    for month in months:
        book = world.book(payer, month)
        stating: list[Earning | Correction] = [*book.earnings, *book.corrections]
        for each in stating:
            stated.update({key if "@" in key else f"{key}@{each.month}": won for key, won in each.used.items()})
        for correction in book.corrections:
            for change in correction.changes:
                standing[change.number][change.layer] += change.won
            for cancelled in correction.cancelled:
                lost[cancelled.payment] += cancelled.won
    used: Counter[str] = Counter()
    for earning in sorted(earnings, key=lambda earning: earning.number):
        version = [each for each in versions if each.starts_at <= earning.accepted_at][-1]
        facts = next(each for each in payments if each.acceptance.digest == earning.digest).facts
        survives = earning.end - lost[earning.digest]
        limits = {limit.id: limit for each in version.layers for limit in each.limits}
        names = {name: _name(limit, earning.accepted_at) for name, limit in limits.items()}
        evaluation = evaluate(
            version,
            replace(facts, amount=survives, accepted_at=earning.accepted_at),
            survives,
            {name: used[f"{name}@{window}"] for name, window in names.items()},
            carried={name: _carried(limit, earning.accepted_at, used) for name, limit in limits.items()},
        )
        assert +standing[earning.number] == +Counter({each.layer: each.won for each in evaluation.rewards}), earning
        used.update({f"{name}@{names[name]}": won for name, won in evaluation.used.items()})
    assert +stated == +used
    after = world.wallet(payer.id)
    assert after.balance("cashback") == sum(sum(rewards.values()) for rewards in standing.values())
    for key, won in after.usage.items():
        assert used[key] == won, (key, won, used)


def _name(limit: Limit, at: datetime) -> str:
    day = at.astimezone(SEOUL)
    return {
        "month": f"{day:%Y-%m}",
        "half_month": f"{day:%Y-%m}-{1 if day.day < 16 else 2}",
        "year": f"{day:%Y}",
        "event": "until-2021-02",
    }[limit.window.kind]


def _carried(limit: Limit, at: datetime, used: Counter[str]) -> int:
    """The part of `amount` left in the window before, if it began late enough."""
    if limit.carries_over_from is None or limit.amount is None:
        return 0
    day = at.astimezone(SEOUL)
    starts = {
        "month": day.replace(day=1),
        "half_month": day.replace(day=1 if day.day < 16 else 16),
        "year": day.replace(month=1, day=1),
    }
    before = starts[limit.window.kind].replace(hour=0) - timedelta(seconds=1)
    began = {
        "month": before.replace(day=1),
        "half_month": before.replace(day=1 if before.day < 16 else 16),
        "year": before.replace(month=1, day=1),
    }[limit.window.kind].replace(hour=0, minute=0, second=0)
    if began < limit.carries_over_from:
        return 0
    return max(limit.amount - used[f"{limit.id}@{_name(limit, before)}"], 0)
