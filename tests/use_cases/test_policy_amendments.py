"""Amendments of approved versions: by two operators, with notice, and without effect on the past."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eeum.calendar import SEOUL, parse_instant, text_of
from eeum.errors import AmendmentClosed, AmendmentRefused, AmendmentTooLate, ApprovalByAuthor, NotFound
from eeum.policy.amending import (
    approve_amendment,
    close_amendment,
    proposal_named,
    propose_amendment,
    withdraw_version,
)
from eeum.policy.amendments import Amendment, EndChange, Lifting, Suspension, Withdrawal
from eeum.policy.announcements import VersionStatus, announced, status_of
from eeum.policy.history import Did, Step, Subject
from eeum.policy.proposals import Proposal, ProposalStatus
from eeum.policy.reading import policy_of
from eeum.policy.use_cases import NOTICE, CachedPolicies, PolicyBook, book_of, version_in_force
from tests.in_memory.storage import InMemoryStorage
from tests.patience import patience_of
from tests.use_cases.scheduling import APPROVER, AUTHOR, Desk
from tests.use_cases.world import World, incheon

NOW = datetime(2025, 10, 1, 9, 0, tzinfo=SEOUL)
LAST = incheon()[-1]
LAYERS = [layer["id"] for layer in LAST["layers"]]
DAY = timedelta(days=1)
MOMENT = timedelta(milliseconds=1)


def _propose(world: World, amendment: Amendment, now: datetime = NOW, by: str = AUTHOR) -> Proposal:
    def make(name: str) -> Amendment:
        if isinstance(amendment, Suspension):
            return Suspension(name, amendment.layers, amendment.start, amendment.until)
        return amendment

    return propose_amendment(world.desk.proposals, world.policy_store, make, by, "no money", None, now)


def _approve(world: World, proposal: Proposal, now: datetime = NOW, by: str = APPROVER) -> Proposal:
    return approve_amendment(world.desk.proposals, world.policy_store, proposal.id, by, "agreed", now)


def _amend(world: World, amendment: Amendment, now: datetime = NOW) -> str:
    return _approve(world, _propose(world, amendment, now), now).id


def _suspension(start: datetime, until: datetime | None = None, *layers: str) -> Suspension:
    return Suspension("", layers, start, until)


def _layers_at(world: World, instant: datetime) -> list[str]:
    return [layer.id for layer in book_of(world.policy_store).running_at(instant).layers]


def _last(**changes: Any) -> dict[str, Any]:
    return {**LAST, **changes}


# --- suspensions ----------------------------------------------------------------------------------------------------------


def test_a_suspended_layer_gives_nothing_from_its_instant_until_another(world: World) -> None:
    start, until = NOW + DAY, NOW + 3 * DAY
    _amend(world, _suspension(start, until, LAYERS[0]))
    assert _layers_at(world, start - MOMENT) == LAYERS
    assert _layers_at(world, start) == _layers_at(world, until - MOMENT) == LAYERS[1:]
    assert _layers_at(world, until) == LAYERS
    assert book_of(world.policy_store).running_at(start).version == LAST["version"]


def test_all_layers_are_suspended_until_it_is_lifted_across_versions(world: World) -> None:
    name = _amend(world, _suspension(NOW + DAY))
    world.desk.schedule(_last(version="later", starts_at=text_of(NOW + 30 * DAY)), NOW)
    assert _layers_at(world, NOW + DAY) == _layers_at(world, NOW + 400 * DAY) == []
    _amend(world, Lifting(name, NOW + 40 * DAY), NOW + 2 * DAY)
    assert _layers_at(world, NOW + 40 * DAY - MOMENT) == []
    assert book_of(world.policy_store).running_at(NOW + 35 * DAY).version == "later"
    assert _layers_at(world, NOW + 40 * DAY) == LAYERS


def test_a_suspension_lifted_before_its_start_has_no_effect(world: World) -> None:
    name = _amend(world, _suspension(NOW + DAY, NOW + 2 * DAY))
    _amend(world, Lifting(name, NOW + NOTICE))
    assert _layers_at(world, NOW + DAY) == LAYERS


@pytest.mark.parametrize("early", [NOTICE - MOMENT, timedelta(0), -DAY])
def test_a_suspension_is_lifted_in_time(world: World, early: timedelta) -> None:
    name = _amend(world, _suspension(NOW + DAY))
    during = NOW + 5 * DAY
    with pytest.raises(AmendmentTooLate):
        _propose(world, Lifting(name, during + early), during)
    assert _layers_at(world, during) == []


def test_overlapping_suspensions_are_independent(world: World) -> None:
    _amend(world, _suspension(NOW + DAY, NOW + 4 * DAY, LAYERS[0]))
    _amend(world, _suspension(NOW + 2 * DAY, NOW + 3 * DAY, LAYERS[1]))
    days = {day: _layers_at(world, NOW + day * DAY) for day in range(6)}
    assert days == {0: LAYERS, 1: LAYERS[1:], 2: LAYERS[2:], 3: LAYERS[1:], 4: LAYERS, 5: LAYERS}


# --- ends -----------------------------------------------------------------------------------------------------------------


def test_an_end_is_set_postponed_and_removed(world: World) -> None:
    end = NOW + 10 * DAY
    _amend(world, EndChange(LAST["version"], end))
    ended = book_of(world.policy_store).running_at(end)
    assert (ended.pays_at(end - MOMENT), ended.pays_at(end)) == (True, False)
    _amend(world, EndChange(LAST["version"], end + 5 * DAY))
    put_off = book_of(world.policy_store).running_at(end)
    assert (put_off.pays_at(end), put_off.pays_at(end + 5 * DAY)) == (True, False)
    _amend(world, EndChange(LAST["version"], None))
    assert book_of(world.policy_store).running_at(end + 100 * DAY).ends_at is None


def test_moving_an_end_needs_notice_for_the_old_and_the_new_end(world: World) -> None:
    end = NOW + 10 * DAY
    _amend(world, EndChange(LAST["version"], end))
    with pytest.raises(AmendmentTooLate):
        _propose(world, EndChange(LAST["version"], end + DAY), end - NOTICE + MOMENT)
    with pytest.raises(AmendmentTooLate):
        _propose(world, EndChange(LAST["version"], end - DAY), end - DAY - NOTICE + MOMENT)
    with pytest.raises(AmendmentTooLate):
        _propose(world, EndChange(LAST["version"], NOW - DAY), NOW)
    _amend(world, EndChange(LAST["version"], end + DAY), end - NOTICE)


# --- withdrawals ----------------------------------------------------------------------------------------------------------


def test_a_scheduled_version_is_withdrawn_in_time_and_its_instant_is_free_again(world: World) -> None:
    start = NOW + 30 * DAY
    for number in (1, 2, 3):
        world.desk.schedule(_last(version=f"next-{number}", starts_at=text_of(start)), NOW)
        assert version_in_force(world.policy_store, start)["version"] == f"next-{number}"
        with pytest.raises(AmendmentTooLate):
            withdraw_version(world.policy_store, f"next-{number}", AUTHOR, "no", start - NOTICE + MOMENT)
        withdraw_version(world.policy_store, f"next-{number}", AUTHOR, "no", start - NOTICE)
        assert version_in_force(world.policy_store, start) == LAST
        assert book_of(world.policy_store).running_at(start).version == LAST["version"]
        with pytest.raises(NotFound):
            withdraw_version(world.policy_store, f"next-{number}", AUTHOR, "again", NOW)
    (step, *_), _ = world.desk.history.latest(1)
    assert (step.subject, step.name, step.did, step.reason) == (Subject.VERSION, "next-3", Did.WITHDRAWN, "no")


@pytest.mark.parametrize("name", [LAST["version"], "incheon-2021-01-01"])
def test_a_started_version_is_not_withdrawn(world: World, name: str) -> None:
    with pytest.raises(AmendmentTooLate):
        withdraw_version(world.policy_store, name, AUTHOR, "no", NOW)


# --- two operators, and refusals ------------------------------------------------------------------------------------------


def test_an_amendment_is_approved_by_a_second_operator_and_once(world: World) -> None:
    proposal = _propose(world, _suspension(NOW + DAY))
    assert _layers_at(world, NOW + DAY) == LAYERS, "proposed is not yet decided"
    with pytest.raises(ApprovalByAuthor):
        _approve(world, proposal, by=AUTHOR)
    assert _approve(world, proposal).status is ProposalStatus.APPROVED
    with pytest.raises(AmendmentClosed):
        _approve(world, proposal)
    with pytest.raises(AmendmentClosed):
        close_amendment(world.desk.proposals, proposal.id, Did.REJECTED, APPROVER, "late", NOW)
    steps, _ = world.desk.history.of(Subject.AMENDMENT, proposal.id, 9)
    assert [(step.did, step.by, step.reason) for step in steps] == [
        (Did.PROPOSED, AUTHOR, "no money"),
        (Did.APPROVED, APPROVER, "agreed"),
    ]


@pytest.mark.parametrize("did", [Did.REJECTED, Did.WITHDRAWN])
def test_a_closed_amendment_changes_nothing(world: World, did: Did) -> None:
    proposal = _propose(world, _suspension(NOW + DAY))
    close_amendment(world.desk.proposals, proposal.id, did, AUTHOR, "after all not", NOW)
    with pytest.raises(AmendmentClosed):
        _approve(world, proposal)
    assert _layers_at(world, NOW + DAY) == LAYERS


def test_an_amendment_that_is_approved_too_late_is_refused(world: World) -> None:
    proposal = _propose(world, _suspension(NOW + DAY))
    with pytest.raises(AmendmentTooLate):
        _approve(world, proposal, NOW + DAY - NOTICE + MOMENT)
    assert proposal_named(world.desk.proposals, proposal.id).status is ProposalStatus.PROPOSED
    _approve(world, proposal, NOW + DAY - NOTICE)


REFUSED = [
    (EndChange("nothing", NOW + DAY), "version", "unknown_version"),
    (EndChange(LAST["version"], None), "ends_at", "changes_nothing"),
    (EndChange(LAST["version"], datetime(2020, 1, 1, tzinfo=SEOUL)), "ends_at", "ends_before_start"),
    (EndChange("incheon-2021-01-01", datetime(2023, 1, 1, tzinfo=SEOUL)), "ends_at", "changes_nothing"),
    (_suspension(NOW + DAY, NOW + DAY), "until", "ends_before_start"),
    (_suspension(NOW + DAY, None, LAYERS[0], "nothing"), "layers.1", "unknown_layer"),
    (_suspension(datetime(2010, 1, 1, tzinfo=SEOUL), datetime(2011, 1, 1, tzinfo=SEOUL)), "layers", "unknown_layer"),
    (Lifting("nothing", NOW + DAY), "suspension", "unknown_suspension"),
]


@pytest.mark.parametrize(("amendment", "path", "code"), REFUSED)
def test_an_amendment_without_a_subject_or_an_effect_is_refused(
    world: World, amendment: Amendment, path: str, code: str
) -> None:
    with pytest.raises(AmendmentRefused) as refused:
        _propose(world, amendment)
    assert refused.value.problems[0][:2] == (path, code)
    assert world.desk.proposals.latest(9) == ([], None)


def test_a_suspension_that_is_over_is_not_lifted(world: World) -> None:
    name = _amend(world, _suspension(NOW + DAY, NOW + 2 * DAY))
    with pytest.raises(AmendmentRefused) as refused:
        _propose(world, Lifting(name, NOW + 2 * DAY))
    assert refused.value.problems[0][1] == "changes_nothing"


@pytest.mark.parametrize("early", [timedelta(0), NOTICE - MOMENT, -DAY])
def test_nothing_begins_within_two_minutes_or_in_the_past(world: World, early: timedelta) -> None:
    with pytest.raises(AmendmentTooLate):
        _propose(world, _suspension(NOW + early))


def test_a_version_that_was_approved_meanwhile_is_seen_by_an_amendment(world: World) -> None:
    """A proposed end has no effect once another version starts before it."""
    proposal = _propose(world, EndChange(LAST["version"], NOW + 30 * DAY))
    world.desk.schedule(_last(version="sooner", starts_at=text_of(NOW + 20 * DAY)), NOW)
    with pytest.raises(AmendmentRefused):
        _approve(world, proposal)


# --- no effect on the past -------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_amendment_changes_the_past_or_cached_policies(data: st.DataObject) -> None:
    """After each step, the book's answer for every past instant, and every one within the notice, stays the same."""
    desk = Desk(InMemoryStorage(), patience_of(), "incheon")
    first = NOW - 5 * DAY
    documents = [_last(version=f"v{n}", starts_at=text_of(first + n * 5 * DAY)) for n in range(3)]
    desk.policies.add_history(documents, _step(first))
    hours = st.integers(1, 24 * 20).map(lambda hour: timedelta(hours=hour))
    instants = [first + timedelta(hours=hour) for hour in range(0, 24 * 30, 7)]
    now = NOW - 4 * DAY
    for _ in range(data.draw(st.integers(1, 6))):
        now += data.draw(hours)
        known = {at: _seen(book_of(desk.policies), at) for at in instants if at < now + NOTICE}
        amendment = data.draw(_amendments(desk, now))
        try:
            made = propose_amendment(desk.proposals, desk.policies, amendment, AUTHOR, "why", None, now)
            approve_amendment(desk.proposals, desk.policies, made.id, APPROVER, None, now)
        except (AmendmentRefused, AmendmentTooLate):
            continue
        assert {at: _seen(book_of(desk.policies), at) for at in known} == known


