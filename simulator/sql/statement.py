"""One statement for a policy version and a month: a row for each payment, with what every layer and funder gives for it.

The rows of a member's month are ordered by `accepted_at` and `payment`, which is unique: no window leaves open which of two comes first.
"""

from dataclasses import dataclass

from eeum.calendar import Month, milliseconds_of, next_month, start_of_month
from eeum.policy.rules import Layer, PolicyVersion
from simulator.payments import RELATION
from simulator.sql.conditions import TRUE, condition, text
from simulator.sql.coverage import reward_limits_of
from simulator.sql.rewards import earned, split, within
from simulator.sql.spend import (
    SpendLimit,
    ceiling_of,
    counted,
    position_after,
    position_before,
    rounds,
    spend_limits_of,
)

USES, CARRIED = "uses", "carried"
"""Relations that pass what was used from one version of a month to the next."""

KEY = ("member", "accepted_at", "payment")
WINDOW = "PARTITION BY member ORDER BY accepted_at, payment ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"


def layer_column(layer: int) -> str:
    return f"layer_{layer}"


def funder_column(layer: int, funder: int) -> str:
    return f"layer_{layer}_funder_{funder}"


@dataclass(frozen=True, slots=True)
class _Step:
    """A named step of the statement: it adds columns to those of the step before."""

    name: str
    columns: tuple[str, ...]


def rewards_of_month(policy: PolicyVersion, month: Month) -> str:
    """The statement that replays the payments of one calendar month in Seoul as if `policy` were in force in all of it."""
    start, end = (milliseconds_of(start_of_month(each)) for each in (month, next_month(month)))
    return rewards_between(policy, start, end)


def rewards_between(policy: PolicyVersion, start: int, end: int, *, carried: bool = False) -> str:
    """The same for the part of a month from `start` to before `end`, in milliseconds since 1970.

    `carried` when other versions were in force before in the month: what they used of the limits is then in `CARRIED`
    (`carried_uses`).
    """
    limits = spend_limits_of(policy)
    facts = _facts(policy, limits, carried=carried)
    where = f"accepted_at >= {start} AND accepted_at < {end}"
    steps = [
        *_spend_sums(limits, carried=carried),
        _positions(limits, carried=carried),
        _earned(policy, limits),
        *_reward_limits(policy, carried=carried),
    ]
    return _statement(f"{facts} WHERE {where}", steps, _result(policy, limits))


def carried_uses(policy: PolicyVersion) -> str:
    """What a month has used of the policy's limits by member, in the columns that its statement joins, from `USES`.

    A row of `USES` has a member, a limit's id, and its use: of spend after one version, of reward under one.
    """
    spends = [
        f"CAST(MAX(CASE WHEN limit_id = {text(limit.limit.id)} THEN used ELSE 0 END) AS BIGINT) AS {limit.carried}"
        for limit in spend_limits_of(policy)
    ]
    rewards = [
        f"CAST(SUM(CASE WHEN limit_id = {text(limit)} THEN used ELSE 0 END) AS BIGINT) AS carried_reward_{number}"
        for number, limit in enumerate(reward_limits_of(policy))
    ]
    return f"SELECT {', '.join(['member AS of_member', *spends, *rewards])} FROM {USES} GROUP BY member"


def _facts(policy: PolicyVersion, limits: tuple[SpendLimit, ...], *, carried: bool) -> str:
    """The payments, with what of each earns, and how far it may bring each spend limit."""
    base = " + ".join(f"CAST(won_{purse} AS BIGINT)" for purse in sorted(policy.earns_from))
    if policy.ends_at is not None:
        base = f"CASE WHEN accepted_at < {milliseconds_of(policy.ends_at)} THEN {base} ELSE 0 END"
    holds = [
        f"{condition(layer.condition)} AS {column}"
        for place, layer in enumerate(policy.layers)
        if (column := _holds(place, layer)) is not None
    ]
    own_rate = ["CAST(merchant_own_rate AS BIGINT) AS merchant_own_rate"] if _uses_own_rate(policy) else []
    ceilings = [f"CAST({ceiling_of(limit)} AS BIGINT) AS ceiling_{limit.place}" for limit in limits]
    columns = [*KEY, "merchant_district", f"{base} AS base", *own_rate, *holds, *ceilings]
    if not carried:
        return f"SELECT {', '.join(columns)} FROM {RELATION}"
    names = [limit.carried for limit in limits]
    names += [f"carried_reward_{number}" for number in range(len(reward_limits_of(policy)))]
    columns += [f"COALESCE({name}, 0) AS {name}" for name in names]
    return f"SELECT {', '.join(columns)} FROM {RELATION} LEFT JOIN {CARRIED} ON member = of_member"


def _holds(place: int, layer: Layer) -> str | None:
    """The column that says whether the layer's condition holds; None where it always does."""
    return None if condition(layer.condition) == TRUE else f"holds_{place}"


