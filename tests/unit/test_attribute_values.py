"""Conversion between plain values and DynamoDB's: every storable value is read back equal, and others are refused."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eeum.aws.attribute_values import attribute_value, plain_item, plain_value
from eeum.wallet.rules import WalletStatus

plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**37), 10**37), st.text()),
    lambda values: st.one_of(st.lists(values, max_size=3), st.dictionaries(st.text(), values, max_size=3)),
)


@given(plain)
def test_stored_values_are_read_back_with_value_and_type(value: Any) -> None:
    back = plain_value(attribute_value(value))
    assert back == value
    assert repr(back) == repr(value)


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (None, {"NULL": True}),
        (True, {"BOOL": True}),
        (0, {"N": "0"}),
        (-(10**12), {"N": "-1000000000000"}),
        ("", {"S": ""}),
        (WalletStatus.ACTIVE, {"S": "active"}),
        ({}, {"M": {}}),
        ([], {"L": []}),
        ({"한도": [1]}, {"M": {"한도": {"L": [{"N": "1"}]}}}),
    ],
)
def test_each_type_has_its_own_form(value: Any, stored: dict[str, Any]) -> None:
    assert attribute_value(value) == stored


@pytest.mark.parametrize("value", [1.0, Decimal(1), b"x", {1}, (1, 2), object(), {"a": 0.5}, [[1.5]], float("nan")])
def test_floats_and_other_unstorable_values_are_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        attribute_value(value)


@pytest.mark.parametrize(
    "stored", [{"N": "1.5"}, {"N": "1E+2"}, {"SS": ["a"]}, {"B": b"x"}, {"M": {"a": {"N": "0.1"}}}]
)
def test_unsupported_dynamodb_types_are_refused(stored: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"literal|type"):
        plain_value(stored)


def test_an_item_is_its_attributes() -> None:
    assert plain_item({"pk": {"S": "a"}, "n": {"N": "7"}}) == {"pk": "a", "n": 7}
