"""Whole won, rounded down once, and parts that add up to the whole."""

from hypothesis import given
from hypothesis import strategies as st

from eeum.money import BASIS_POINTS_OF_THE_WHOLE, LARGEST_AMOUNT, reward_of, split_by_share

amounts = st.integers(0, LARGEST_AMOUNT)
rates = st.integers(0, BASIS_POINTS_OF_THE_WHOLE)
shares = st.lists(st.integers(1, 10_000), min_size=1, max_size=6)


def test_ten_percent_of_half_a_million_and_one_percent_of_the_rest() -> None:
    assert reward_of([(500_000, 1_000), (500_000, 100)]) == 55_000


def test_a_reward_is_rounded_down_once_over_all_its_portions() -> None:
    assert reward_of([(9, 1_000)]) == 0
    assert reward_of([(5, 1_000), (5, 1_000)]) == 1
    assert reward_of([]) == 0


@given(st.lists(st.tuples(amounts, rates), max_size=4))
def test_a_reward_is_less_than_a_won_below_the_exact_one(portions: list[tuple[int, int]]) -> None:
    exact = sum(base * rate for base, rate in portions)
    reward = reward_of(portions)
    assert 0 <= exact - reward * BASIS_POINTS_OF_THE_WHOLE < BASIS_POINTS_OF_THE_WHOLE
    assert type(reward) is int


@given(amounts, shares)
def test_parts_add_up_to_the_whole(won: int, parts: list[int]) -> None:
    split = split_by_share(won, parts)
    assert sum(split) == won
    assert len(split) == len(parts)
    assert all(part >= 0 for part in split)


@given(amounts, shares)
def test_all_but_the_last_part_are_rounded_down_and_the_last_takes_the_rest(won: int, parts: list[int]) -> None:
    split = split_by_share(won, parts)
    for part, share in list(zip(split, parts, strict=True))[:-1]:
        assert 0 <= won * share - part * sum(parts) < sum(parts)
    assert 0 <= split[-1] * sum(parts) - won * parts[-1] < len(parts) * sum(parts)


def test_one_funder_pays_everything() -> None:
    assert split_by_share(1_235, [7]) == (1_235,)
    assert split_by_share(1_235, [940, 1010]) == (595, 640)
