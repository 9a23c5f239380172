"""Which policy is in force when, the names of its windows, the purse of a reward: a second implementation, without the product's."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from eeum.policy.conditions import Facts
from eeum.policy.evaluation import evaluate
from eeum.policy.rules import Evaluation, Layer, Limit, PolicyVersion, RewardKind
from eeum.policy.windows import EVENT, Window
from tests.simulation.reference_of_facts import facts_of

Item = dict[str, Any]
HALF = 15


class Suspended(NamedTuple):
    start: datetime
    until: datetime
    layers: frozenset[str]


class Policies:
    """Versions in the order of their starts, with suspensions."""

    def __init__(self, versions: Sequence[PolicyVersion]) -> None:
        self.versions = sorted(versions, key=lambda version: version.starts_at)
        self.suspended: list[Suspended] = []
        self._without: dict[tuple[str, frozenset[str]], PolicyVersion] = {}
        self._open: dict[tuple[str, tuple[str, ...]], PolicyVersion] = {}

    def at(self, instant: datetime) -> PolicyVersion:
        version = [each for each in self.versions if each.starts_at <= instant][-1]
        gone = frozenset().union(*(each.layers for each in self.suspended if each.start <= instant < each.until))
        if not gone:
            return version
        known = (version.version, gone)
        if known not in self._without:
            left = tuple(layer for layer in version.layers if layer.id not in gone)
            self._without[known] = replace(version, layers=left)
        return self._without[known]

    def open_at(self, policy: PolicyVersion, at: datetime) -> PolicyVersion:
        """The policy without layers whose event is closed; limits of the others always apply, so that the evaluator need not check."""
        layers = [
            layer for layer in policy.layers if not layer.events or all(_is_open(each, at) for each in layer.events)
        ]
        known = (policy.version, tuple(layer.id for layer in layers))
        if known not in self._open:
            self._open[known] = replace(policy, layers=tuple(map(_always_open, layers)))
        return self._open[known]


def window_of(limit: Limit, at: str) -> str:
    """The name of a limit's window at an instant in Seoul, as usage is stored."""
    kind, until = limit.window.kind, limit.window.until
    names = {
        "month": at[:7],
        "half_month": f"{at[:7]}-{1 if int(at[8:10]) <= HALF else 2}",
        "year": at[:4],
        "event": f"until-{until.isoformat()[:7]}" if until else "",
    }
    return f"{limit.id}@{names[kind]}"


def window_before(limit: Limit, at: str) -> str | None:
    """The window before that of an instant, for carry-over; None if there is no carry-over."""
    if limit.carries_over_from is None or limit.amount is None:
        return None
    year, month, first_half = int(at[:4]), int(at[5:7]), int(at[8:10]) <= HALF
    last_year, last_month = (year, month - 1) if month > 1 else (year - 1, 12)
    name, start = {
        "month": (f"{last_year}-{last_month:02}", f"{last_year}-{last_month:02}-01"),
        "year": (f"{year - 1}", f"{year - 1}-01-01"),
        "half_month": (
            (f"{last_year}-{last_month:02}-2", f"{last_year}-{last_month:02}-16")
            if first_half
            else (f"{at[:7]}-1", f"{at[:7]}-01")
        ),
    }[limit.window.kind]
    begun = datetime.fromisoformat(f"{start}T00:00:00+09:00")
    return f"{limit.id}@{name}" if begun >= limit.carries_over_from else None


def carried(limit: Limit, used: Mapping[str, int], at: str) -> int:
    before = window_before(limit, at)
    return max((limit.amount or 0) - used.get(before, 0), 0) if before else 0


def judged_by(policy: PolicyVersion, gives: frozenset[RewardKind], at: str) -> set[str]:
    """The windows whose usage matters at an instant."""
    limits = [limit for layer in policy.layers if layer.reward_kind in gives for limit in layer.limits]
    return {window_of(limit, at) for limit in limits} | {
        before for limit in limits if (before := window_before(limit, at))
    }


