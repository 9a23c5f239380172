"""What the parts of a policy document must be to one another, beyond their shape; each fault with its path, code and reason."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import Any

from eeum.money import BASIS_POINTS_OF_THE_WHOLE
from eeum.policy.conditions import CHANNELS, METHODS
from eeum.policy.reading import OWN_RATE, period_of

Problem = tuple[str, str, str]
"""Path in the document, stable code, and what is wrong in a sentence."""

DEEPEST_CONDITION = 10
TOO_DEEP = "conditions_too_deep"
NESTED_TOO_DEEP = f"Conditions are nested more than {DEEPEST_CONDITION} deep."


MOST_PROBLEMS = 20
"""As many faults of a document are told, and no more are looked for."""

RESERVED_NAMES = frozenset({"in_force", "history", "coming"})
"""Names that stand for something else in the API's paths: `/policies/in_force`."""


@dataclass(frozen=True, slots=True)
class _Known:
    """The names that conditions may compare a fact with, by the fact: those of the document, and the language's own."""

    names: Mapping[str, tuple[frozenset[str], str, str]]
    """By fact: the names, what each is, and where they are listed."""

    @classmethod
    def of(cls, merchants: Mapping[str, Any]) -> "_Known":
        return cls(
            {
                "merchant_district": (frozenset(merchants["districts"]), "district", "merchants.districts"),
                "merchant_category": (frozenset(merchants["categories"]), "category", "merchants.categories"),
                "channel": (CHANNELS, "channel", ", ".join(sorted(CHANNELS))),
                "method": (METHODS, "method", ", ".join(sorted(METHODS))),
            }
        )


def problems_of(document: Mapping[str, Any]) -> list[Problem]:
    """The first faults of a document that has the right shape (see `eeum.policy.documents`)."""
    known = _Known.of(document["merchants"])
    found = chain(
        _name(document),
        _repeated(document),
        _period(document),
        _wallet(document["wallet"]),
        _excluded(document["merchants"]),
        *(_layer(index, layer, document, known) for index, layer in enumerate(document["layers"])),
        _total_rate(document["layers"]),
    )
    return list(islice(found, MOST_PROBLEMS))


