"""Amendments of approved versions: pure functions over plain values.

An amendment moves an end, suspends layers, lifts a suspension, or withdraws a version before it starts. It is stored at least 120 s
before it takes effect. So a replay decides each instant as it was decided then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from eeum.calendar import OUT_OF_BOUNDS, is_in_bounds
from eeum.policy.reading import period_of
from eeum.policy.rules import PolicyVersion

Problem = tuple[str, str, str]
"""Path, stable code, and what is wrong in a sentence."""


@dataclass(frozen=True, slots=True)
class EndChange:
    """The version ends at `ends_at`, earlier or later than before; None: it is in force until the next one starts."""

    version: str
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Suspension:
    """From `start` until `until` (None: until lifted) these layers give nothing, in any version; no layers means all of them."""

    id: str
    layers: tuple[str, ...]
    start: datetime
    until: datetime | None

    def holds_at(self, instant: datetime) -> bool:
        return self.start <= instant and (self.until is None or instant < self.until)

    def suspends(self, layer: str) -> bool:
        return not self.layers or layer in self.layers


@dataclass(frozen=True, slots=True)
class Lifting:
    """The suspension ends at `at`, unless it ends sooner; lifted at or before its start, it never takes effect."""

    suspension: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The version never starts. Its name stays taken; its start is free for another version."""

    version: str


Amendment = EndChange | Suspension | Lifting | Withdrawal


def withdrawn(amendments: Sequence[Amendment]) -> frozenset[str]:
    """The names of versions that never start."""
    return frozenset(each.version for each in amendments if isinstance(each, Withdrawal))


def ends_of(amendments: Sequence[Amendment]) -> dict[str, datetime | None]:
    """The moved ends by version; the last stored one counts."""
    return {each.version: each.ends_at for each in amendments if isinstance(each, EndChange)}


def suspensions_of(amendments: Sequence[Amendment]) -> list[Suspension]:
    """Every suspension with the end that its lifting set, without those lifted before their start."""
    found: dict[str, Suspension] = {}
    for each in amendments:
        match each:
            case Suspension():
                found[each.id] = each
            case Lifting() if each.suspension in found:
                lifted = found[each.suspension]
                end = max(each.at, lifted.start)
                found[each.suspension] = replace(lifted, until=min(end, lifted.until) if lifted.until else end)
            case _:
                pass
    return [each for each in found.values() if each.until is None or each.start < each.until]


def end_of(document: Mapping[str, Any], amendments: Sequence[Amendment]) -> datetime | None:
    """The version's end after all amendments; None when it has none."""
    moved = ends_of(amendments)
    return moved[document["version"]] if document["version"] in moved else period_of(document)[1]


def stretches(
    versions: Sequence[PolicyVersion], amendments: Sequence[Amendment]
) -> list[tuple[datetime, PolicyVersion]]:
    """The version in force from each instant on, without suspended layers; withdrawn versions are left out."""
    gone, ends, suspensions = withdrawn(amendments), ends_of(amendments), suspensions_of(amendments)
    approved = sorted(
        (
            replace(version, ends_at=ends[version.version]) if version.version in ends else version
            for version in versions
            if version.version not in gone
        ),
        key=lambda version: version.starts_at,
    )
    if not suspensions or not approved:
        return [(version.starts_at, version) for version in approved]
    first = approved[0].starts_at
    cuts = {version.starts_at for version in approved}
    cuts |= {each.start for each in suspensions if each.start > first}
    cuts |= {each.until for each in suspensions if each.until is not None and each.until > first}
    found = []
    for cut in sorted(cuts):
        version = next(version for version in reversed(approved) if version.starts_at <= cut)
        held = [suspension for suspension in suspensions if suspension.holds_at(cut)]
        layers = tuple(layer for layer in version.layers if not any(each.suspends(layer.id) for each in held))
        found.append((cut, version if len(layers) == len(version.layers) else replace(version, layers=layers)))
    return found