def given(
    policies: Policies,
    policy: PolicyVersion,
    gives: frozenset[RewardKind],
    facts: Item,
    amount: int,
    base: int,
    used: Mapping[str, int],
    at: str,
    ceilings: Mapping[str, int],
) -> tuple[Evaluation, Counter[str]]:
    """The rewards of layers of this kind for a base of `base` won, and the windows that they use."""
    limits = {limit.id: limit for layer in policy.layers if layer.reward_kind in gives for limit in layer.limits}
    before = {name: used.get(window_of(limit, at), 0) for name, limit in limits.items()}
    more = {name: carried(limit, used, at) for name, limit in limits.items()}
    known = facts_at(facts, amount, at)
    open_now = policies.open_at(policy, datetime.fromisoformat(at))
    evaluation = evaluate(open_now, known, base, before, kinds=gives, carried=more, funded_amounts=ceilings)
    uses = Counter({window_of(limits[name], at): won for name, won in evaluation.used.items() if won})
    for name, won in evaluation.used.items():
        most = limits[name].amount
        within = most is None or not won or before[name] + won <= most + more[name]
        assert within, f"{name} is exceeded: {before[name]} + {won} of {most} + {more[name]}"
    return evaluation, uses


def _always_open(layer: Layer) -> Layer:
    return replace(layer, spend_limits=_always(layer.spend_limits), reward_limits=_always(layer.reward_limits))


def _always(limits: Sequence[Limit]) -> tuple[Limit, ...]:
    return tuple(
        replace(limit, window=Window(limit.window.kind)) if limit.window.kind == EVENT else limit for limit in limits
    )


def _is_open(window: Window, at: datetime) -> bool:
    """Whether an event is open: from its start until just before its end."""
    assert window.start is not None
    assert window.until is not None
    return window.start <= at < window.until


def facts_at(stored: Item, amount: int, at: str) -> Facts:
    """The facts of a payment of `amount` won; those of a top-up are the member's."""
    return replace(facts_of(stored), amount=amount, accepted_at=datetime.fromisoformat(at))


def purse_of(policy: PolicyVersion, layer: Layer, at: str) -> str:
    """The purse of a reward of `layer` for an acceptance at an instant."""
    year, month = int(at[:4]), int(at[5:7])
    if layer.reward_kind is RewardKind.PAYBACK:
        return f"payback@{_month(year, month + 1)}"
    if layer.into in ("cashback", "charged"):
        return layer.into
    listed = policy.purses[layer.into]
    if listed.months is not None:
        return f"{layer.into}@{_month(year, month + listed.months)}"
    return f"{layer.into}@{year + listed.years if listed.years is not None else 'always'}"


def _month(year: int, month: int) -> str:
    years, place = divmod(month - 1, 12)
    return f"{year + years}-{place + 1:02}"


def has_expired(purse: str, at: str) -> bool:
    name, of_rewards, until = purse.partition("@")
    return bool(of_rewards) and name != "payback" and until != "always" and at[: len(until)] > until


def check_spendable(policy: PolicyVersion, facts: Item, purses: Iterable[str], amount: int, at: str) -> None:
    """Check that rewards are spent when and where they may be."""
    for purse in purses:
        name, of_rewards, until = purse.partition("@")
        if not of_rewards:
            continue
        if name == "payback":
            assert at[:7] >= until, f"{purse} was spent at {at}"
        assert not has_expired(purse, at), f"{purse} was spent at {at}"
        listed = policy.purses.get(name)
        if listed is not None and listed.spendable_at is not None:
            assert listed.spendable_at.holds(facts_at(facts, amount, at)), f"{purse} was spent at {facts}"


def kind_of(purse: str) -> str:
    """The policy's word for a purse in its list of purses that earn."""
    if purse in ("charged", "cashback"):
        return purse
    return "rewards" if "@" in purse else "grants"
