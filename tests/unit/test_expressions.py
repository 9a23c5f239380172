"""DynamoDB expressions of conditions and changes."""

from typing import Any

import pytest

from eeum.aws.expressions import Expressions
from eeum.storage import Absent, Add, AtLeast, AtMost, Condition, Equals, Remove, SetTo

CHARGED = ("purses", "charged", "amount")


@pytest.mark.parametrize(
    ("condition", "written", "values"),
    [
        (Absent(("pk",)), "attribute_not_exists(#n0)", {}),
        (Equals(("status",), "active"), "#n0 = :v0", {":v0": {"S": "active"}}),
        (Equals(("verified",), False), "#n0 = :v0", {":v0": {"BOOL": False}}),
        (AtLeast(CHARGED, 5), "#n0.#n1.#n2 >= :v0", {":v0": {"N": "5"}}),
        (AtMost(CHARGED, -5), "#n0.#n1.#n2 <= :v0", {":v0": {"N": "-5"}}),
    ],
)
def test_each_condition_has_its_expression(condition: Condition, written: str, values: dict[str, Any]) -> None:
    expressions = Expressions()
    assert expressions.conditions([condition]) == written
    assert expressions.values == values
    assert list(expressions.names.values()) == list(condition.path)


def test_conditions_hold_together_and_share_their_names() -> None:
    expressions = Expressions()
    written = expressions.conditions([Equals(CHARGED, 1), AtLeast(("purses", "cashback", "amount"), 2)])
    assert written == "#n0.#n1.#n2 = :v0 AND #n0.#n3.#n2 >= :v1"
    assert expressions.names == {"#n0": "purses", "#n1": "charged", "#n2": "amount", "#n3": "cashback"}


def test_changes_are_sets_and_sums() -> None:
    expressions = Expressions()
    written = expressions.changes([Add(CHARGED, -10), SetTo(("usage",), {}), SetTo(("reserved word",), None)])
    assert written == "SET #n0.#n1.#n2 = #n0.#n1.#n2 + :v0, #n3 = :v1, #n4 = :v2"
    assert expressions.values == {":v0": {"N": "-10"}, ":v1": {"M": {}}, ":v2": {"NULL": True}}


def test_no_condition_calculates() -> None:
    # DynamoDB's conditions have no arithmetic, though an emulator may accept it.
    expressions = Expressions()
    for condition in (Absent(CHARGED), Equals(CHARGED, 1), AtLeast(CHARGED, 1), AtMost(CHARGED, 1)):
        assert not set("+-*/") & set(expressions.conditions([condition]))


def test_a_request_has_no_empty_names_or_values() -> None:
    expressions = Expressions()
    assert expressions.parameters() == {}
    expressions.conditions([Absent(("pk",))])
    assert expressions.parameters() == {"ExpressionAttributeNames": {"#n0": "pk"}}


def test_removals_have_their_own_clause() -> None:
    expressions = Expressions()
    written = expressions.changes([Remove(("won", "a")), Add(("won", "b"), -10), Remove(("c",))])
    assert written == "SET #n0.#n1 = #n0.#n1 + :v0 REMOVE #n0.#n2, #n3"
    assert list(expressions.names.values()) == ["won", "b", "a", "c"]
    assert Expressions().changes([Remove(("c",))]) == "REMOVE #n0"
