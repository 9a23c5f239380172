"""Events of merchants, the programme, budgets and wallets, against their schemas, and without personal data."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from eeum.errors import Busy
from eeum.journal.kinds import KINDS
from eeum.merchants.rules import Decision, MerchantStatus, Shop
from eeum.merchants.use_cases import ApplyForMerchant, DecideApplication, apply_for_merchant, decide_application
from eeum.months.use_cases import reset_month
from eeum.policy.amending import approve_amendment, propose_amendment
from eeum.policy.amendments import Suspension
from eeum.publishing.events import Event
from eeum.publishing.ledger import PUBLISHED_KINDS, event_of_ledger
from eeum.publishing.parts import PUBLISHED, event_of_part
from eeum.storage import ConditionsFailed, Contended, Item, Table
from eeum.wallet.rules import DebitOrder, WalletStatus
from eeum.wallet.use_cases import DecideOnWallet, OpenWallet, decide_on_wallet, open_wallet
from operations.republish import TYPES
from tests.budget.books import Books, line
from tests.publishing.schemas import SCHEMAS, faults
from tests.simulation.bus import Stored
from tests.simulation.running import simulated_city
from tests.use_cases.scheduling import APPROVER, AUTHOR
from tests.use_cases.world import NUMBERS, World, incheon

PERSONAL = {
    "birth_date", "member", "member_class", "owner", "name", "operator", "by", "caller", "reason", "document", "email",
    "phone", "subject_of_member", "made_by", "authors", "business_registration_number", "card", "card_issuer", "resident",
}  # fmt: skip
"""Names of attributes with personal data, or with free text that may contain it."""

ALARMS = {"BudgetLevelReached", "BudgetRunsOutSoon"}
"""Types of events that the budget watch publishes itself, from its record of alarms."""

SECRETS = ("owner-of-the-shop", "operator-kim", "papers-in-order", "member-of-the-wallet", "1990-02-03", "youth")


class Observed(Stored):
    """The events of what a world stores, as its streams bring it, without refused writes."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.events: list[Event] = []
        world.memory.written = lambda changed: [self.published(key, item) for key, item in changed]

    def note(self, event: Event) -> None:
        super().note(event)
        self.events.append(event)


@cache
def events() -> dict[str, list[Event]]:
    """The events of a simulated city and of an operator's work, by type, without journal entries."""
    city = simulated_city(5, 4_000)
    world = World()
    desk = Observed(world)
    _shop(world)
    _wallet(world)
    _policies(world)
    found: dict[str, list[Event]] = {}
    stored = [
        event_of_part(item)
        for table, kinds in PUBLISHED.items()
        for item in city.memory.items(table)
        if item["kind"] in kinds
    ]
    stored += [event_of_ledger(item) for item in city.memory.items(Table.LEDGER) if item["kind"] in PUBLISHED_KINDS]
    for event in (*stored, *desk.events):
        if event is not None and event.type not in KINDS:
            found.setdefault(event.type, []).append(event)
    return found


@cache
def stored_parts() -> dict[Table, list[Item]]:
    """Stored items of an operator's work, a shop, a wallet, a month and a budget."""
    world = World()
    for change in (_shop, _wallet, _policies):
        change(world)
    reset_month(world.months, world.patience, world.now, world.now)
    reset_month(world.months, world.patience, world.now + timedelta(days=31), world.now + timedelta(days=31))
    books = Books()
    books.add(line("city", "city"), 1_000)
    books.now += timedelta(days=1)
    books.supplement(2022, "city", 500)
    tables = {table: world.memory.items(table) for table in Table}
    return tables | {Table.BUDGETS: books.memory.items(Table.BUDGETS)}


def _shop(world: World) -> None:
    shop = Shop(NUMBERS[0], "가게", "yeonsu", "restaurant", 200_000_000)
    for status in (MerchantStatus.REJECTED, MerchantStatus.APPROVED):
        applied = apply_for_merchant(ApplyForMerchant(shop, SECRETS[0]), world.onboarding())
        decision = Decision(status, SECRETS[1], world.now, SECRETS[2])
        decide_application(DecideApplication(applied.id, decision, world.now), world.onboarding())
        world.now += timedelta(seconds=1)


