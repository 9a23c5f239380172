"""The largest realistic items fit into one write unit, with room for more. `make bench` prints the same sizes."""

import pytest

from bench.item_sizes import UNIT, sizes

NAMES = ("payment", "wallet", "earning", "discounted payment", "wallet with rewards")


def test_every_item_that_a_payment_writes_is_measured() -> None:
    assert set(sizes()) == set(sizes(to_come=True)) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_largest_realistic_item_fits_into_one_write_unit(name: str) -> None:
    assert sizes()[name] <= UNIT


@pytest.mark.parametrize("name", NAMES)
def test_there_is_room_for_till_staff_a_group_and_a_coupon(name: str) -> None:
    today, to_come = sizes()[name], sizes(to_come=True)[name]
    assert today + 35 < to_come <= UNIT
