"""Rules for a layer beyond its shape: its bands or steps, limits, purse, group, pools and funders."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eeum.policy.reading import OWN_RATE
from eeum.policy.rules import AT_TOP_UP as GIVEN_AT_TOP_UP
from eeum.policy.rules import OFF_A_PRICE, PER_WINDOW, RewardKind
from eeum.policy.validation_conditions import AT_TOP_UP, Known, Problem, faults_of_condition


def faults_of_layer(
    path: str, layer: Mapping[str, Any], document: Mapping[str, Any], known: Known
) -> Iterator[Problem]:
    """Yield the faults of the layer at `path`, which has the right shape."""
    limits = {limit["id"]: limit for limit in document.get("limits", ())}
    at_top_up = layer.get("gives", "cashback") in GIVEN_AT_TOP_UP
    yield from _limits(path, layer, limits, "top_up" if at_top_up else "spend")
    counted = [limits[limit] for limit in layer.get("limits", ()) if limit in limits]
    counted = [limit for limit in counted if limit["measure"] != "reward"]
    yield from _how_much(path, layer, counted)
    yield from _where_to(path, layer, document)
    yield from _references(path, layer, document)
    yield from _funders(path, layer["funders"], at_top_up=at_top_up)
    if layer.get("when") is not None:
        yield from faults_of_condition(f"{path}.when", layer["when"], known, AT_TOP_UP if at_top_up else None)


def _limits(
    path: str, layer: Mapping[str, Any], limits: Mapping[str, Mapping[str, Any]], counts: str
) -> Iterator[Problem]:
    for position, limit in enumerate(layer.get("limits", ())):
        here = f"{path}.limits.{position}"
        if limit not in limits:
            yield here, "unknown_limit", f"{limit} is not the id of one of the policy's limits."
        elif limit in layer["limits"][:position]:
            yield here, "repeated_id", f"{limit} is listed twice."
        elif limits[limit]["measure"] not in (counts, "reward"):
            measure = limits[limit]["measure"]
            why = f"{limit} measures {measure}; a layer that gives {layer.get('gives', 'cashback')} uses limits of {counts} and reward."
            yield here, "measure_does_not_fit", why


def _how_much(path: str, layer: Mapping[str, Any], counted: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    bands, steps = layer.get("bands"), layer.get("steps")
    if bands is None and steps is None:
        yield (
            f"{path}.bands",
            "missing",
            'A layer says what it gives by bands or by steps, as in "bands": [{"from": 0, "up_to": null, "rate_basis_points": 1000}].',
        )
    elif bands is not None and steps is not None:
        yield f"{path}.steps", "bands_and_steps", "A layer gives by bands or by steps, not by both; make it two layers."
    elif bands is not None:
        yield from _bands(path, layer, bands, bool(counted))
        yield from _carried(path, bands, counted)
    elif steps is not None:
        yield from _steps(f"{path}.steps", steps, bool(counted))


def _bands(path: str, layer: Mapping[str, Any], bands: Sequence[Mapping[str, Any]], counted: bool) -> Iterator[Problem]:
    expected: int | None = 0
    for index, band in enumerate(bands):
        here = f"{path}.bands.{index}"
        if expected is None:
            yield here, "bands_overlap", "The band before has no end, so no band can follow it."
            return
        if band["from"] < expected:
            yield (
                here,
                "bands_overlap",
                f"It starts at {band['from']:,}, inside the band before, which ends at {expected:,}.",
            )
        elif band["from"] > expected:
            yield here, "bands_gap", f"Nothing is said about spend from {expected:,} to {band['from']:,}."
        if band["up_to"] is not None and band["up_to"] <= band["from"]:
            yield here, "band_empty", f"It ends at {band['up_to']:,}, not above its start at {band['from']:,}."
        expected = band["up_to"]
    if not counted and (len(bands) > 1 or bands[0]["up_to"] is not None):
        yield (
            f"{path}.limits",
            "bands_need_a_limit",
            (
                "Bands are read on the accumulated use of a spend limit, and the layer lists none; "
                "a limit whose amount is null only counts."
            ),
        )
    may_earn_nothing = any(band["rate_basis_points"] in (0, OWN_RATE) for band in bands[:-1])
    if may_earn_nothing and layer.get("counts", "accepted") == "accepted":
        yield (
            f"{path}.counts",
            "band_unreachable",
            (
                "A band of rate zero, or of the merchant's own rate, which may be zero, is followed by another, "
                "which spend that earns nothing never reaches; say counts: all."
            ),
        )
    if layer.get("gives") in GIVEN_AT_TOP_UP and any(band["rate_basis_points"] == OWN_RATE for band in bands):
        yield f"{path}.bands", "fact_not_known_at_top_up", "No shop is there at a top-up whose own rate could be given."


def _carried(path: str, bands: Sequence[Mapping[str, Any]], counted: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """A last band that ends below what usage can reach with an amount that was carried over."""
    if not counted or counted[0].get("carries_over_from") is None or counted[0]["amount"] is None:
        return
    end, reachable = bands[-1]["up_to"], 2 * counted[0]["amount"]
    if end is not None and end < reachable:
        why = f"{counted[0]['id']} can reach {reachable:,} with what is carried over, and the last band ends at {end:,}"
        yield f"{path}.bands.{len(bands) - 1}.up_to", "carried_beyond_bands", f"{why}; let it end there, or at null."


def _steps(path: str, steps: Mapping[str, Any], counted: bool) -> Iterator[Problem]:
    reached, every, gives = steps.get("reached"), steps.get("every"), steps.get("gives")
    if (reached is None) == (every is None) or (every is None) != (gives is None):
        example = '{"per": "payment", "every": 10000, "gives": 1000} or {"per": "payment", "reached": [{"from": 10000, "gives": 1000}]}'
        yield path, "steps_unclear", f"Steps are either reached, or every with gives: {example}."
    for index, (one, other) in enumerate(zip(reached or (), (reached or ())[1:], strict=False), start=1):
        if other["from"] <= one["from"] or other["gives"] <= one["gives"]:
            why = f"From {other['from']:,} on it gives {other['gives']:,}, which is not above the step before"
            yield f"{path}.reached.{index}", "steps_not_rising", f"{why}: from {one['from']:,}, {one['gives']:,}."
    for index, step in enumerate(reached or ()):
        if step["gives"] > step["from"]:
            yield (
                f"{path}.reached.{index}",
                "pays_more_than_everything",
                f"It gives {step['gives']:,} for {step['from']:,} won.",
            )
    if every is not None and gives is not None and gives > every:
        yield path, "pays_more_than_everything", f"It gives {gives:,} won for every {every:,}."
    if steps["per"] == PER_WINDOW and not counted:
        yield (
            path,
            "steps_need_a_limit",
            (
                "Steps per window are read on the accumulated use of a limit, and the layer lists none; "
                "a limit whose amount is null only counts."
            ),
        )


def _where_to(path: str, layer: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[Problem]:
    into, gives = layer.get("into", "cashback"), RewardKind(layer.get("gives", "cashback"))
    purses = {purse["id"] for purse in document.get("purses", ())}
    if into == "cashback":
        return
    if gives in OFF_A_PRICE:
        yield f"{path}.into", "discount_has_no_purse", "A discount makes the price less and goes into no purse."
    elif gives is RewardKind.PAYBACK:
        why = "A payback has a purse of its own, spendable from the 1st of the next month; leave into out."
        yield f"{path}.into", "payback_has_its_purse", why
    elif into == "charged" and gives is not RewardKind.TOP_UP_BONUS:
        yield f"{path}.into", "not_into_charged", "Only a top-up's bonus may go into the charged purse."
    elif into != "charged" and into not in purses:
        yield f"{path}.into", "unknown_purse", f"{into} is not the id of one of the policy's purses."


def _references(path: str, layer: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[Problem]:
    groups = {group["id"] for group in document.get("groups", ())}
    exclusive = layer.get("exclusive")
    if exclusive is not None and exclusive not in groups:
        yield f"{path}.exclusive", "unknown_group", f"{exclusive} is not the id of one of the policy's groups."
    pools = {pool["id"] for pool in document.get("pools", ())}
    for position, pool in enumerate(layer.get("pools", ())):
        if pool not in pools:
            yield f"{path}.pools.{position}", "unknown_pool", f"{pool} is not the id of one of the policy's pools."
        elif pool in layer["pools"][:position]:
            yield f"{path}.pools.{position}", "repeated_id", f"{pool} is listed twice."


def _funders(path: str, funders: Sequence[Mapping[str, Any]], *, at_top_up: bool) -> Iterator[Problem]:
    for name, times in Counter(funder["funder"] for funder in funders).items():
        if times > 1:
            yield f"{path}.funders", "repeated_funder", f"{name} is listed {times} times."
    if at_top_up and any(funder["funder"] == "merchant" for funder in funders):
        yield f"{path}.funders", "fact_not_known_at_top_up", "No shop is there at a top-up that could fund it."
