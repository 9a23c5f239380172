"""The size of items by DynamoDB's documentation of each type, as an upper bound."""

import pytest

from eeum.item_size import bytes_of


@pytest.mark.parametrize(
    ("item", "most"),
    [
        ({}, 3),
        ({"a": "b"}, 3 + 1 + 1 + 1),
        ({"name": "연수"}, 3 + 4 + 6 + 1),
        ({"n": 5}, 3 + 1 + 2 + 1),
        ({"n": -(10**12)}, 3 + 1 + 9 + 1),
        ({"n": 10**60}, 3 + 1 + 21 + 1),
        ({"yes": True, "nothing": None}, 3 + 3 + 1 + 1 + 7 + 1 + 1),
        ({"l": [1, "ab", []]}, 3 + 1 + 1 + (3 + (2 + 1) + (2 + 1) + (3 + 1))),
        ({"m": {"ab": "cd"}}, 3 + 1 + 1 + (3 + 2 + 2 + 1)),
    ],
)
def test_an_item_has_the_bytes_of_its_names_and_values(item: dict[str, object], most: int) -> None:
    assert bytes_of(item) == most
