"""From a draft to a version in force: who may do what, to which revision, and what is recorded."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from eeum.calendar import SEOUL, text_of
from eeum.errors import (
    ApprovalByAuthor,
    DraftChanged,
    DraftClosed,
    DraftExists,
    DraftNotChecked,
    NotFound,
    PolicyRefused,
    SimulationMissing,
)
from eeum.policy.digest import digest_of
from eeum.policy.drafts import Draft, DraftStatus
from eeum.policy.history import Did, Subject
from eeum.policy.lifecycle import close_draft, draft_named, edit_draft
from eeum.policy.use_cases import version_in_force, version_named
from eeum.storage import Key, Put, Table
from tests.concurrency import attempts_at_once
from tests.use_cases.scheduling import APPROVER, AUTHOR
from tests.use_cases.world import World, incheon

NOW = datetime(2031, 1, 1, 9, 0, tzinfo=SEOUL)
START = NOW + timedelta(days=1)
NAME = "incheon-next"


def _document(name: str = NAME, starts_at: datetime = START, **changes: Any) -> dict[str, Any]:
    return {**incheon()[-1], "version": name, "starts_at": text_of(starts_at), **changes}


def _edit(world: World, seen: int, document: dict[str, Any], by: str = AUTHOR, emergency: str | None = "now") -> Draft:
    return edit_draft(
        world.desk.drafts,
        world.desk.policies,
        "incheon",
        document["version"],
        seen,
        document,
        by,
        "better",
        emergency,
        NOW,
    )


def _close(world: World, seen: int, did: Did) -> Draft:
    return close_draft(world.desk.drafts, world.desk.policies, NAME, seen, did, APPROVER, "not now", NOW)


def _simulated(world: World, document: dict[str, Any]) -> None:
    """Store a finished simulation, as the simulator does."""
    digest = digest_of(document)
    item = {"kind": "simulation", "id": "s-1", "digest": digest, "finished_at": text_of(NOW), "summary": '{"won": 1}'}
    world.send(Put(Key(Table.PROGRAMME, "PROGRAMME#incheon", f"SIMULATION#{digest}"), item))


def test_a_draft_becomes_a_version_at_its_instant_by_two_operators(world: World) -> None:
    desk = world.desk
    begun = desk.begin(_document(), NOW)
    assert (begun.status, begun.revision, begun.authors) == (DraftStatus.DRAFT, 1, (AUTHOR,))
    assert begun.digest == digest_of(_document())
    checked = desk.check(NAME, NOW)
    assert checked.check
    assert (checked.status, checked.check.against, checked.check.faults) == (
        DraftStatus.CHECKED,
        incheon()[-1]["version"],
        (),
    )
    with pytest.raises(NotFound):
        version_named(world.policy_store, NAME)
    assert desk.approve(NAME, NOW).status is DraftStatus.APPROVED
    assert version_in_force(world.policy_store, START) == _document()
    assert version_in_force(world.policy_store, START - timedelta(milliseconds=1)) == incheon()[-1]


def test_no_author_of_a_draft_approves_it(world: World) -> None:
    desk = world.desk
    desk.begin(_document(), NOW)
    _edit(world, 1, _document(title={"ko": "새", "en": "New"}), by="operator/editor")
    desk.check(NAME, NOW, seen=2, by="operator/checker")
    for author in (AUTHOR, "operator/editor"):
        with pytest.raises(ApprovalByAuthor):
            desk.approve(NAME, NOW, seen=2, by=author)
    assert desk.approve(NAME, NOW, seen=2, by="operator/checker").authors == (AUTHOR, "operator/editor")


def test_an_edit_needs_a_new_check(world: World) -> None:
    desk = world.desk
    with pytest.raises(NotFound):
        desk.check(NAME, NOW)
    desk.begin(_document(), NOW)
    with pytest.raises(DraftNotChecked):
        desk.approve(NAME, NOW)
    desk.check(NAME, NOW)
    edited = _edit(world, 1, _document(title={"ko": "새", "en": "New"}))
    assert (edited.status, edited.revision, edited.check) == (DraftStatus.DRAFT, 2, None)
    with pytest.raises(DraftNotChecked):
        desk.approve(NAME, NOW, seen=2)
    desk.check(NAME, NOW, seen=2)
    desk.approve(NAME, NOW, seen=2)
    assert version_named(world.policy_store, NAME)["title"]["en"] == "New"


@pytest.mark.parametrize("seen", [0, 1, 3])
def test_every_step_names_the_revision_that_was_read(world: World, seen: int) -> None:
    desk = world.desk
    desk.begin(_document(), NOW)
    _edit(world, 1, _document(title={"ko": "새", "en": "New"}))
    desk.check(NAME, NOW, seen=2)
    for act in (
        partial(_edit, world, seen, _document()),
        partial(desk.check, NAME, NOW, seen),
        partial(desk.approve, NAME, NOW, seen),
        partial(_close, world, seen, Did.REJECTED),
        partial(_close, world, seen, Did.WITHDRAWN),
    ):
        with pytest.raises(DraftChanged):
            act()
    assert draft_named(desk.drafts, NAME).steps == 3


def test_one_of_several_edits_of_a_revision_is_stored(world: World) -> None:
    world.desk.begin(_document(), NOW)
    documents = [_document(title={"ko": f"{n}", "en": f"{n}"}) for n in range(8)]
    answers = attempts_at_once([partial(_edit, world, 1, document) for document in documents])
    assert sum(isinstance(answer, Draft) for answer in answers) == 1
    assert sum(isinstance(answer, DraftChanged) for answer in answers) == 7
    assert draft_named(world.desk.drafts, NAME).revision == 2


def test_a_check_finds_all_faults_at_once_and_none_is_approved(world: World) -> None:
    layer = incheon()[-1]["layers"][0] | {"limits": ["no-such-limit"]}
    limit = {**incheon()[-1]["limits"][0], "measure": "reward"}
    wrong = _document(starts_at=NOW, layers=[layer, layer], limits=[limit], ends_at=text_of(NOW))
    world.desk.begin(wrong, NOW)
    checked = world.desk.check(NAME, NOW)
    assert checked.check
    codes = {code for _, code, _ in checked.check.faults}
    assert {"unknown_limit", "repeated_id", "ends_before_start", "measure_changed", "policy_starts_too_soon"} <= codes
    assert checked.status is DraftStatus.DRAFT
    with pytest.raises(DraftNotChecked):
        world.desk.approve(NAME, NOW)


def test_a_draft_that_was_checked_without_a_simulation_needs_an_emergency(world: World) -> None:
    desk = world.desk
    desk.begin(_document(), NOW, emergency=None)
    desk.check(NAME, NOW)
    with pytest.raises(SimulationMissing):
        desk.approve(NAME, NOW)
    _edit(world, 1, _document(), emergency="the money ends on Friday")
    desk.check(NAME, NOW, seen=2)
    assert desk.approve(NAME, NOW, seen=2).emergency_reason == "the money ends on Friday"


def test_a_simulation_is_valid_for_exactly_its_document(world: World) -> None:
    desk = world.desk
    desk.begin(_document(), NOW, emergency=None)
    _simulated(world, _document(starts_at=START + timedelta(days=1)))
    assert getattr(desk.check(NAME, NOW).check, "simulation", None) is None
    _simulated(world, _document())
    checked = desk.check(NAME, NOW)
    assert checked.check
    assert checked.check.simulation
    assert (checked.check.simulation.id, checked.check.simulation.summary) == ("s-1", {"won": 1})
    assert desk.approve(NAME, NOW).status is DraftStatus.APPROVED


def test_an_approval_needs_the_previous_version_that_the_check_compared(world: World) -> None:
    desk = world.desk
    name = desk.ready(_document(starts_at=NOW + timedelta(days=9)), NOW)
    desk.schedule(_document("between", NOW + timedelta(days=3)), NOW)
    with pytest.raises(DraftNotChecked):
        desk.approve(name, NOW)
    desk.schedule(_document("after", NOW + timedelta(days=30)), NOW)
    checked = desk.check(name, NOW)
    assert checked.check
    assert checked.check.against == "between"
    desk.approve(name, NOW)


@pytest.mark.parametrize(
    ("did", "status"), [(Did.REJECTED, DraftStatus.REJECTED), (Did.WITHDRAWN, DraftStatus.WITHDRAWN)]
)
def test_only_an_edit_reopens_a_closed_draft(world: World, did: Did, status: DraftStatus) -> None:
    desk = world.desk
    desk.ready(_document(), NOW)
    assert _close(world, 1, did).status is status
    for act in (partial(desk.check, NAME, NOW), partial(desk.approve, NAME, NOW), partial(_close, world, 1, did)):
        with pytest.raises(DraftClosed):
            act()
    assert _edit(world, 1, _document()).status is DraftStatus.DRAFT
    desk.check(NAME, NOW, seen=2)
    desk.approve(NAME, NOW, seen=2)


def test_an_approved_draft_never_changes(world: World) -> None:
    world.desk.schedule(_document(), NOW)
    for act in (
        partial(_edit, world, 1, _document(title={"ko": "새", "en": "New"})),
        partial(world.desk.check, NAME, NOW),
        partial(world.desk.approve, NAME, NOW),
        partial(_close, world, 1, Did.REJECTED),
        partial(_close, world, 1, Did.WITHDRAWN),
    ):
        with pytest.raises(DraftClosed):
            act()
    assert version_named(world.policy_store, NAME) == _document()


def test_a_draft_keeps_its_name_and_its_programme(world: World) -> None:
    world.desk.begin(_document(), NOW)
    with pytest.raises(PolicyRefused) as refused:
        edit_draft(
            world.desk.drafts, world.desk.policies, "incheon", NAME, 1, _document("another"), AUTHOR, "why", None, NOW
        )
    assert refused.value.problems[0][:2] == ("version", "renamed")
    for act in (
        partial(_edit, world, 1, _document(programme="haneul")),
        partial(world.desk.begin, _document("new", programme="haneul"), NOW),
    ):
        with pytest.raises(PolicyRefused) as refused:
            act()
        assert refused.value.problems[0][:2] == ("programme", "other_programme")


def test_a_draft_is_begun_once(world: World) -> None:
    answers = attempts_at_once([partial(world.desk.begin, _document(), NOW) for _ in range(8)])
    assert answers == [answers[0]] * 8
    with pytest.raises(DraftExists):
        world.desk.begin(_document(), NOW, by="operator/somebody-else")
    with pytest.raises(DraftExists):
        world.desk.begin(_document(title={"ko": "새", "en": "New"}), NOW)


@pytest.mark.parametrize("name", ["", "x" * 41, "x#000001", "가", "\ud800", "../x", "incheon-2021-01-01"])
def test_an_unknown_draft_is_not_found(world: World, name: str) -> None:
    with pytest.raises(NotFound):
        draft_named(world.desk.drafts, name)


def test_every_step_is_recorded_with_author_time_reason_and_document(world: World) -> None:
    desk = world.desk
    desk.begin(_document(), NOW)
    newer = _document(title={"ko": "새", "en": "New"})
    _edit(world, 1, newer, by="operator/editor")
    desk.check(NAME, NOW + timedelta(minutes=1), seen=2)
    desk.approve(NAME, NOW + timedelta(minutes=2), seen=2)
    steps, cursor = desk.history.of(Subject.DRAFT, NAME, 10)
    first, second = digest_of(_document()), digest_of(newer)
    assert [(step.number, step.did, step.by, step.reason, step.revision, step.digest) for step in steps] == [
        (1, Did.CREATED, AUTHOR, "new rules", 1, first),
        (2, Did.EDITED, "operator/editor", "better", 2, second),
        (3, Did.CHECKED, AUTHOR, None, 2, second),
        (4, Did.APPROVED, APPROVER, None, 2, second),
    ]
    assert [step.at for step in steps] == [NOW, NOW, NOW + timedelta(minutes=1), NOW + timedelta(minutes=2)]
    assert cursor is None
    of_programme, _ = desk.history.latest(10)
    assert of_programme == [*reversed(steps), *of_programme[4:]]
    assert [(step.subject, step.did) for step in of_programme[4:]] == [(Subject.HISTORY, Did.LOADED)]