def _step(at: datetime) -> Step:
    return Step(Subject.HISTORY, "incheon", 1, Did.LOADED, AUTHOR, at, None)


def _seen(book: PolicyBook, at: datetime) -> tuple[str, bool, tuple[str, ...]]:
    version = book.running_at(at)
    return version.version, version.pays_at(at), tuple(layer.id for layer in version.layers)


@st.composite
def _amendments(draw: st.DrawFn, desk: Desk, now: datetime) -> Callable[[str], Amendment]:
    at = now + timedelta(hours=draw(st.integers(-24, 24 * 15)))
    later = draw(st.none() | st.integers(1, 200).map(lambda hour: at + timedelta(hours=hour)))
    version = draw(st.sampled_from(["v0", "v1", "v2"]))
    layers = tuple(draw(st.lists(st.sampled_from(LAYERS), unique=True)))
    makers: list[Callable[[str], Amendment]] = [
        lambda name: Suspension(name, layers, at, later),
        lambda name: EndChange(version, later),
        lambda name: Withdrawal(version),
    ]
    known = [each.id for each in desk.policies.stored().amendments if isinstance(each, Suspension)]
    if known:
        lifted = draw(st.sampled_from(known))
        makers.append(lambda name: Lifting(lifted, at))
    return draw(st.sampled_from(makers))