def _wallet(world: World) -> None:
    wallet = open_wallet(OpenWallet(SECRETS[3], DebitOrder.CHARGED_FIRST), world.holding).wallet
    about: Any = {"member_class": SECRETS[5], "birth_date": None}
    for status, said in ((None, about), (WalletStatus.SUSPENDED, None), (WalletStatus.ACTIVE, None)):
        decide_on_wallet(DecideOnWallet(wallet.id, SECRETS[1], SECRETS[2], status, True, about=said), world.holding)
        world.now += timedelta(seconds=1)


def _policies(world: World) -> None:
    document = incheon()[-1] | {"version": "incheon-2031-01-01", "starts_at": "2031-01-01T00:00:00+09:00"}
    world.desk.approve(world.desk.ready(document, world.now), world.now)
    start, proposals = world.now + timedelta(days=1), world.desk.proposals
    made = propose_amendment(
        proposals,
        world.policy_store,
        lambda name: Suspension(name, (), start, None),
        AUTHOR,
        SECRETS[2],
        None,
        world.now,
    )
    approve_amendment(proposals, world.policy_store, made.id, APPROVER, None, world.now)


OTHER_TYPES = sorted(set(TYPES) - set(KINDS))


def test_every_type_has_a_schema_and_no_schema_is_of_none() -> None:
    assert {path.name for path in SCHEMAS.glob("*.json")} == {f"{kind}.v1.json" for kind in {*TYPES, *ALARMS}}


@pytest.mark.parametrize("kind", OTHER_TYPES)
def test_every_event_fits_its_schema_and_says_where_it_is_from(kind: str) -> None:
    assert events()[kind], "no stored item has such an event"
    for event in events()[kind]:
        assert faults(event) == []
        assert event.detail["id"] == event.id
        assert event.source == f"eeum.{'wallets' if kind.startswith('wallet') else _source(kind)}"


def _source(kind: str) -> str:
    return TYPES[kind].value


