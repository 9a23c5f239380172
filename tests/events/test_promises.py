"""Every event, sent twice in the order of events/README.md to a fresh local city, has the promised answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from local import building, places
from local.city import City
from local.draining import BALANCES_SECONDS, BalancesDrain
from local.emulator import free_port
from operations.stack import Stack
from tests.events.conftest import event_of
from tests.events.promises import ANY, Promise, Told, differences, story

STORY = story()
TURNS = ("first", "again")
Answers = dict[tuple[str, str], Any]


@pytest.fixture(scope="session")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answers]:
    """The answers by turn and event, from a city that the first `make run` made, with its default clock."""
    city = City(tmp_path_factory.mktemp("fresh"), free_port())
    city.start(building.build())
    stack = Stack.local(city.emulator.port)
    try:
        balances = BalancesDrain(
            city.emulator, city.stack.resources["LedgerTable"], city.stack.resources["BalancesTable"]
        )
        found = {}
        for turn in TURNS:
            for told in STORY:
                found[turn, told.event] = stack.invoke(told.function, event_of(told.event))
                # A person takes seconds between two events, in which the streams do their work.
                assert city.drain() == 0
                assert balances.wait(BALANCES_SECONDS)
        found["kept", "spent"] = stack.client("dynamodb").query(
            TableName=stack.resources["BudgetsTable"],
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={":pk": {"S": f"BUDGET#{places.PROGRAMME}#2021"}, ":sk": {"S": "SPENT#"}},
        )["Items"]
        yield found
    finally:
        stack.close()
        city.stop()


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("told", STORY, ids=lambda told: told.event)
def test_a_fresh_city_answers_what_the_page_promises(answers: Answers, told: Told, turn: str) -> None:
    promise: Promise = getattr(told, turn)

    assert promise.broken_by(answers[turn, told.event]) == []


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("told", STORY, ids=lambda told: told.event)
def test_every_other_promise_would_fail(answers: Answers, told: Told, turn: str) -> None:
    """A change of any promised value in the page would be found."""
    promise: Promise = getattr(told, turn)
    answer = answers[turn, told.event]
    others = [replace(promise, part=part) for part in changed(promise.part)]
    if promise.status is not None:
        others += [replace(promise, status=418), replace(promise, replayed=not promise.replayed)]

    assert others
    assert all(other.broken_by(answer) for other in others)


def changed(part: Any) -> list[Any]:
    """The promise with one value changed, once for each value."""
    if isinstance(part, dict):
        renamed = [{**{name: each for name, each in part.items() if name != one}, f"{one}_": part[one]} for one in part]
        return renamed + [{**part, name: other} for name, each in part.items() for other in changed(each)]
    if isinstance(part, list):
        inside = [
            [*part[:number], other, *part[number + 1 :]] for number, each in enumerate(part) for other in changed(each)
        ]
        return [*inside, [*part, "one more"]]
    if part == ANY:
        return []
    return [part + 1] if type(part) is int else [f"not {part}"]


def test_the_watch_over_budgets_keeps_what_was_spent_by_the_day(answers: Answers) -> None:
    (spent,) = answers["kept", "spent"]

    assert spent["day"] == {"S": "2021-01-04"}
    assert spent["spent"]["M"] == {"city": {"N": "0"}, "national": {"N": "0"}}, "stored once a day, before any payment"


def test_a_part_of_an_answer_is_compared_value_by_value() -> None:
    answered = {"a": 1, "b": [{"c": None, "d": "x"}], "e": True}

    assert differences({"a": 1, "b": [{"c": None}], "e": "…"}, answered) == []
    assert differences({"a": True}, answered) == ["answer.a: 1, not True"]
    assert differences({"b": []}, answered) == ["answer.b: [{'c': None, 'd': 'x'}], not []"]
    assert differences({"b": [{"c": 0}]}, answered) == ["answer.b[0].c: None, not 0"]
    assert differences({"f": None}, answered) == ["answer.f is missing"]


def test_what_cannot_be_compared_is_no_promise() -> None:
    with pytest.raises(AssertionError, match="promises nothing that can be compared"):
        story("| `a/http.json` | Function | 200, a wallet | the same |")


def test_the_default_of_make_invoke_and_the_readme_s_example_need_nothing_before_them(answers: Answers) -> None:
    """The examples are the first events of the story."""
    makefile, readme = ((places.ROOT / name).read_text() for name in ("Makefile", "README.md"))

    assert f"EVENT ?= events/{STORY[0].event}\n" in makefile
    assert f"FUNCTION ?= {STORY[0].function}\n" in makefile
    assert f"make invoke FUNCTION={STORY[0].function} EVENT=events/{STORY[0].event}" in readme
