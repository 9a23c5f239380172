"""Write one statement for a policy version and a part of a month: a row per payment with the won of every layer and funder.

Windows order a member's rows by `accepted_at` and `payment`, which is unique, so that the order is always defined.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from eeum.calendar import milliseconds_of, month_of, start_of_month
from eeum.policy.conditions import Always
from eeum.policy.rules import Layer, PolicyVersion
from simulator.payments import RELATION
from simulator.sql.conditions import condition, text
from simulator.sql.coverage import pools_of, reward_limits_of
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
"""Relations that carry limit usage from one part of a window to the next."""

NO_POOLS: Mapping[str, int] = {}

KEY = ("member", "accepted_at", "payment")
CITYWIDE = "ORDER BY accepted_at, payment ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
WINDOW = "PARTITION BY member ORDER BY accepted_at, payment ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"


def layer_column(layer: int) -> str:
    return f"layer_{layer}"


def funder_column(layer: int, funder: int) -> str:
    return f"layer_{layer}_funder_{funder}"


@dataclass(frozen=True, slots=True)
class _Step:
    """A named step of the statement, which adds columns to those of the step before."""

    name: str
    columns: tuple[str, ...]


def rewards_between(
    policy: PolicyVersion, start: int, end: int, *, carried: bool = False, left: Mapping[str, int] = NO_POOLS
) -> str:
    """Return the statement that replays the payments from `start` until `end` (exclusive), all of one month in Seoul.

    Instants are milliseconds since 1970. Pass `carried` when limits may have been used before in their windows; `CARRIED` then has
    that usage (`carried_uses`). `left` is the won left in each pool.
    """
    month_start = milliseconds_of(start_of_month(month_of(datetime.fromtimestamp(start / 1000, UTC))))
    limits = spend_limits_of(policy)
    facts = _facts(policy, limits, month_start, carried=carried)
    where = f"accepted_at >= {start} AND accepted_at < {end}"
    steps = [
        _ceilings(policy, limits),
        *_spend_sums(limits, carried=carried),
        _positions(limits, carried=carried),
        _earned(policy, limits),
        *_reward_limits(policy, carried=carried),
        *_pools(policy, left),
    ]
    return _statement(f"{facts} WHERE {where}", steps, _result(policy, limits))


def carried_uses(policy: PolicyVersion, keys: Mapping[str, str]) -> str:
    """Return the query for members' limit usage from `USES`, in the columns that the statement joins.

    A row of `USES` has a member, the key of a limit in its window (`keys`, by the limit's id), and won: the total usage of a spend
    limit, or a part of a reward limit's usage.
    """
    spends = [
        f"CAST(MAX(CASE WHEN limit_key = {text(keys[limit.limit.id])} THEN used ELSE 0 END) AS BIGINT) AS {limit.carried}"
        for limit in spend_limits_of(policy)
    ]
    rewards = [
        f"CAST(SUM(CASE WHEN limit_key = {text(keys[limit])} THEN used ELSE 0 END) AS BIGINT) AS carried_reward_{number}"
        for number, limit in enumerate(reward_limits_of(policy))
    ]
    return f"SELECT {', '.join(['member AS of_member', *spends, *rewards])} FROM {USES} GROUP BY member"


def _facts(policy: PolicyVersion, limits: tuple[SpendLimit, ...], month_start: int, *, carried: bool) -> str:
    """The step that selects payments, with the base of each and whether each layer's condition holds."""
    # A version with an open discount has no statement. So a discount in the payments counts as paid from the loaded balance.
    earning = sorted({*policy.earns_from, *({"discount"} if "charged" in policy.earns_from else ())})
    base = " + ".join(f"CAST(won_{purse} AS BIGINT)" for purse in earning) or "0"
    if policy.ends_at is not None:
        base = f"CASE WHEN accepted_at < {milliseconds_of(policy.ends_at)} THEN {base} ELSE 0 END"
    holds = [
        f"{condition(layer.condition, month_start)} AS {column}"
        for layer, column in zip(policy.layers, _holds(policy).values(), strict=True)
        if column is not None
    ]
    own_rate = ["CAST(merchant_own_rate AS BIGINT) AS merchant_own_rate"] if _uses_own_rate(policy) else []
    columns = [*KEY, "merchant_district", f"{base} AS base", *own_rate, *holds]
    if not carried:
        return f"SELECT {', '.join(columns)} FROM {RELATION}"
    names = [limit.carried for limit in limits]
    names += [f"carried_reward_{number}" for number in range(len(reward_limits_of(policy)))]
    columns += [f"COALESCE({name}, 0) AS {name}" for name in names]
    return f"SELECT {', '.join(columns)} FROM {RELATION} LEFT JOIN {CARRIED} ON member = of_member"


def _holds(policy: PolicyVersion) -> dict[str, str | None]:
    """The column of each layer's condition; None where it always holds."""
    return {
        layer.id: None if isinstance(layer.condition, Always) else f"holds_{place}"
        for place, layer in enumerate(policy.layers)
    }


def _ceilings(policy: PolicyVersion, limits: tuple[SpendLimit, ...]) -> _Step:
    """The step that adds each payment's ceiling for each spend limit."""
    holds = _holds(policy)
    return _Step(
        "accepted",
        tuple(f"CAST({ceiling_of(limit, holds)} AS BIGINT) AS ceiling_{limit.place}" for limit in limits),
    )


def _uses_own_rate(policy: PolicyVersion) -> bool:
    return any(band.rate is None for layer in policy.layers for band in layer.bands)


def _spend_sums(limits: tuple[SpendLimit, ...], *, carried: bool) -> list[_Step]:
    """The steps of each round: the won of every payment that count, and their sum before it."""
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
    """The sum of a column over the member's earlier payments of the month, plus the usage carried in."""
    before = f"CAST(SUM({column}) OVER ({WINDOW}) AS BIGINT) - {column}"
    return f"{carried} + {before} AS {name}" if carried else f"{before} AS {name}"


def _positions(limits: tuple[SpendLimit, ...], *, carried: bool) -> _Step:
    """The step that adds each limit's usage before and after the payment, and the usage up to which it may earn."""
    columns = [f"{position_before(limit, carried=carried)} AS start_{limit.place}" for limit in limits]
    columns += [f"{position_after(limit, carried=carried)} AS {limit.used}" for limit in limits]
    columns += [f"{_top(limit, position_before(limit, carried=carried))} AS top_{limit.place}" for limit in limits]
    return _Step("positions", tuple(columns))


def _top(limit: SpendLimit, start: str) -> str:
    if limit.limit.amount is None:
        return f"{start} + base"
    return f"GREATEST({start}, LEAST({start} + base, {limit.limit.amount}))"


def _earned(policy: PolicyVersion, limits: tuple[SpendLimit, ...]) -> _Step:
    of, holds = {limit.limit.id: limit for limit in limits}, _holds(policy)
    return _Step(
        "earned",
        tuple(
            f"{earned(layer, of.get(layer.spend_limits[0].id) if layer.spend_limits else None, holds[layer.id])}"
            f" AS won_{place}_0"
            for place, layer in enumerate(policy.layers)
        ),
    )


def _reward_limits(policy: PolicyVersion, *, carried: bool) -> list[_Step]:
    """The steps in which each reward limit cuts its layers' rewards; `won_<layer>_<n>` is the reward after n limits."""
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


def _pools(policy: PolicyVersion, left: Mapping[str, int]) -> list[_Step]:
    """The steps in which each pool cuts its layers' rewards over all members, in order; a layer draws on at most one pool."""
    steps = []
    for number, (pool, layers) in enumerate(pools_of(policy).items()):
        won = tuple(f"won_{layer}_{_limits_with_amount(policy.layers[layer])}" for layer in layers)
        steps.append(_Step(f"drawn_{number}", (f"{' + '.join(won)} AS draw_{number}",)))
        before = f"CAST(SUM(draw_{number}) OVER ({CITYWIDE}) AS BIGINT) - draw_{number} AS drawn_before_{number}"
        steps.append(_Step(f"draws_{number}", (before,)))
        rest = f"GREATEST(0, {left[pool]} - drawn_before_{number})"
        cut = tuple(f"{within(won, place, rest)} AS funded_{layer}" for place, layer in enumerate(layers))
        steps.append(_Step(f"pooled_{number}", cut))
    return steps


def _amount(policy: PolicyVersion, limit_id: str) -> int:
    return next(
        limit.amount
        for layer in policy.layers
        for limit in layer.reward_limits
        if limit.id == limit_id and limit.amount is not None
    )


def _result(policy: PolicyVersion, limits: tuple[SpendLimit, ...]) -> list[str]:
    """The columns of the statement's result."""
    columns = [*KEY, "merchant_district", "base", *(limit.used for limit in limits)]
    for place, layer in enumerate(policy.layers):
        won = f"funded_{place}" if layer.pools else f"won_{place}_{_limits_with_amount(layer)}"
        columns.append(f"{won} AS {layer_column(place)}")
        for funder, part in enumerate(split(won, layer.shares)):
            columns.append(f"{part} AS {funder_column(place, funder)}")
    return columns


def _limits_with_amount(layer: Layer) -> int:
    return len([limit for limit in layer.reward_limits if limit.amount is not None])


def _statement(facts: str, steps: list[_Step], result: list[str]) -> str:
    """Join the steps into one statement; each step selects from the one before it."""
    texts, before = [f"facts AS ({facts})"], "facts"
    for step in steps:
        if step.columns:
            texts.append(f"{step.name} AS (SELECT {before}.*, {', '.join(step.columns)} FROM {before})")
            before = step.name
    with_steps = ",\n".join(texts)
    return f"WITH {with_steps}\nSELECT {', '.join(result)} FROM {before}"
