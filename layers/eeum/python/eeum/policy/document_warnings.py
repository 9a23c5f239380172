"""Warnings about a valid document that may not mean what it says: likely mistakes that change rewards and break no rule.

A warning blocks nothing. A policy's author sees it before the policy pays anyone.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from difflib import get_close_matches
from typing import Any

from eeum.calendar import SEOUL, is_in_bounds
from eeum.policy.reading import OWN_RATE, period_of
from eeum.policy.validation_conditions import Problem
from eeum.policy.warnings_of_meaning import starts_from_zero, warnings_of_meaning
from eeum.policy.warnings_of_sums import overlaps

SMALLEST_USUAL_RATE = 25
"""Basis points. An author who means 10 % and writes 10 gives 0.1 %; no published layer gives less than 0.3 %."""

SMALLEST_USUAL_LIMIT = 1_000
"""Won. An author who means 300,000 and writes 300 counts in thousands."""

ALIKE = 0.8
"""Similarity of two names, 0 to 1, from which one may be a misspelling of the other: welfare and welfaer."""

UNLISTED = frozenset({"card_product", "card_issuer", "member_class"})
"""Facts whose values no document lists, so that validation cannot find a misspelt one."""

_LISTED_BY = {"limits": "limits", "pools": "pools", "groups": "exclusive", "purses": "into"}


def warnings_of(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield the warnings about a document without faults."""
    yield from _unused(document)
    yield from _ends(document)
    yield from _closed(document)
    yield from _amounts(document)
    yield from overlaps(document["layers"])
    yield from _spelt_twice(document["layers"])
    yield from warnings_of_meaning(document)


def warnings_beside(document: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield the warnings about a document without faults beside the version before it, `before`."""
    yield from starts_from_zero(document, before)
    was = {limit["id"]: limit.get("amount") for limit in before.get("limits") or ()}
    starts_at, _ = period_of(document)
    for index, limit in enumerate(document.get("limits") or ()):
        since, amount, earlier = limit.get("carries_over_from"), limit.get("amount"), was.get(limit["id"])
        if since is None or amount is None or earlier is None or amount <= earlier:
            continue
        if datetime.fromisoformat(since) < starts_at:
            why = f"What is left of the window before is computed from the new amount: a member who used all {earlier:,} there"
            why += f" gets {amount - earlier:,} on top of {amount:,} in the first window."
            why += f" To avoid this, let it carry over from {document['starts_at']}."
            yield f"limits.{index}.carries_over_from", "raised_for_the_past", why


def _unused(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Limits, pools, groups and purses that no layer uses, and groups of one layer."""
    for part, word in _LISTED_BY.items():
        listed = [name for layer in document["layers"] for name in _names(layer.get(word))]
        if part == "limits":
            listed += document["wallet"].get("top_up_limits") or ()
        for index, each in enumerate(document.get(part) or ()):
            if each["id"] not in listed:
                why = f"No layer has {each['id']} in its {word}, so it has no effect."
                yield f"{part}.{index}", "not_used", why
            elif part == "groups" and listed.count(each["id"]) == 1:
                yield f"{part}.{index}", "group_of_one", f"Only one layer is in {each['id']}: it excludes nothing."


def _names(listed: str | Sequence[str] | None) -> Sequence[str]:
    return [listed] if isinstance(listed, str) else listed or []


def _ends(document: Mapping[str, Any]) -> Iterator[Problem]:
    named = [("ends_at", document.get("ends_at"))]
    for part in ("limits", "pools"):
        named += [(f"{part}.{index}.until", each.get("until")) for index, each in enumerate(document.get(part) or ())]
    for path, text in named:
        if text is not None:
            yield from _end(path, datetime.fromisoformat(text).astimezone(SEOUL))


def _end(path: str, at: datetime) -> Iterator[Problem]:
    """Ends that leave out the last day: an end is exclusive, and a notice names the last day, which is included."""
    # Beyond the last day within bounds there is no day to suggest.
    if not is_in_bounds(at) or not is_in_bounds(tomorrow := at + timedelta(days=1)):
        return
    if at.time() >= time(23, 59):
        whole = tomorrow.replace(hour=0, minute=0, second=0, microsecond=0).isoformat()
        yield path, "ends_a_moment_early", f"An end is exclusive: the whole day ends at {whole}."
    elif at.time() == time() and tomorrow.day == 1:
        why = f"It ends before the {at.day}th begins. To include the {at.day}th, end it at {tomorrow.isoformat()}."
        yield path, "ends_before_the_last_day", why


def _closed(document: Mapping[str, Any]) -> Iterator[Problem]:
    starts_at, ends_at = period_of(document)
    for part in ("limits", "pools"):
        for index, each in enumerate(document.get(part) or ()):
            if each["window"] != "event":
                continue
            start, until = (datetime.fromisoformat(each[end]) for end in ("from", "until"))
            if until <= starts_at or (ends_at is not None and start >= ends_at):
                why = f"{each['id']} is never open while this version is in force, so layers that list it give nothing."
                yield f"{part}.{index}", "never_open", why


def _amounts(document: Mapping[str, Any]) -> Iterator[Problem]:
    limits = {limit["id"]: limit for limit in document.get("limits") or ()}
    for index, limit in enumerate(document.get("limits") or ()):
        if 0 < (limit.get("amount") or 0) < SMALLEST_USUAL_LIMIT:
            yield f"limits.{index}.amount", "very_little", f"It is {limit['amount']} won; 30만원 is 300000."
    for index, layer in enumerate(document["layers"]):
        counted = next(
            (limits[name] for name in layer.get("limits") or () if limits[name]["measure"] != "reward"), None
        )
        for position, band in enumerate(layer.get("bands") or ()):
            path = f"layers.{index}.bands.{position}"
            rate = band["rate_basis_points"]
            if rate != OWN_RATE and 0 < rate < SMALLEST_USUAL_RATE:
                percent = f"{rate / 100:g} %"
                yield f"{path}.rate_basis_points", "very_little", f"{rate} basis points are {percent}; 10 % is 1000."
            if counted is not None and _beyond(band, counted):
                why = f"It starts at {band['from']:,}; {counted['id']} ends at {counted['amount']:,}, before it."
                yield path, "beyond_its_limit", why


def _beyond(band: Mapping[str, Any], limit: Mapping[str, Any]) -> bool:
    carries = limit.get("carries_over_from") is not None
    return bool(limit.get("amount") and not carries and band["from"] >= limit.get("amount"))


def _spelt_twice(layers: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    seen: dict[str, list[str]] = {fact: [] for fact in UNLISTED}
    for index, layer in enumerate(layers):
        for fact, name in _asked(layer.get("when")):
            like = get_close_matches(name, seen[fact], n=1, cutoff=ALIKE)
            if like and name not in seen[fact]:
                why = f"{fact} is {name} here and {like[0]} elsewhere; no list says which spelling is right."
                yield f"layers.{index}.when", "spelt_twice", why
            seen[fact].append(name)


def _asked(when: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    """The values that a condition compares with facts that no document lists."""
    if when is None:
        return
    for part in (*(when.get("all") or ()), *(when.get("any") or ()), when.get("not")):
        yield from _asked(part)
    if when.get("fact") in UNLISTED:
        yield from ((when["fact"], name) for name in when.get("in") or ())