def test_the_book_is_built_once_a_minute_and_asked_without_a_call(world: World) -> None:
    _amend(world, _suspension(NOW + DAY, NOW + 2 * DAY))
    cache = CachedPolicies(world.policy_store, lambda: NOW)
    with world.counted() as costs:
        cache.book()
    assert costs.calls == ["query"], "versions and what amends them come together"
    with world.counted() as costs:
        assert [layer.id for layer in cache.book().running_at(NOW + DAY).layers] == []
    assert costs.calls == []


def test_a_book_without_amendments_has_the_versions_as_they_are() -> None:
    versions = [policy_of(document) for document in incheon()]
    book = PolicyBook(versions[::-1])
    for version in versions:
        assert book.running_at(version.starts_at) is version


# --- announcements --------------------------------------------------------------------------------------------------------


def _told(world: World, now: datetime) -> list[tuple[str, datetime, str]]:
    stored = world.policy_store.stored()
    return [
        (each.what, each.start, change.says.en)
        for each in announced(stored.documents, stored.amendments, now)
        for change in each.changes
    ]


def test_suspensions_and_moved_ends_are_announced_until_they_are_over(world: World) -> None:
    start, until, end = NOW + DAY, NOW + 2 * DAY, NOW + 10 * DAY
    assert _told(world, NOW) == []
    _amend(world, _suspension(start, until, LAYERS[0]))
    _amend(world, EndChange(LAST["version"], end))
    title = LAST["layers"][0]["title"]["en"]
    suspended = f"Suspended: {title}: no rewards from 2 October 2025, 09:00 until 3 October 2025, 09:00"
    ends = f"Ends sooner: {LAST['title']['en']}: until 11 October 2025, 09:00 (until then: until the next change)"
    assert _told(world, NOW) == [("suspension", start, suspended), ("end", end, ends)]
    assert _told(world, until - MOMENT) == [("suspension", start, suspended), ("end", end, ends)]
    assert _told(world, until) == [("end", end, ends)]


