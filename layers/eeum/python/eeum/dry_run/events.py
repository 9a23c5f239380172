"""The file of events for a dry run: payments, top-ups and cancellations, each with its instant and facts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, ValidationError

from eeum.errors import PolicyRefused
from eeum.policy.conditions import Facts
from eeum.policy.document_values import Instant, Name, Part, Won
from eeum.policy.rules import CASHBACK_PURSE, PolicyVersion
from eeum.policy.use_cases import PolicyBook
from eeum.policy.validation_conditions import Problem

MOST_EVENTS = 10_000
GRANTS, CHARGED = "grants", "charged"

Positive = Annotated[Won, Field(ge=1)]


class MemberFacts(Part):
    """Facts of the member, also known at a top-up."""

    member_class: str | None = None
    member_district: str | None = None
    member_age: int | None = Field(default=None, strict=True, ge=0, le=150)


class AllFacts(MemberFacts):
    """Facts of shop, card and member; `merchant_own_rate` is in basis points."""

    merchant_district: str | None = None
    merchant_category: str | None = None
    merchant_annual_revenue: Won | None = None
    merchant_flags: list[str] = Field(default=[])
    merchant_own_rate: int = Field(default=0, strict=True, ge=0, le=10_000)
    card_product: str | None = "standard"
    card_issuer: str | None = None
    channel: Literal["shop", "qr", "e_mall", "delivery", "taxi"] = "shop"
    method: Literal["card", "app"] = "card"


class PaymentEvent(Part):
    """A payment of `payment` won; what `paid_from` does not take from other purses is paid from the loaded balance."""

    payment: Positive
    at: Instant
    shop: str | None = None
    facts: AllFacts = AllFacts()
    paid_from: dict[Name, Positive] = Field(default={})


class CancelEvent(Part):
    """A cancellation of `amount` won of the payment that is event number `cancel`, counted from 1; left out: all that is left."""

    cancel: Annotated[int, Field(strict=True, ge=1)]
    at: Instant
    amount: Positive | None = None


class TopUpEvent(Part):
    """A top-up with a face value of `top_up` won."""

    top_up: Positive
    at: Instant
    facts: MemberFacts = MemberFacts()


def _kind(event: Any) -> str | None:
    words = event if isinstance(event, Mapping) else {}
    return next((f"({word})" for word in ("payment", "top_up", "cancel") if word in words), None)


Event = Annotated[
    Annotated[PaymentEvent, Tag("(payment)")]
    | Annotated[TopUpEvent, Tag("(top_up)")]
    | Annotated[CancelEvent, Tag("(cancel)")],
    Discriminator(
        _kind,
        custom_error_type="unknown_event",
        custom_error_message='An event is a payment, {{"payment": 10000, "at": …}}, a top-up, {{"top_up": 10000, "at": …}}, '
        'or a cancellation, {{"cancel": 1, "at": …}}',
    ),
]


class Events(Part):
    """The file. `shops` are facts by a name that payments refer to; `pools` the won left of a pool in each window, by its id."""

    shops: dict[str, AllFacts] = Field(default={})
    pools: dict[Name, Won] = Field(default={})
    events: list[Event] = Field(min_length=1, max_length=MOST_EVENTS)


@dataclass(frozen=True, slots=True)
class DryRunEvent:
    """One event of a dry run. `paid_from` is won by purse, without `charged`.

    `cancels` is the number of the payment's event that it cancels; `amount` is then the won to cancel, 0 for all that is left.
    """

    amount: int
    at: datetime
    is_top_up: bool
    facts: Facts
    paid_from: Mapping[str, int]
    shop: str | None = None
    cancels: int | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """All events in their order, and the won left of the pools that the file names."""

    events: tuple[DryRunEvent, ...]
    pools: Mapping[str, int]


def course_of(document: Any, versions: Sequence[PolicyVersion]) -> Course:
    """Read the events of a file, for `versions` in the order of their starts.

    Raises:
        PolicyRefused: with the faults found: the path of each in the file, a code, and what is wrong.
    """
    try:
        events = Events.model_validate(document)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise _refused([(_path(fault["loc"]), fault["type"], fault["msg"]) for fault in faults]) from error
    faults_found = list(_faults(events, versions))
    if faults_found:
        raise _refused(faults_found)
    return Course(tuple(_dry_run_event(event, events.shops) for event in events.events), events.pools)


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location if not str(part).startswith("("))


def _refused(problems: list[Problem]) -> PolicyRefused:
    return PolicyRefused("The events cannot be run.", tuple(problems))


def _dry_run_event(event: PaymentEvent | TopUpEvent | CancelEvent, shops: Mapping[str, AllFacts]) -> DryRunEvent:
    if isinstance(event, CancelEvent):
        return DryRunEvent(event.amount or 0, event.at, False, Facts(), {}, cancels=event.cancel)
    if isinstance(event, TopUpEvent):
        return DryRunEvent(event.top_up, event.at, True, _facts(event.facts.model_dump()), {})
    known = shops[event.shop].model_dump() if event.shop else {}
    known |= event.facts.model_dump(exclude_unset=bool(event.shop))
    return DryRunEvent(event.payment, event.at, False, _facts(known), event.paid_from, event.shop)


def _facts(known: Mapping[str, Any]) -> Facts:
    return replace(Facts(), **{**known, "merchant_flags": frozenset(known.get("merchant_flags", ()))})


def _faults(events: Events, versions: Sequence[PolicyVersion]) -> Iterator[Problem]:
    first, book = versions[0].starts_at, PolicyBook(versions)
    before: datetime | None = None
    for index, event in enumerate(events.events):
        path = f"events.{index}"
        if event.at < first:
            why = f"No version is in force at {event.at.isoformat()}; the first starts at {first.isoformat()}."
            yield f"{path}.at", "before_the_policy", why
            continue
        if before is not None and event.at < before:
            yield f"{path}.at", "out_of_order", "It is before the previous event; events must be in the order of time."
        before = event.at
        if isinstance(event, CancelEvent):
            named = events.events[:index][event.cancel - 1 : event.cancel]
            if not named or not isinstance(named[0], PaymentEvent):
                yield f"{path}.cancel", "unknown_payment", f"Event {event.cancel} is not a payment before this one."
        if isinstance(event, PaymentEvent):
            yield from _faults_of_payment(path, event, events.shops, book.running_at(event.at))
    for name, facts in events.shops.items():
        yield from _names(f"shops.{name}", facts, versions[-1])
    pools = {pool for version in versions for pool in version.pools}
    for pool in events.pools:
        if pool not in pools:
            yield f"pools.{pool}", "unknown_pool", f"{pool} is not the id of one of the policy's pools."


def _faults_of_payment(
    path: str, event: PaymentEvent, shops: Mapping[str, AllFacts], policy: PolicyVersion
) -> Iterator[Problem]:
    if event.shop is not None and event.shop not in shops:
        yield f"{path}.shop", "unknown_shop", f"{event.shop} is not one of shops."
    yield from _names(f"{path}.facts", event.facts, policy)
    known = {CASHBACK_PURSE, GRANTS, "payback", *policy.purses}
    for purse in event.paid_from:
        if purse == CHARGED:
            yield (
                f"{path}.paid_from.{purse}",
                "charged_pays_the_rest",
                "Leave charged out: what no other purse pays is paid from the loaded balance.",
            )
        elif purse not in known:
            yield f"{path}.paid_from.{purse}", "unknown_purse", f"{purse} is not one of {', '.join(sorted(known))}."
    if sum(event.paid_from.values()) > event.payment:
        yield (
            f"{path}.paid_from",
            "more_than_the_price",
            f"The sum is more than the {event.payment:,} won of the payment.",
        )


def _names(path: str, facts: AllFacts, policy: PolicyVersion) -> Iterator[Problem]:
    merchants = policy.merchants
    for fact, kind, names in (
        ("merchant_district", "district", merchants.districts),
        ("member_district", "district", merchants.districts),
        ("merchant_category", "category", merchants.categories),
    ):
        value = getattr(facts, fact)
        if value is not None and value not in names:
            yield f"{path}.{fact}", f"unknown_{kind}", f"The policy {policy.version} has no {kind} {value}."
    for index, flag in enumerate(facts.merchant_flags):
        if flag not in merchants.flags:
            yield (
                f"{path}.merchant_flags.{index}",
                "unknown_flag",
                f"The policy {policy.version} has no merchant flag {flag}.",
            )
