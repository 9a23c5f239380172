"""From an owner's application to a merchant that accepts payments from the next day."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from eeum.calendar import SEOUL
from eeum.errors import (
    AlreadyApplied,
    AlreadyDecided,
    ApplicationChanged,
    Invalid,
    MerchantExcluded,
    NotFound,
    ProgrammeNotRunning,
)
from eeum.ids import natural_id
from eeum.merchants.rules import Decision, Merchant, MerchantStatus, Shop, check_shop
from eeum.merchants.use_cases import (
    ApplyForMerchant,
    DecideApplication,
    application,
    apply_for_merchant,
    decide_application,
    owned_merchant,
    visible_merchant,
)
from eeum.policy.use_cases import PolicyBook
from eeum.storage import Table
from tests.concurrency import attempts_at_once
from tests.use_cases.world import NUMBERS, World

SHOP = Shop(NUMBERS[0], "가게", "yeonsu", "restaurant", 200_000_000)
APPROVED, REJECTED, APPLIED = MerchantStatus.APPROVED, MerchantStatus.REJECTED, MerchantStatus.APPLIED
THREADS = 16


def _apply(world: World, shop: Shop = SHOP, owner: str = "owner") -> Merchant:
    return apply_for_merchant(ApplyForMerchant(shop, owner), world.onboarding())


def _decide(world: World, merchant: Merchant, status: MerchantStatus, operator: str = "operator") -> Merchant:
    """Decide an application as an operator who has read `merchant`."""
    return _decide_on(world, merchant.id, status, merchant.applied_at, operator)


def _decide_on(
    world: World, merchant_id: str, status: MerchantStatus, reviewed: datetime | None, operator: str = "operator"
) -> Merchant:
    decision = Decision(status, operator, world.now, "서류 확인")
    return decide_application(DecideApplication(merchant_id, decision, reviewed), world.onboarding())


def test_a_shop_may_have_only_flags_that_the_policy_names(world: World) -> None:
    marked = replace(SHOP, flags=frozenset({"plus", "partner"}))
    with pytest.raises(Invalid, match="plus") as refused:
        _apply(world, marked)
    assert (refused.value.field, refused.value.reason) == ("flags", "unknown_flag")

    terms = world.policies.running_at(world.now).merchants
    check_shop(marked, replace(terms, flags=terms.flags | {"plus"}))


def test_an_application_waits_for_a_decision(world: World) -> None:
    applied = _apply(world)
    assert (applied.status, applied.owner, applied.payable_from) == (APPLIED, "owner", None)
    assert application(world.merchants, applied.id) == applied
    assert world.merchants.waiting(50, None).merchants == [applied]
    assert world.merchants.listed("yeonsu", None, 50, None).merchants == []


def test_an_approved_merchant_is_listed_and_accepts_payments_from_the_next_day(world: World) -> None:
    applied = _apply(world)
    world.now = datetime(2021, 1, 31, 23, 59, 59, 999_999, tzinfo=SEOUL)
    approved = _decide(world, applied, APPROVED)
    assert approved.payable_from == datetime(2021, 2, 1, tzinfo=SEOUL)
    assert application(world.merchants, applied.id).payable_from == approved.payable_from
    assert [each.id for each in world.merchants.listed("yeonsu", "restaurant", 50, None).merchants] == [approved.id]
    assert world.merchants.waiting(50, None).merchants == []


def test_the_next_day_is_seouls_in_any_time_zone_of_the_clock(world: World) -> None:
    applied = _apply(world)
    world.now = datetime(2021, 1, 31, 15, 0, tzinfo=UTC)
    assert _decide(world, applied, APPROVED).payable_from == datetime(2021, 2, 2, tzinfo=SEOUL)


def test_a_rejected_owner_may_apply_again_and_the_decision_is_kept(world: World) -> None:
    rejected = _decide(world, _apply(world), REJECTED)
    assert (rejected.status, rejected.payable_from) == (REJECTED, None)
    world.now += timedelta(days=1)
    again = _apply(world, replace(SHOP, name="다른 이름"), "another owner")
    assert (again.status, again.owner, again.shop.name) == (APPLIED, "another owner", "다른 이름")
    assert again.decisions == rejected.decisions
    approved = _decide(world, again, APPROVED)
    assert [decision.status for decision in approved.decisions] == [REJECTED, APPROVED]


@pytest.mark.parametrize("status", [APPROVED, REJECTED])
def test_an_application_that_took_the_place_of_the_reviewed_one_is_not_decided(
    world: World, status: MerchantStatus
) -> None:
    reviewed = _apply(world)
    _decide(world, reviewed, REJECTED, "another operator")
    world.now += timedelta(milliseconds=1)
    another = _apply(world, replace(SHOP, name="남의 가게"), "another owner")
    for seen in (reviewed.applied_at, None):
        with pytest.raises(ApplicationChanged):
            _decide_on(world, reviewed.id, status, seen)
    assert application(world.merchants, reviewed.id) == another
    assert _decide(world, another, status).status is status


def test_a_first_application_may_be_decided_without_its_time(world: World) -> None:
    assert _decide_on(world, _apply(world).id, APPROVED, None).status is APPROVED


def test_the_same_application_again_gives_the_one_that_is_there(world: World) -> None:
    applied = _apply(world)
    world.now += timedelta(hours=1)
    assert _apply(world) == applied
    approved = _decide(world, applied, APPROVED)
    assert _apply(world) == application(world.merchants, approved.id)


def test_a_number_with_an_application_is_refused(world: World) -> None:
    applied = _apply(world)
    for shop, owner in ((SHOP, "another owner"), (replace(SHOP, name="다른 이름"), "owner")):
        with pytest.raises(AlreadyApplied):
            _apply(world, shop, owner)
    _decide(world, applied, APPROVED)
    with pytest.raises(AlreadyApplied):
        _apply(world, SHOP, "another owner")


def test_one_of_several_owners_who_apply_at_once_gets_the_number(world: World) -> None:
    answers = attempts_at_once([partial(_apply, world, SHOP, f"owner-{number}") for number in range(THREADS)])
    assert sum(isinstance(answer, Merchant) for answer in answers) == 1
    assert sum(isinstance(answer, AlreadyApplied) for answer in answers) == THREADS - 1


def _overtaken_by(world: World, act: Callable[[], object]) -> None:
    """Run `act` once, between the next use case's read and write."""
    done = []

    def fault(moment: str, writes: object) -> None:
        if moment == "before" and not done:
            done.append(True)
            act()

    world.memory.fault = fault