def problems_beside(document: Mapping[str, Any], stored: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """What a version may not be beside those of its programme that are stored: a limit's id measures the same in all.

    Faults among the stored ones are not its own.
    """
    for limit in document["limits"]:
        for other in stored:
            if any(each["id"] == limit["id"] and each["measure"] != limit["measure"] for each in other["limits"]):
                why = f"{limit['id']} measures {limit['measure']} here and something else in {other['version']}"
                yield "limits", "measure_changed", f"{why}; its use carries over, so it needs a new id."
                break


def problems_of_history(documents: Sequence[dict[str, Any]]) -> Iterator[Problem]:
    """What the versions of one programme must be to one another; `documents` are canonical.

    No two share a start or a name, and a limit's id measures the same in all, since its use carries over.
    """
    measures: dict[str, str] = {}
    names: set[str] = set()
    starts: dict[datetime, str] = {}
    for document in sorted(documents, key=_start_of):
        name, starts_at = document["version"], _start_of(document)
        if document["programme"] != documents[0]["programme"]:
            yield (
                "programme",
                "other_programme",
                f"{name} is of {document['programme']}, not of {documents[0]['programme']}.",
            )
        if name in names:
            yield "version", "repeated_version", f"Two versions have the name {name}."
        elif starts_at in starts:
            yield "starts_at", "repeated_version", f"{starts[starts_at]} and {name} start at the same instant."
        names.add(name)
        starts[starts_at] = name
        for limit in document["limits"]:
            before = measures.setdefault(limit["id"], limit["measure"])
            if before != limit["measure"]:
                why = f"{limit['id']} measures {limit['measure']} in {name} and {before} before"
                yield "limits", "measure_changed", f"{why}; its use carries over, so it needs a new id."


def _start_of(document: Mapping[str, Any]) -> datetime:
    return period_of(document)[0]


def _name(document: Mapping[str, Any]) -> Iterator[Problem]:
    if document["version"] in RESERVED_NAMES:
        yield (
            "version",
            "reserved_name",
            f"{document['version']} means something else in the API; a version needs another name.",
        )


def _repeated(document: Mapping[str, Any]) -> Iterator[Problem]:
    for part in ("limits", "layers"):
        for name, times in Counter(item["id"] for item in document.get(part, ())).items():
            if times > 1:
                yield part, "repeated_id", f"{times} {part} have the id {name}; an id names one."


def _period(document: Mapping[str, Any]) -> Iterator[Problem]:
    starts_at, ends_at = period_of(document)
    if ends_at is not None and ends_at <= starts_at:
        yield "ends_at", "ends_before_start", "The version ends at or before its start."


def _wallet(wallet: Mapping[str, Any]) -> Iterator[Problem]:
    if wallet["holding_limit_verified"] < wallet["holding_limit"]:
        yield "wallet.holding_limit_verified", "limits_reversed", "A verified member may hold no less than another."
    if wallet["minimum_top_up"] > wallet["holding_limit"]:
        yield "wallet.minimum_top_up", "limits_reversed", "The smallest top-up is larger than what a wallet may hold."


def _excluded(merchants: Mapping[str, Any]) -> Iterator[Problem]:
    known = frozenset(merchants["categories"])
    for index, category in enumerate(merchants.get("excluded_categories", ())):
        if category not in known:
            path = f"merchants.excluded_categories.{index}"
            yield path, "unknown_category", f"{category} is not one of merchants.categories."


def _layer(index: int, layer: Mapping[str, Any], document: Mapping[str, Any], known: _Known) -> Iterator[Problem]:
    path = f"layers.{index}"
    measures = {limit["id"]: limit["measure"] for limit in document.get("limits", ())}
    for position, limit in enumerate(layer.get("limits", ())):
        if limit not in measures:
            yield f"{path}.limits.{position}", "unknown_limit", f"{limit} is not the id of one of the policy's limits."
        elif limit in layer["limits"][:position]:
            yield f"{path}.limits.{position}", "repeated_id", f"{limit} is listed twice."
    counted = any(measures.get(limit) == "spend" for limit in layer.get("limits", ()))
    yield from _bands(path, layer, counted)
    yield from _funders(path, layer["funders"])
    if layer.get("when") is not None:
        yield from _condition(f"{path}.when", layer["when"], known)


def _bands(path: str, layer: Mapping[str, Any], counted: bool) -> Iterator[Problem]:
    bands = layer["bands"]
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


def _funders(path: str, funders: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    for name, times in Counter(funder["funder"] for funder in funders).items():
        if times > 1:
            yield f"{path}.funders", "repeated_funder", f"{name} is listed {times} times."


def _condition(path: str, condition: Mapping[str, Any], known: _Known, depth: int = 1) -> Iterator[Problem]:
    if depth > DEEPEST_CONDITION:
        yield path, TOO_DEEP, NESTED_TOO_DEEP
        return
    for joint in ("all", "any"):
        for index, part in enumerate(condition.get(joint, ())):
            yield from _condition(f"{path}.{joint}.{index}", part, known, depth + 1)
    if "not" in condition:
        yield from _condition(f"{path}.not", condition["not"], known, depth + 1)
    yield from _values(path, condition, known)


def _values(path: str, condition: Mapping[str, Any], known: _Known) -> Iterator[Problem]:
    """What a condition compares its fact with."""
    if condition.get("fact") in known.names:
        names, kind, listed = known.names[condition["fact"]]
        for index, value in enumerate(condition["in"]):
            if value not in names:
                yield f"{path}.in.{index}", f"unknown_{kind}", f"{value} is not one of {listed}."
    if condition.get("fact") == "merchant_annual_revenue":
        above, at_most = condition.get("above"), condition.get("at_most")
        if above is None and at_most is None:
            yield path, "range_missing", "Neither above nor at_most is given, so it would hold for everyone."
        elif above is not None and at_most is not None and above >= at_most:
            yield path, "range_empty", f"No revenue is above {above:,} and at most {at_most:,}."


def _total_rate(layers: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Conditions may exclude one another, so only layers that always apply are added up."""
    highest = sum(
        max((band["rate_basis_points"] for band in layer["bands"] if band["rate_basis_points"] != OWN_RATE), default=0)
        for layer in layers
        if layer.get("when") is None
    )
    if highest > BASIS_POINTS_OF_THE_WHOLE:
        yield "layers", "pays_more_than_everything", "Layers that always apply give more than 100 % together."
