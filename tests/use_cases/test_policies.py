"""Policies are loaded once and with notice, so that every cache has a version before it starts."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from eeum.calendar import SEOUL, parse_instant, text_of
from eeum.errors import (
    DraftClosed,
    DraftExists,
    Invalid,
    NotFound,
    PolicyInstantTaken,
    PolicyRefused,
    PolicyStartsTooSoon,
    ProgrammeNotEmpty,
    ProgrammeNotRunning,
)
from eeum.policy.drafts import Draft, DraftStatus
from eeum.policy.loading import load_history
from eeum.policy.store import LARGEST_HISTORY, PolicyStore
from eeum.policy.use_cases import (
    LONGEST_AGE,
    NOTICE,
    CachedPolicies,
    version_in_force,
    version_named,
)
from eeum.storage import Table
from tests.concurrency import attempts_at_once
from tests.use_cases.scheduling import APPROVER, Desk
from tests.use_cases.world import World, incheon

NOW = datetime(2031, 1, 1, 9, 0, tzinfo=SEOUL)


def _document(starts_at: datetime | str, name: str = "incheon-next", **changes: Any) -> dict[str, Any]:
    text = starts_at if isinstance(starts_at, str) else text_of(starts_at)
    return {**incheon()[-1], "version": name, "starts_at": text, **changes}


def _load(world: World, document: dict[str, Any], now: datetime = NOW) -> dict[str, Any]:
    return world.desk.schedule(document, now)


def _empty(world: World) -> PolicyStore:
    """The store of a programme without policies; only its own tests use it."""
    return PolicyStore(world.storage, world.patience, "haneul")


def _desk(world: World) -> Desk:
    return Desk(world.storage, world.patience, "haneul")


def _own(starts_at: datetime | str, name: str) -> dict[str, Any]:
    return _document(starts_at, name, programme="haneul")


def test_a_version_is_loaded_and_in_force_from_its_start(world: World) -> None:
    starts_at = NOW + timedelta(days=1)
    document = _load(world, _document(starts_at))
    assert version_in_force(world.policy_store, starts_at)["version"] == "incheon-next"
    assert version_in_force(world.policy_store, starts_at - timedelta(milliseconds=1)) == incheon()[-1]
    assert version_named(world.policy_store, "incheon-next") == document


def test_a_version_needs_two_minutes_of_notice(world: World) -> None:
    assert timedelta(seconds=120) == NOTICE >= 2 * LONGEST_AGE
    for number, starts_at in enumerate((NOW + NOTICE - timedelta(milliseconds=1), NOW, NOW - timedelta(days=1))):
        name = world.desk.ready(_document(starts_at, f"incheon-{number}"), NOW)
        with pytest.raises(PolicyStartsTooSoon):
            world.desk.approve(name, NOW)
        with pytest.raises(NotFound):
            version_named(world.policy_store, name)
    _load(world, _document(NOW + NOTICE))


def test_an_instant_and_a_name_are_taken_once(world: World) -> None:
    starts_at = NOW + timedelta(days=1)
    name = world.desk.ready(_document(starts_at, "another-name"), NOW)
    other = _document(starts_at.astimezone().isoformat(), "the-same-instant-written-otherwise")
    written_otherwise = world.desk.ready(other, NOW)
    _load(world, _document(starts_at))
    for taken in (name, written_otherwise):
        with pytest.raises(PolicyInstantTaken):
            world.desk.approve(taken, NOW)
    with pytest.raises(DraftExists):
        world.desk.begin(_document(starts_at + timedelta(days=1)), NOW, emergency=None)
    with pytest.raises(DraftExists):
        world.desk.begin(_document(starts_at + timedelta(days=1), "incheon-2021-01-01"), NOW)
    assert len(world.policy_store.documents()) == len(incheon()) + 1


def test_one_of_several_concurrent_versions_gets_an_instant(world: World) -> None:
    starts_at = NOW + timedelta(days=1)
    names = [world.desk.ready(_document(starts_at, f"version-{n}"), NOW) for n in range(8)]
    answers = attempts_at_once([partial(world.desk.approve, name, NOW) for name in names])
    assert sum(isinstance(answer, Draft) for answer in answers) == 1
    assert sum(isinstance(answer, PolicyInstantTaken) for answer in answers) == 7


def test_one_of_several_concurrent_approvals_of_a_draft_is_stored(world: World) -> None:
    name = world.desk.ready(_document(NOW + timedelta(days=1)), NOW)
    answers = attempts_at_once([partial(world.desk.approve, name, NOW, by=f"operator/{n}") for n in range(8)])
    assert sum(isinstance(answer, Draft) for answer in answers) == 1
    assert sum(isinstance(answer, DraftClosed) for answer in answers) == 7


def _measuring(measure: str, starts_at: datetime, name: str) -> dict[str, Any]:
    """A version in which the limit `raced` has this measure."""
    limit = {"id": "raced", "measure": measure, "window": "month", "amount": None}
    return _document(starts_at, name, limits=[*incheon()[-1]["limits"], limit])


def test_one_of_several_concurrent_versions_that_disagree_is_loaded(world: World) -> None:
    days = [NOW + timedelta(days=number) for number in range(1, 9)]
    measures = ("spend", "reward")
    answers = attempts_at_once(
        [partial(_load, world, _measuring(measures[n % 2], day, f"version-{n}")) for n, day in enumerate(days)]
    )
    loaded = {each["measure"] for document in _found(world, "version-") for each in _raced(document)}
    assert len(loaded) == 1
    assert (
        sum(isinstance(answer, dict) for answer in answers) == sum(isinstance(a, PolicyRefused) for a in answers) == 4
    )


def test_a_version_that_disagrees_with_one_loaded_meanwhile_is_refused(world: World) -> None:
    done = []

    def fault(moment: str, writes: object) -> None:
        if moment == "before" and not done:
            done.append(True)
            world.desk.approve("faster", NOW)

    # The faster version starts later, so that the slower one still follows the same version.
    world.desk.ready(_measuring("spend", NOW + timedelta(days=2), "faster"), NOW)
    slower = world.desk.ready(_measuring("reward", NOW + timedelta(days=1), "slower"), NOW)
    world.memory.fault = fault
    with pytest.raises(PolicyRefused) as refused:
        world.desk.approve(slower, NOW)
    assert [problem[:2] for problem in refused.value.problems] == [("limits", "measure_changed")]
    _load(world, _document(NOW + timedelta(days=3), "a-harmless-one"))


def test_a_version_is_not_refused_for_faults_of_stored_versions(world: World) -> None:
    """Two loads that did not see each other left the programme in this state."""
    store = world.policy_store
    for number, measure in enumerate(("spend", "reward")):
        document = _measuring(measure, NOW + timedelta(days=number + 1), f"stored-{number}")
        store.add(document, "operator", text_of(NOW), store.revision())
    _load(world, _document(NOW + timedelta(days=3), "a-harmless-one"))
    with pytest.raises(PolicyRefused):
        _load(world, _measuring("spend", NOW + timedelta(days=4), "one-with-the-limit"))


def _found(world: World, prefix: str) -> list[dict[str, Any]]:
    return [document for document in world.policy_store.documents() if document["version"].startswith(prefix)]


def _raced(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [limit for limit in document["limits"] if limit["id"] == "raced"]


def test_another_programmes_version_is_refused(world: World) -> None:
    with pytest.raises(PolicyRefused) as refused:
        _load(world, _own(NOW + timedelta(days=1), "haneul-1"))
    assert refused.value.problems[0][:2] == ("programme", "other_programme")


def test_the_first_version_of_a_programme_may_be_one_that_starts_in_the_future(world: World) -> None:
    store = _empty(world)
    desk = _desk(world)
    desk.schedule(_own(NOW + timedelta(days=1), "haneul-1"), NOW)
    desk.schedule(_own(NOW + timedelta(days=2), "haneul-2"), NOW)
    assert [document["version"] for document in store.documents()] == ["haneul-1", "haneul-2"]
    with pytest.raises(ProgrammeNotEmpty):
        load_history(store, "haneul", [_own("2020-01-01T00:00:00+09:00", "haneul-0")], "operator", NOW)
    _forget(world)


def test_a_first_version_is_loaded_after_losing_a_race_to_another_first(world: World) -> None:
    one, two = _own(NOW + timedelta(days=1), "haneul-1"), _own(NOW + timedelta(days=2), "haneul-2")
    done = []

    def fault(moment: str, writes: object) -> None:
        if moment == "before" and not done:
            done.append(True)
            _desk(world).approve("haneul-2", NOW)

    _desk(world).ready(one, NOW)
    _desk(world).ready(two, NOW)
    world.memory.fault = fault
    assert _desk(world).approve("haneul-1", NOW).status is DraftStatus.APPROVED
    assert _empty(world).documents() == [one, two]
    _forget(world)


def test_two_operators_who_each_load_a_first_version_both_succeed(world: World) -> None:
    documents = [_own(NOW + timedelta(days=number), f"haneul-{number}") for number in range(1, 9)]
    answers = attempts_at_once([partial(_desk(world).schedule, document, NOW) for document in documents])
    assert answers == documents
    assert _empty(world).documents() == documents
    _forget(world)


def _forget(world: World) -> None:
    """Remove the policies: the invariants are checked for one programme."""
    for key in [key for key in world.memory._items if key.pk == "PROGRAMME#haneul"]:
        del world.memory._items[key]


# --- history --------------------------------------------------------------------------------------------------------------


def test_history_is_loaded_into_an_empty_programme_only(world: World) -> None:
    with pytest.raises(ProgrammeNotEmpty):
        load_history(world.policy_store, "incheon", incheon(), "operator", NOW)
    assert world.policy_store.documents() == list(incheon())


def test_history_is_loaded_whole_or_not_at_all(world: World) -> None:
    store = _empty(world)
    one, two = _own("2020-01-01T00:00:00+09:00", "one"), _own("2020-02-01T00:00:00+09:00", "two")
    same_start = _own("2019-12-31T15:00:00Z", "three")
    same_name = _own("2020-03-01T00:00:00+09:00", "one")
    for documents in ([one, two, same_start], [one, two, same_name], [one, two | {"programme": "incheon"}]):
        with pytest.raises(PolicyRefused):
            load_history(store, "haneul", documents, "operator", NOW)
    assert store.documents() == []


@pytest.mark.parametrize("count", [0, LARGEST_HISTORY + 1])
def test_history_has_bounds(world: World, count: int) -> None:
    documents = [_own(f"19{year:02}-01-01T00:00:00+09:00", f"haneul-{year}") for year in range(count)]
    with pytest.raises(Invalid):
        load_history(_empty(world), "haneul", documents, "operator", NOW)


def test_one_of_several_concurrent_histories_is_loaded(world: World) -> None:
    histories = [[_own(f"20{number:02}-01-01T00:00:00+09:00", f"haneul-{number}")] for number in range(10, 18)]
    answers = attempts_at_once(
        [partial(load_history, _empty(world), "haneul", each, "operator", NOW) for each in histories]
    )
    assert answers.count(None) == 1
    assert sum(isinstance(answer, ProgrammeNotEmpty) for answer in answers) == 7
    assert len(_empty(world).documents()) == 1
    _forget(world)


def test_history_may_reach_into_the_future(world: World) -> None:
    load_history(_empty(world), "haneul", [_own("2099-01-01T00:00:00+09:00", "haneul-99")], "operator", NOW)
    _forget(world)


# --- what is in force -----------------------------------------------------------------------------------------------------


def test_the_version_that_started_last_is_in_force(world: World) -> None:
    for document in incheon():
        starts_at = parse_instant(document["starts_at"], "starts_at")
        assert world.policies.running_at(starts_at).version == document["version"]
        before = world.policies.in_force_at(starts_at - timedelta(milliseconds=1))
        assert before is None or before.version != document["version"]


def test_before_the_first_version_none_is_in_force(world: World) -> None:
    first = parse_instant(incheon()[0]["starts_at"], "starts_at")
    with pytest.raises(ProgrammeNotRunning):
        world.policies.running_at(first - timedelta(milliseconds=1))
    with pytest.raises(NotFound):
        version_in_force(world.policy_store, first - timedelta(milliseconds=1))


def test_policies_are_read_again_after_a_minute(world: World) -> None:
    now = [NOW]
    cache = CachedPolicies(world.policy_store, lambda: now[0])
    first = cache.book()
    _load(world, _document(NOW + timedelta(days=1)))
    at = NOW + timedelta(days=2)
    now[0] += LONGEST_AGE
    with world.counted() as costs:
        assert cache.book() is first
    assert costs.calls == []
    now[0] += timedelta(milliseconds=1)
    assert cache.book().running_at(at).version == "incheon-next"


def test_policies_are_read_again_when_the_clock_went_back(world: World) -> None:
    now = [NOW]
    cache = CachedPolicies(world.policy_store, lambda: now[0])
    cache.book()
    _load(world, _document(NOW + timedelta(days=1)))
    now[0] -= timedelta(milliseconds=1)
    assert cache.book().running_at(NOW + timedelta(days=2)).version == "incheon-next"


def test_an_empty_programme_is_read_again_at_once(world: World) -> None:
    cache = CachedPolicies(_empty(world), lambda: NOW)
    assert cache.book().in_force_at(NOW) is None
    load_history(_empty(world), "haneul", [_own("2020-01-01T00:00:00+09:00", "haneul-1")], "operator", NOW)
    assert cache.book().running_at(NOW).version == "haneul-1"
    _forget(world)


def test_every_version_is_stored_with_its_author_and_time(world: World) -> None:
    _load(world, _document(NOW + timedelta(days=1)))
    items = world.memory.items(Table.PROGRAMME)
    (item,) = [item for item in items if item["kind"] == "policy" and item["version"] == "incheon-next"]
    assert (item["added_by"], item["added_at"]) == (APPROVER, text_of(NOW))