@pytest.mark.parametrize("rejected_before", [False, True])
def test_an_owner_who_applies_twice_at_once_has_one_application_and_one_answer(
    world: World, rejected_before: bool
) -> None:
    if rejected_before:
        _decide(world, _apply(world), REJECTED)
        world.now += timedelta(days=1)
    _overtaken_by(world, partial(_apply, world))
    assert _apply(world) == _apply(world)
    assert len(world.merchants.waiting(50, None).merchants) == 1


@pytest.mark.parametrize("rejected_before", [False, True])
def test_an_owner_who_loses_a_race_is_refused_as_the_number_is_taken(world: World, rejected_before: bool) -> None:
    if rejected_before:
        _decide(world, _apply(world), REJECTED)
        world.now += timedelta(days=1)
    _overtaken_by(world, partial(_apply, world, SHOP, "another owner"))
    with pytest.raises(AlreadyApplied):
        _apply(world)
    (waiting,) = world.merchants.waiting(50, None).merchants
    assert waiting.owner == "another owner"


def test_a_decision_that_loses_a_race_is_refused_and_changes_nothing(world: World) -> None:
    applied = _apply(world)
    _overtaken_by(world, partial(_decide, world, applied, REJECTED))
    with pytest.raises(AlreadyDecided):
        _decide(world, applied, APPROVED)
    assert application(world.merchants, applied.id).status is REJECTED


def test_an_owner_who_applies_from_many_threads_has_one_application_and_one_answer(world: World) -> None:
    answers = attempts_at_once([partial(_apply, world)] * THREADS)
    assert answers == answers[:1] * THREADS
    assert isinstance(answers[0], Merchant), answers


def test_one_of_several_new_applications_after_a_rejection_gets_the_number(world: World) -> None:
    _decide(world, _apply(world), REJECTED)
    world.now += timedelta(days=1)
    answers = attempts_at_once([partial(_apply, world, SHOP, f"owner-{number}") for number in range(THREADS)])
    assert sum(isinstance(answer, Merchant) for answer in answers) == 1