@pytest.mark.parametrize("kind", OTHER_TYPES)
def test_a_schema_lets_no_field_in_that_it_does_not_name(kind: str) -> None:
    event = events()[kind][0]
    for detail in (
        event.detail | {"birth_date": "1990-02-03"},  # type: ignore[operator]
        *({name: each for name, each in event.detail.items() if name != gone} for gone in event.detail),
    ):
        assert faults(Event(event.id, event.source, event.type, detail))


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.json")), ids=lambda path: path.stem)
def test_no_event_has_a_field_for_personal_data(path: Any) -> None:
    def names(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            # A text that is one of a few words is not free text.
            yield from (name for name, each in part.get("properties", {}).items() if "enum" not in each)
            for each in part.values():
                yield from names(each)
        elif isinstance(part, list):
            for each in part:
                yield from names(each)

    found = set(names(json.loads(path.read_text(encoding="utf-8"))))
    assert found
    assert not found & PERSONAL


def test_no_event_contains_a_text_about_a_person() -> None:
    for each in events().values():
        for event in each:
            said = json.dumps(event.detail, ensure_ascii=False)
            assert not [secret for secret in (*SECRETS, "가게", NUMBERS[0]) if secret in said], said


def test_each_change_of_a_merchant_has_an_event_of_its_own_in_an_order() -> None:
    world = World()
    observed = Observed(world)
    _shop(world)
    details = [event.detail for event in observed.events]
    assert [(each["sequence"], each["status"]) for each in details] == [
        (1, "applied"),
        (2, "rejected"),
        (3, "applied"),
        (4, "approved"),
    ]
    assert [each["payable_from"] is None for each in details] == [True, True, True, False]


def test_an_operator_decides_about_a_wallet_and_an_event_says_that_something_was_said_and_not_what() -> None:
    world = World()
    observed = Observed(world)
    _wallet(world)
    opened, *decided = observed.events
    assert opened.type == "wallet_opened"
    assert [(each.detail["status"], each.detail["facts_changed"]) for each in decided] == [
        ("active", True),
        ("suspended", False),
        ("active", False),
    ]


def test_each_step_of_a_draft_and_an_amendment_is_one_event() -> None:
    world = World()
    observed = Observed(world)
    _policies(world)
    steps = [(event.detail["subject"], event.detail["did"]) for event in observed.events]
    assert steps == [
        ("draft", "created"),
        ("draft", "checked"),
        ("draft", "approved"),
        ("amendment", "proposed"),
        ("amendment", "approved"),
    ]
    assert [event.detail["sequence"] for event in observed.events] == [1, 2, 3, 1, 2]


@pytest.mark.parametrize("change", [_shop, _wallet, _policies], ids=lambda each: each.__name__.strip("_"))
def test_what_is_not_stored_has_no_event_and_what_is_stored_has_one_whatever_happens(change: Any) -> None:
    """The item is its own outbox record: after a conflict neither is stored, and a second attempt makes no second event."""
    world = World()
    observed = Observed(world)
    world.seconds = 3.0
    with world.failing(Contended, "before", 10_000), pytest.raises(Busy):
        change(world)
    assert observed.events == []

    world = World()
    observed = Observed(world)
    with world.failing(Contended, "after", 3):
        change(world)
    undisturbed = World()
    expected = Observed(undisturbed)
    change(undisturbed)
    assert [event.type for event in observed.events] == [event.type for event in expected.events]


def test_a_decision_that_lost_to_a_faster_one_has_no_event() -> None:
    world = World()
    shop = Shop(NUMBERS[0], "가게", "yeonsu", "restaurant", 200_000_000)
    applied = apply_for_merchant(ApplyForMerchant(shop, SECRETS[0]), world.onboarding())
    decision = Decision(MerchantStatus.APPROVED, SECRETS[1], world.now, "")
    approved = decide_application(DecideApplication(applied.id, decision), world.onboarding())
    observed = Observed(world)
    with pytest.raises(ConditionsFailed):
        world.merchants.replace(approved, applied)
    assert observed.events == []


def test_a_merchant_of_an_earlier_release_without_decisions_and_a_month_without_freezing_are_read() -> None:
    shop = {"kind": "merchant", "id": "m", "status": "approved", "decisions": [], "district": "seo", "category": "cafe"}
    at = "2021-01-01T00:00:00.000+09:00"
    event = event_of_part({**shop, "applied_at": at, "payable_from": at, "pk": "MERCHANT#m", "sk": "MERCHANT"})
    assert event is not None
    assert event.detail["at"] == at
    month = {"kind": "month", "pk": "PROGRAMME#incheon", "sk": "MONTH#2021-01", "month": "2021-01", "status": "closed"}
    event = event_of_part({**month, "opened_at": at, "closed_at": at})
    assert event is not None
    assert (event.detail["frozen_at"], event.detail["at"]) == (None, at)


def test_the_id_of_an_event_follows_from_its_change_alone() -> None:
    """Consumers store ids, so these never change."""
    step = {
        "kind": "policy_step", "pk": "PROGRAMME#incheon", "sk": "HISTORY#2021-01-01T00:00:00.000+09:00#draft#next#000001",
        "subject": "draft", "name": "next", "number": 1, "did": "created", "revision": 1, "digest": "d",
        "at": "2021-01-01T00:00:00.000+09:00",
    }  # fmt: skip
    event = event_of_part(step)
    assert event is not None
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", event.id)
    assert event_of_part({**step, "reason": "another", "by": "another"}) == event
    assert event_of_part({**step, "sk": "STEP#draft#next#000001"}) is None


def test_what_has_no_event_is_refused() -> None:
    for item in ({}, {"kind": "budget_alarm"}, {"kind": "merchant"}, {"kind": "month", "status": "over"}):
        with pytest.raises((KeyError, ValueError, TypeError, AttributeError)):
            event_of_part(item)
        with pytest.raises((KeyError, ValueError, TypeError, AttributeError)):
            event_of_ledger({**item, "kind": "wallet"})