def takes_effect(
    amendment: Amendment, documents: Sequence[Mapping[str, Any]], earlier: Sequence[Amendment]
) -> datetime:
    """The first instant at which the amendment changes a decision; `amendment` has no problems (`problems_of_amendment`)."""
    match amendment:
        case EndChange():
            ends = (end_of(_named(documents, amendment.version), earlier), amendment.ends_at)
            return min(end for end in ends if end is not None)
        case Suspension():
            return amendment.start
        case Lifting():
            return amendment.at
        case Withdrawal():
            return period_of(_named(documents, amendment.version))[0]


def problems_of_amendment(
    amendment: Amendment, documents: Sequence[Mapping[str, Any]], earlier: Sequence[Amendment]
) -> list[Problem]:
    """Return the faults of an amendment; `documents` are the versions in the order of their starts, `earlier` their amendments."""
    out_of_bounds = [
        (name, "instant_range", f"{OUT_OF_BOUNDS}; this is {instant.isoformat()}.")
        for name, instant in _dates_of(amendment)
        if instant is not None and not is_in_bounds(instant)
    ]
    if out_of_bounds:
        return out_of_bounds
    match amendment:
        case EndChange() | Withdrawal():
            known = {document["version"] for document in documents}
            if amendment.version not in known:
                return [("version", "unknown_version", f"There is no version {amendment.version}.")]
            return _of_end(amendment, documents, earlier) if isinstance(amendment, EndChange) else []
        case Suspension():
            return _of_suspension(amendment, documents)
        case Lifting():
            return _of_lifting(amendment, earlier)


def _dates_of(amendment: Amendment) -> list[tuple[str, datetime | None]]:
    match amendment:
        case EndChange():
            return [("ends_at", amendment.ends_at)]
        case Suspension():
            return [("from", amendment.start), ("until", amendment.until)]
        case Lifting():
            return [("at", amendment.at)]
        case Withdrawal():
            return []


def _of_end(change: EndChange, documents: Sequence[Mapping[str, Any]], earlier: Sequence[Amendment]) -> list[Problem]:
    document = _named(documents, change.version)
    starts_at, _ = period_of(document)
    before = end_of(document, earlier)
    if change.ends_at == before:
        return [("ends_at", "changes_nothing", f"{change.version} ends then already.")]
    if change.ends_at is not None and change.ends_at <= starts_at:
        return [("ends_at", "ends_before_start", "It would end before it starts; withdraw it instead.")]
    ends = [end for end in (before, change.ends_at) if end is not None]
    following = _start_after(documents, starts_at)
    if following is not None and min(ends) >= following:
        return [("ends_at", "changes_nothing", "The next version starts earlier, so that the change has no effect.")]
    return []


def _of_suspension(suspension: Suspension, documents: Sequence[Mapping[str, Any]]) -> list[Problem]:
    if suspension.until is not None and suspension.until <= suspension.start:
        return [("until", "ends_before_start", "A suspension ends after it starts.")]
    known = {layer["id"] for document in _held_during(suspension, documents) for layer in document["layers"]}
    if not known:
        return [("layers", "unknown_layer", "No version has layers at that time.")]
    return [
        (f"layers.{place}", "unknown_layer", f"No version has a layer {layer} at that time.")
        for place, layer in enumerate(suspension.layers)
        if layer not in known
    ]


def _held_during(suspension: Suspension, documents: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The versions that are in force at some instant of the suspension."""
    held = []
    for document in documents:
        starts_at = period_of(document)[0]
        following = _start_after(documents, starts_at)
        begins_before = suspension.until is None or starts_at < suspension.until
        if begins_before and (following is None or following > suspension.start):
            held.append(document)
    return held


def _of_lifting(lifting: Lifting, earlier: Sequence[Amendment]) -> list[Problem]:
    for suspension in suspensions_of(earlier):
        if suspension.id == lifting.suspension:
            if suspension.until is not None and lifting.at >= suspension.until:
                return [("at", "changes_nothing", "The suspension ends before this instant.")]
            return []
    return [("suspension", "unknown_suspension", "There is no such suspension, or it was lifted before its start.")]


def _start_after(documents: Sequence[Mapping[str, Any]], instant: datetime) -> datetime | None:
    """The start of the next version after `instant`; None when there is none."""
    return min((start for document in documents if (start := period_of(document)[0]) > instant), default=None)


def _named(documents: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    return next(document for document in documents if document["version"] == name)