def test_a_version_that_is_to_come_is_announced_by_what_it_changes(world: World) -> None:
    starts_at = parse_instant("2025-12-01T00:00:00+09:00", "starts_at")
    limits = [LAST["limits"][0] | {"amount": 500_000}]
    # With larger bands, too: a limit beyond the bands would give no more.
    layers = [layer | {"bands": [band | {"up_to": 500_000} for band in layer["bands"]]} for layer in LAST["layers"]]
    world.desk.schedule(_last(version="next", starts_at=text_of(starts_at), limits=limits, layers=layers), NOW)
    told = _told(world, NOW)
    until_then = "(until then: up to 300,000 won of spend a month)"
    better = f"Better: Limit monthly-spend: up to 500,000 won of spend a month {until_then}"
    assert ("version", starts_at, better) in told
    assert all(at == starts_at for _, at, _ in told)
    assert _told(world, starts_at) == []


def test_the_status_of_a_version_follows_from_the_time(world: World) -> None:
    starts_at = NOW + DAY
    world.desk.schedule(_last(version="next", starts_at=text_of(starts_at)), NOW)
    documents = world.policy_store.documents()
    assert status_of("next", documents, starts_at - MOMENT) is VersionStatus.SCHEDULED
    assert status_of(LAST["version"], documents, starts_at - MOMENT) is VersionStatus.IN_FORCE
    assert status_of("next", documents, starts_at) is VersionStatus.IN_FORCE
    assert status_of(LAST["version"], documents, starts_at) is VersionStatus.SUPERSEDED
    withdraw_version(world.policy_store, "next", AUTHOR, "no", NOW)
    assert status_of("next", world.policy_store.documents(), NOW) is VersionStatus.WITHDRAWN
