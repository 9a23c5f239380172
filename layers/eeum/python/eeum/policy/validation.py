"""Rules between the parts of a policy document, beyond their shape; each fault has a path, a code and a reason."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, islice
from typing import Any

from eeum.money import BASIS_POINTS_OF_THE_WHOLE
from eeum.policy.dates import faults_of_dates
from eeum.policy.reading import OWN_RATE, period_of
from eeum.policy.rules import AFTER_PAYMENT, AT_TOP_UP, RewardKind
from eeum.policy.validation_conditions import IN_A_SHOP, Known, Problem, faults_of_condition
from eeum.policy.validation_layers import faults_of_layer

MOST_PROBLEMS = 20
"""The most faults that one validation reports; it stops after them."""

RESERVED_NAMES = frozenset({"in_force", "history", "coming"})
"""Names that mean something else in the API's paths: `/policies/in_force`."""


RESERVED_PURSES = frozenset({"charged", "cashback", "grants", "rewards", "held", "refund_pending", "payback"})
"""Purses of every wallet, and words for several purses."""


def problems_of(document: Mapping[str, Any]) -> list[Problem]:
    """Return the first `MOST_PROBLEMS` faults of a document that has the right shape (`eeum.policy.documents`)."""
    known = Known.of(document["merchants"])
    found = chain(
        faults_of_dates(document),
        _name(document),
        _repeated(document),
        _period(document),
        _wallet(document),
        _excluded(document["merchants"]),
        _windows(document),
        _purses(document, known),
        *(faults_of_layer(f"layers.{index}", layer, document, known) for index, layer in enumerate(document["layers"])),
        _acts(document),
        _total_rate(document["layers"]),
    )
    return list(islice(found, MOST_PROBLEMS))