def _uses_own_rate(policy: PolicyVersion) -> bool:
    return any(band.rate is None for layer in policy.layers for band in layer.bands)


def _spend_sums(limits: tuple[SpendLimit, ...], *, carried: bool) -> list[_Step]:
    """For each round, what counts of every payment and the sum of what counted before it."""
    steps = []
    for number in range(rounds(limits)):
        inflows = {limit.place: inflow for limit in limits if (inflow := counted(limit, number)) is not None}
        steps.append(
            _Step(
                f"counted_{number}", tuple(f"{inflow} AS inflow_{place}_{number}" for place, inflow in inflows.items())
            )
        )
        steps.append(
            _Step(
                f"summed_{number}",
                tuple(
                    _before(
                        f"inflow_{place}_{number}", f"before_{place}_{number}", f"carried_{place}" if carried else None
                    )
                    for place in inflows
                ),
            )
        )
    return steps


def _before(column: str, name: str, carried: str | None) -> str:
    """The sum of a column over the payments before the row's, within the member's month, on top of what was carried."""
    before = f"CAST(SUM({column}) OVER ({WINDOW}) AS BIGINT) - {column}"
    return f"{carried} + {before} AS {name}" if carried else f"{before} AS {name}"


def _positions(limits: tuple[SpendLimit, ...], *, carried: bool) -> _Step:
    """Where each limit stands before and after the payment, and up to where the limit lets it earn."""
    columns = [f"{position_before(limit, carried=carried)} AS start_{limit.place}" for limit in limits]
    columns += [f"{position_after(limit, carried=carried)} AS {limit.used}" for limit in limits]
    columns += [f"{_top(limit, position_before(limit, carried=carried))} AS top_{limit.place}" for limit in limits]
    return _Step("positions", tuple(columns))


def _top(limit: SpendLimit, start: str) -> str:
    if limit.limit.amount is None:
        return f"{start} + base"
    return f"GREATEST({start}, LEAST({start} + base, {limit.limit.amount}))"


def _earned(policy: PolicyVersion, limits: tuple[SpendLimit, ...]) -> _Step:
    of = {limit.limit.id: limit for limit in limits}
    return _Step(
        "earned",
        tuple(
            f"{earned(layer, of.get(layer.spend_limits[0].id) if layer.spend_limits else None, _holds(place, layer))}"
            f" AS won_{place}_0"
            for place, layer in enumerate(policy.layers)
        ),
    )


def _reward_limits(policy: PolicyVersion, *, carried: bool) -> list[_Step]:
    """Each reward limit in turn cuts what its layers earn; `won_<layer>_<n>` is what n limits have left of it."""
    steps = []
    cuts = [0] * len(policy.layers)
    for number, (limit, layers) in enumerate(reward_limits_of(policy).items()):
        amount = _amount(policy, limit)
        won = tuple(f"won_{layer}_{cuts[layer]}" for layer in layers)
        steps.append(_Step(f"claimed_{number}", (f"{' + '.join(won)} AS claim_{number}",)))
        carried_use = f"carried_reward_{number}" if carried else None
        steps.append(_Step(f"claims_{number}", (_before(f"claim_{number}", f"claimed_before_{number}", carried_use),)))
        left = f"GREATEST(0, {amount} - claimed_before_{number})"
        steps.append(
            _Step(
                f"left_{number}",
                tuple(
                    f"{within(won, place, left)} AS won_{layer}_{cuts[layer] + 1}" for place, layer in enumerate(layers)
                ),
            )
        )
        for layer in layers:
            cuts[layer] += 1
    return steps


def _amount(policy: PolicyVersion, limit_id: str) -> int:
    return next(
        limit.amount
        for layer in policy.layers
        for limit in layer.reward_limits
        if limit.id == limit_id and limit.amount is not None
    )


def _result(policy: PolicyVersion, limits: tuple[SpendLimit, ...]) -> list[str]:
    """The columns of the statement's rows."""
    columns = [*KEY, "merchant_district", "base", *(limit.used for limit in limits)]
    for place, layer in enumerate(policy.layers):
        won = f"won_{place}_{_limits_with_amount(layer)}"
        columns.append(f"{won} AS {layer_column(place)}")
        for funder, part in enumerate(split(won, layer.shares)):
            columns.append(f"{part} AS {funder_column(place, funder)}")
    return columns


def _limits_with_amount(layer: Layer) -> int:
    return len([limit for limit in layer.reward_limits if limit.amount is not None])


def _statement(facts: str, steps: list[_Step], result: list[str]) -> str:
    """Every step selects from the one before it, the first from the facts."""
    texts, before = [f"facts AS ({facts})"], "facts"
    for step in steps:
        if step.columns:
            texts.append(f"{step.name} AS (SELECT {before}.*, {', '.join(step.columns)} FROM {before})")
            before = step.name
    with_steps = ",\n".join(texts)
    return f"WITH {with_steps}\nSELECT {', '.join(result)} FROM {before}"