@pytest.mark.parametrize(
    "category", ["department_store", "large_mart", "company_run_franchise", "nightlife", "gambling"]
)
def test_excluded_categories_cannot_apply(world: World, category: str) -> None:
    with pytest.raises(MerchantExcluded):
        _apply(world, replace(SHOP, category=category))
    assert world.memory.items(Table.MERCHANTS) == []


def test_a_shop_above_the_revenue_that_a_policy_sets_is_excluded_and_one_at_it_is_not(world: World) -> None:
    version = world.policies.running_at(world.now)
    world.policies = PolicyBook([replace(version, merchants=replace(version.merchants, excluded_above_revenue=10**9))])
    with pytest.raises(MerchantExcluded):
        _apply(world, replace(SHOP, annual_revenue=10**9 + 1))
    assert _apply(world, replace(SHOP, annual_revenue=10**9)).status is APPLIED


@pytest.mark.parametrize(("field", "value"), [("district", "gangnam"), ("category", "casino"), ("district", "")])
def test_what_the_programme_does_not_know_is_invalid(world: World, field: str, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        _apply(world, replace(SHOP, **{field: value}))
    assert refused.value.field == field


def test_a_shop_that_became_excluded_cannot_be_approved_and_can_be_rejected(world: World) -> None:
    applied = _apply(world)
    version = world.policies.running_at(world.now)
    stricter = replace(version.merchants, excluded_categories=frozenset({"restaurant"}))
    world.policies = PolicyBook([replace(version, merchants=stricter)])
    with pytest.raises(MerchantExcluded):
        _decide(world, applied, APPROVED)
    assert application(world.merchants, applied.id).status is APPLIED
    assert _decide(world, applied, REJECTED).status is REJECTED


@pytest.mark.parametrize("first", [APPROVED, REJECTED])
@pytest.mark.parametrize("second", [APPROVED, REJECTED])
def test_a_decision_is_final(world: World, first: MerchantStatus, second: MerchantStatus) -> None:
    applied = _apply(world)
    decided = _decide(world, applied, first)
    with pytest.raises(AlreadyDecided):
        _decide(world, applied, second)
    assert application(world.merchants, applied.id) == decided


def test_one_of_several_concurrent_decisions_is_stored(world: World) -> None:
    applied = _apply(world)
    calls = [partial(_decide, world, applied, (APPROVED, REJECTED)[n % 2], f"operator-{n}") for n in range(THREADS)]
    answers = attempts_at_once(calls)
    (decided,) = [answer for answer in answers if isinstance(answer, Merchant)]
    assert sum(isinstance(answer, AlreadyDecided) for answer in answers) == THREADS - 1
    assert application(world.merchants, applied.id) == decided


def test_an_unknown_application_is_not_found(world: World) -> None:
    unknown = natural_id("merchant", "unknown")
    with pytest.raises(NotFound):
        decide_application(
            DecideApplication(unknown, Decision(APPROVED, "operator", world.now, "x")), world.onboarding()
        )
    with pytest.raises(NotFound):
        application(world.merchants, unknown)


def test_before_the_first_policy_applications_are_refused(world: World) -> None:
    world.now = datetime(2018, 1, 1, tzinfo=SEOUL)
    with pytest.raises(ProgrammeNotRunning):
        _apply(world)


def test_only_its_owner_sees_a_merchant_that_is_not_approved(world: World) -> None:
    applied = _apply(world)
    assert visible_merchant(world.merchants, applied.id, "owner") == applied
    with pytest.raises(NotFound) as hidden:
        visible_merchant(world.merchants, applied.id, "another")
    with pytest.raises(NotFound) as unknown:
        visible_merchant(world.merchants, natural_id("merchant", "unknown"), "another")
    assert hidden.value.detail == unknown.value.detail
    approved = _decide(world, applied, APPROVED)
    assert visible_merchant(world.merchants, applied.id, "another") == approved


def test_only_its_owner_manages_a_merchant(world: World) -> None:
    shop = world.shop()
    assert owned_merchant(world.merchants, shop.id, "owner") == shop
    for merchant_id, caller in ((shop.id, "another"), (natural_id("merchant", "unknown"), "owner")):
        with pytest.raises(NotFound):
            owned_merchant(world.merchants, merchant_id, caller)