def problems_beside(document: Mapping[str, Any], stored: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Yield the limits and pools whose id measures something else in a stored version of the programme.

    Faults among the stored versions are not reported.
    """
    own = _measured(document)
    for other in stored:
        others = _measured(other)
        for (part, name), measured in own.items():
            before = others.get((part, name), measured)
            if before != measured:
                yield _measure_changed(part, name, f"{measured} here and {before} in {other['version']}")


def problems_of_history(documents: Sequence[dict[str, Any]]) -> Iterator[Problem]:
    """Yield the faults between the versions of one programme; `documents` are canonical.

    No two may share a start or a name. The id of a limit or pool must measure the same in all, since its usage counts in each.
    """
    measures: dict[tuple[str, str], str] = {}
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
        for (part, of), measured in _measured(document).items():
            before = measures.setdefault((part, of), measured)
            if before != measured:
                yield _measure_changed(part, of, f"{measured} in {name} and {before} before")


def _measure_changed(part: str, name: str, why: str) -> Problem:
    return part, "measure_changed", f"{name} measures {why}; what is used of it carries over, so it needs a new id."


def _measured(document: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """What each limit and pool measures, by its kind and id: the measure, the window and the occasion.

    Usage is stored under the id. If another version measured something else, the usage would be wrong, and a pool with another window
    would start with its full amount again.
    """
    in_commands = set(document["wallet"].get("top_up_limits", ()))
    for layer in document["layers"]:
        if RewardKind(layer.get("gives", "cashback")) not in AFTER_PAYMENT:
            in_commands.update(layer.get("limits", ()))
    limits = {
        ("limits", limit["id"]): f"{limit['measure']} in {_window_in_words(limit)}"
        + (", as it is paid or topped up" if limit["id"] in in_commands else "")
        for limit in document.get("limits", ())
    }
    return limits | {
        ("pools", pool["id"]): f"what is given in {_window_in_words(pool)}" for pool in document.get("pools", ())
    }


def _window_in_words(each: Mapping[str, Any]) -> str:
    return f"a window of {each['window'].replace('_', ' ')}" + (f" until {each['until']}" if each.get("until") else "")


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
    for part in ("limits", "pools", "groups", "purses", "layers"):
        for name, times in Counter(item["id"] for item in document.get(part, ())).items():
            if times > 1:
                yield part, "repeated_id", f"{times} {part} have the id {name}; an id names one."


def _period(document: Mapping[str, Any]) -> Iterator[Problem]:
    starts_at, ends_at = period_of(document)
    if ends_at is not None and ends_at <= starts_at:
        yield "ends_at", "ends_before_start", "The version ends at or before its start."


def _wallet(document: Mapping[str, Any]) -> Iterator[Problem]:
    wallet = document["wallet"]
    if wallet["holding_limit_verified"] < wallet["holding_limit"]:
        yield "wallet.holding_limit_verified", "limits_reversed", "A verified member may hold no less than another."
    if wallet["minimum_top_up"] > wallet["holding_limit"]:
        yield "wallet.minimum_top_up", "limits_reversed", "The smallest top-up is larger than what a wallet may hold."
    measures = {limit["id"]: limit["measure"] for limit in document.get("limits", ())}
    for position, limit in enumerate(wallet.get("top_up_limits", ())):
        if limit not in measures:
            why = f"{limit} is not the id of one of the policy's limits."
            yield f"wallet.top_up_limits.{position}", "unknown_limit", why
        elif measures[limit] != "top_up":
            why = f"{limit} measures {measures[limit]}; what may be topped up is a limit of top_up."
            yield f"wallet.top_up_limits.{position}", "measure_does_not_fit", why


def _excluded(merchants: Mapping[str, Any]) -> Iterator[Problem]:
    known = frozenset(merchants["categories"])
    for index, category in enumerate(merchants.get("excluded_categories", ())):
        if category not in known:
            path = f"merchants.excluded_categories.{index}"
            yield path, "unknown_category", f"{category} is not one of merchants.categories."


def _windows(document: Mapping[str, Any]) -> Iterator[Problem]:
    for part in ("limits", "pools"):
        for index, each in enumerate(document.get(part, ())):
            yield from _window(f"{part}.{index}", each)


def _window(path: str, each: Mapping[str, Any]) -> Iterator[Problem]:
    start, until = each.get("from"), each.get("until")
    if each["window"] != "event":
        if start is not None or until is not None:
            yield path, "window_has_no_period", f"from and until are those of an event; the window is {each['window']}."
    elif start is None or until is None:
        yield path, "event_needs_a_period", 'An event has from and until, such as "from": "2024-10-03T10:00:00+09:00".'
    elif datetime.fromisoformat(start) >= datetime.fromisoformat(until):
        yield path, "range_empty", f"Nothing is from {start} until {until}."
    if each.get("carries_over_from") is not None:
        if each["window"] == "event":
            yield f"{path}.carries_over_from", "event_carries_nothing", "An event has no window after it to carry into."
        if each.get("amount") is None:
            why = "A limit without an amount leaves nothing that could be carried over."
            yield f"{path}.carries_over_from", "nothing_to_carry", why


def _purses(document: Mapping[str, Any], known: Known) -> Iterator[Problem]:
    for index, purse in enumerate(document.get("purses", ())):
        path = f"purses.{index}"
        if purse["id"] in RESERVED_PURSES:
            why = f"{purse['id']} is a purse that every wallet has; a purse for rewards needs another id."
            yield f"{path}.id", "reserved_name", why
        expiry = purse.get("expires_after")
        if expiry is not None and (expiry.get("months") is None) == (expiry.get("years") is None):
            yield f"{path}.expires_after", "expiry_unclear", 'It is either months or years, as in {"months": 2}.'
        if purse.get("spendable_at") is not None:
            yield from faults_of_condition(f"{path}.spendable_at", purse["spendable_at"], known, IN_A_SHOP)


def _acts(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Limits and exclusive groups that are used both in commands and by accruals.

    Commands and accruals are ordered separately, so their usage of one limit cannot be added up in one order.
    """
    acts: dict[tuple[str, str], str] = {
        ("limit", limit): "in a command" for limit in document["wallet"].get("top_up_limits", ())
    }
    for index, layer in enumerate(document["layers"]):
        act = "after payment" if RewardKind(layer.get("gives", "cashback")) in AFTER_PAYMENT else "in a command"
        uses = [("limit", limit) for limit in layer.get("limits", ())]
        if layer.get("exclusive") is not None:
            uses.append(("group", layer["exclusive"]))
            act_of_group = act if act == "after payment" else layer["gives"].partition("_")[0]
        for kind, name in uses:
            own = act_of_group if kind == "group" else act
            before = acts.setdefault((kind, name), own)
            if before != own:
                path = f"layers.{index}.{'limits' if kind == 'limit' else 'exclusive'}"
                why = f"{name} is used by layers that act {before} and by {layer['id']}, which acts {own}"
                yield path, f"{kind}_of_two_acts", f"{why}; give each a {kind} of its own."


def _total_rate(layers: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Layers that always apply and together give more than 100 %, for payments and top-ups separately.

    Other layers are left out, since conditions and groups may exclude one another.
    """
    always = [layer for layer in layers if layer.get("when") is None and layer.get("exclusive") is None]
    for occasion, at in (("a payment", True), ("a top-up", False)):
        highest = sum(
            max(
                (
                    band["rate_basis_points"]
                    for band in layer.get("bands") or ()
                    if band["rate_basis_points"] != OWN_RATE
                ),
                default=0,
            )
            for layer in always
            if (RewardKind(layer.get("gives", "cashback")) not in AT_TOP_UP) is at
        )
        if highest > BASIS_POINTS_OF_THE_WHOLE:
            why = f"Layers that always apply give more than 100 % of {occasion} together."
            yield "layers", "pays_more_than_everything", why
