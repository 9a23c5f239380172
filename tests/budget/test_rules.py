"""Which line pays, and how much of a reward can be funded, from plain values."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eeum.budget.money import ended_pools, move_to_refill, nearest_first
from eeum.budget.rules import (
    SHARDS,
    SMALLEST_REFILL,
    BudgetShard,
    Drawing,
    Funds,
    Lines,
    Move,
    Name,
    Place,
    fiscal_year_of,
    largest_fit,
    pool_money,
    shard_of,
)
from eeum.calendar import SEOUL
from eeum.money import split_by_share
from eeum.policy.rules import Pool
from eeum.policy.windows import Window
from tests.budget.books import MONTHLY, NEW_YEAR, NOON, layer, line, policy

IN_HALVES = {"national": 50, "city": 50}
won = st.integers(0, 10_000)


def funds(
    left: Mapping[str, int], *, exhausted: bool = True, closed: bool = False, lines: Lines | None = None
) -> Funds:
    """Funds on a budget shard of 2022, with lines for `national` and `city` unless `lines` says otherwise."""
    own = lines or Lines([line("national", "national"), line("city", "city")])
    reach: dict[Name, tuple[Move, ...]] = {(2022, name): () for name in left if "unbudgeted" not in name}
    return Funds(own, {2022: BudgetShard(2022, 3, left, closed)}, reach if exhausted else {})


# --- which line pays --------------------------------------------------------------------------------------------------


def test_a_line_that_names_the_layer_pays_before_the_one_for_all_others() -> None:
    lines = Lines([line("others", "city"), line("own", "city", "benefit"), line("state", "national")])
    assert [lines.paying("city", name, NOON) for name in ("benefit", "standard")] == [lines.all[1], lines.all[0]]
    assert lines.paying("national", "standard", NOON) == lines.all[2]
    assert lines.paying("district", "standard", NOON) is None


def test_the_fiscal_year_of_the_acceptance_pays_by_seouls_calendar() -> None:
    lines = Lines([line("old", "city", year=2021), line("new", "city")])
    last = NEW_YEAR - timedelta(milliseconds=1)
    assert [paying.id for at in (last, NEW_YEAR) if (paying := lines.paying("city", "standard", at))] == ["old", "new"]
    assert [fiscal_year_of(datetime.fromisoformat(text)) for text in ("2021-12-31T14:59:59Z", "2021-12-31T15:00Z")] == [
        2021,
        2022,
    ]


def test_a_line_pays_from_the_instant_that_it_applies_from_and_before_it_the_one_for_all_others() -> None:
    lines = Lines([line("others", "city"), line("own", "city", "benefit", applies_from=NOON)])
    before = lines.paying("city", "benefit", NOON - timedelta(milliseconds=1))
    assert before is not None
    assert before.id == "others"
    after = lines.paying("city", "benefit", NOON)
    assert after is not None
    assert after.id == "own"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (line("a", "city"), line("b", "city"), True),
        (line("a", "city", "x", "y"), line("b", "city", "y"), True),
        (line("a", "city", "x"), line("b", "city", "y"), False),
        (line("a", "city", "x"), line("b", "city"), False),
        (line("a", "city"), line("b", "national"), False),
        (line("a", "city"), line("b", "city", year=2023), False),
    ],
)
def test_two_lines_that_pay_for_the_same_are_reported(one: object, other: object, same: bool) -> None:
    assert one.pays_the_same_as(other) is same  # type: ignore[attr-defined]
    assert other.pays_the_same_as(one) is same  # type: ignore[attr-defined]


# --- how much ---------------------------------------------------------------------------------------------------------


@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=4),
    st.integers(0, 300),
    st.lists(st.none() | st.integers(0, 120), min_size=4, max_size=4),
)
def test_the_largest_fit_is_the_largest_of_all(shares: list[int], most: int, rooms: list[int | None]) -> None:
    room = rooms[: len(shares)]

    def fits(total: int) -> bool:
        return all(cap is None or part <= cap for part, cap in zip(split_by_share(total, shares), room, strict=True))

    assert largest_fit(shares, most, room) == max(total for total in range(most + 1) if fits(total))


def test_the_part_of_the_last_funder_may_shrink_while_the_whole_grows() -> None:
    assert [split_by_share(total, (1, 1, 1)) for total in (2, 3)] == [(0, 0, 2), (1, 1, 1)]
    assert largest_fit((1, 1, 1), 3, (None, None, 1)) == 3
    assert largest_fit((1, 1, 1), 2, (None, None, 1)) == 1


def test_one_funders_shortfall_cuts_the_layer_for_all_its_funders_and_no_other_layer() -> None:
    shared, own = layer("standard", IN_HALVES), layer("district", {"city": 100})
    both = policy([shared, own])
    wallet = funds({"national": 100, "city": 1_000})
    assert wallet.draw(both, shared, 1_000, NOON) == 201  # The parts of 100 and 101 won.
    assert wallet.draw(both, own, 500, NOON) == 500
    assert wallet.changes == {2022: {"national": -100, "city": -601}}


@given(won, won, won, won, st.lists(st.integers(1, 100), min_size=2, max_size=2))
def test_a_grant_is_the_largest_that_fits_every_line_and_pool(
    wanted: int, national: int, city: int, pool: int, shares: list[int]
) -> None:
    paid = layer("standard", dict(zip(("national", "city"), shares, strict=True)), "citywide")
    own = policy([paid], Pool("citywide", MONTHLY, 10**9))
    wallet = funds({"national": national, "city": city, "pool/citywide@2022-08": pool})
    granted = wallet.draw(own, paid, wanted, NOON)
    parts = split_by_share(granted, shares)
    assert granted <= min(wanted, pool)
    assert parts[0] <= national
    assert parts[1] <= city
    if granted < wanted:
        next_parts = split_by_share(granted + 1, shares)
        assert granted + 1 > pool or next_parts[0] > national or next_parts[1] > city


def test_a_merchants_part_is_never_budgeted() -> None:
    paid = layer("benefit", {"merchant": 70, "city": 30})
    wallet = funds({"city": 30})
    assert wallet.draw(policy([paid]), paid, 1_000, NOON) == 100
    assert wallet.changes == {2022: {"city": -30}}


def test_rewards_without_a_line_are_paid_and_counted_once_the_year_has_a_line() -> None:
    paid = layer("standard", {"district": 50, "city": 50})
    lines = Lines([line("city", "city", applies_from=NOON)])
    wallet = funds({"city": 1_000, "unbudgeted/district": 7}, lines=lines)
    assert wallet.draw(policy([paid]), paid, 100, NOON) == 100
    assert wallet.draw(policy([paid]), paid, 40, NOON - timedelta(milliseconds=1)) == 40
    assert wallet.changes == {2022: {"city": -50, "unbudgeted/district": 50}}
    wallet.give_back(policy([paid]), paid, {"district": 20, "city": 20}, NOON)
    assert wallet.changes == {2022: {"city": -30, "unbudgeted/district": 30}}


def test_a_reward_is_raised_and_lowered_by_the_difference_of_its_parts() -> None:
    paid = layer("standard", {"national": 1, "city": 1})
    own = policy([paid])
    wallet = funds({"national": 10, "city": 10})
    assert wallet.draw(own, paid, 6, NOON, before=3) == 6  # The parts (1, 2) become (3, 3).
    assert wallet.changes == {2022: {"national": -2, "city": -1}}
    assert wallet.draw(own, paid, 2, NOON, before=6) == 2
    assert wallet.changes == {2022: {"city": 1}}
    assert wallet.draw(own, paid, 0, NOON, before=2) == 0
    assert wallet.changes == {2022: {"national": 1, "city": 2}}


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(0, 200), st.integers(0, 200))
def test_lowering_a_reward_needs_no_budget(shares: list[int], before: int, wanted: int) -> None:
    funders = ("national", "city", "district", "province")[: len(shares)]
    paid = layer("standard", dict(zip(funders, shares, strict=True)), "citywide")
    own = policy([paid], Pool("citywide", MONTHLY, 10**9))
    left = dict.fromkeys([*funders, "pool/citywide@2022-08"], 0)
    wallet = funds(left, lines=Lines([line(funder, funder) for funder in funders]))
    granted = wallet.draw(own, paid, wanted, NOON, before)
    assert 0 <= granted <= wanted
    if wanted == before:
        assert granted == before
    assert all(change >= 0 for change in wallet.changes.get(2022, {}).values())


def test_money_given_back_can_be_drawn_in_the_same_transaction() -> None:
    paid = layer("standard", {"city": 100})
    own = policy([paid])
    wallet = funds({"city": 0})
    assert wallet.draw(own, paid, 300, NOON, before=1_000) == 300
    assert wallet.draw(own, paid, 900, NOON) == 700
    assert wallet.changes == {}


def test_money_given_back_after_the_close_is_kept_apart() -> None:
    paid = layer("standard", {"city": 100}, "citywide")
    own = policy([paid], Pool("citywide", MONTHLY, 10**6))
    left = {"city": 500, "returned/city": 0, "pool/citywide@2022-08": 100}
    wallet = funds(left, closed=True)
    wallet.give_back(own, paid, {"city": 200}, NOON)
    assert wallet.changes == {2022: {"returned/city": 200, "pool/citywide@2022-08": 200}}
    assert wallet.draw(own, paid, 260, NOON) == 260  # 200 given back in that transaction, and 60 that were left.
    assert wallet.changes == {2022: {"city": -60, "pool/citywide@2022-08": -60}}


def test_a_shortfall_names_all_that_is_wanted_and_nothing_is_stored_until_it_is_there() -> None:
    paid = layer("standard", IN_HALVES, "citywide")
    own = policy([paid], Pool("citywide", MONTHLY, 10**6))
    wallet = funds({"national": 10, "city": 1_000}, exhausted=False)
    assert wallet.draw(own, paid, 600, NOON) == 600
    assert wallet.draw(own, paid, 400, NOON) == 400
    assert {short.name: short.wanted for short in wallet.missing} == {"national": 500, "pool/citywide@2022-08": 1_000}
    with pytest.raises(ValueError, match="refill"):
        _ = wallet.changes


def test_a_year_that_was_not_read_has_a_shortfall_of_everything() -> None:
    paid = layer("standard", {"city": 100})
    lines = Lines([line("city", "city", year=2021), line("city", "city")])
    wallet = funds({"city": 100}, exhausted=False, lines=lines)
    assert wallet.draw(policy([paid]), paid, 50, NEW_YEAR - timedelta(seconds=1)) == 50
    assert [(short.year, short.name, short.wanted) for short in wallet.missing] == [(2021, "city", 50)]


def test_exact_parts_are_taken_whole_or_not_at_all() -> None:
    paid = layer("standard", IN_HALVES)
    own = policy([paid])
    wallet = funds({"national": 10, "city": 100})
    assert not wallet.take(own, paid, {"national": 11, "city": 1}, NOON)
    assert wallet.changes == {}
    assert wallet.take(own, paid, {"national": 10, "city": 100}, NOON)
    assert wallet.changes == {2022: {"national": -10, "city": -100}}


def test_draws_on_a_copy_do_not_change_the_original() -> None:
    paid = layer("standard", {"city": 100})
    wallet = funds({"city": 100})
    assert wallet.copy().draw(policy([paid]), paid, 80, NOON) == 80
    assert wallet.changes == {}
    assert wallet.draw(policy([paid]), paid, 100, NOON) == 100


# --- pools ------------------------------------------------------------------------------------------------------------


def test_a_pools_window_belongs_to_the_payments_year_and_an_events_to_its_last_year() -> None:
    start, until = datetime(2022, 11, 15, tzinfo=SEOUL), datetime(2023, 2, 1, tzinfo=SEOUL)
    event = Pool("festival", Window("event", start, until), 5_000)
    own = policy([], Pool("citywide", MONTHLY, 1_000), event)
    assert pool_money(own, "citywide", NOON)[1:] == (1_000, 2022)
    for at in (start, until - timedelta(seconds=1)):
        assert pool_money(own, "festival", at)[1:] == (5_000, 2023)
    at_midnight = Pool("year", Window("event", start, datetime(2023, 1, 1, tzinfo=SEOUL)), 1)
    assert pool_money(policy([], at_midnight), "year", start).home == 2022


# --- budget shards and refills ----------------------------------------------------------------------------------------


def test_transactions_are_spread_evenly_over_all_shards() -> None:
    counts = [0] * SHARDS
    for number in range(16_000):
        counts[shard_of(f"wallet-{number}")] += 1
    assert min(counts) > 850
    assert max(counts) < 1_150


@given(st.integers(1, 10**6), st.integers(0, 10**9), st.lists(st.integers(0, 10**6), max_size=15), st.integers(0, 15))
def test_a_shortage_is_refilled_while_there_is_plenty_and_then_drawn_where_money_is(
    lacking: int, rest: int, others: list[int], number: int
) -> None:
    places = [Move(Place(2022, other), there) for other, there in enumerate(others)]
    from_rest = Move(Place(2022, None), rest)
    there = dict([from_rest, *places])
    move = move_to_refill(lacking, from_rest, places)
    if move is not None:
        assert 2 * lacking <= move.won <= there[move.place] // 2
        return
    found = nearest_first(lacking, number, from_rest, places)
    assert dict(found) == {place: won for place, won in there.items() if won}
    enough = [move.won >= lacking for move in found]
    assert enough == sorted(enough, reverse=True)


def test_a_refill_moves_a_large_part_of_the_unallocated_balance_so_that_refills_are_rare() -> None:
    def of_rest(lacking: int, rest: int) -> int | None:
        move = move_to_refill(lacking, Move(Place(2022, None), rest), ())
        return move and move.won

    assert of_rest(1, 3_200_000_000) == 100_000_000
    assert of_rest(1, 3_200_000) == SMALLEST_REFILL
    assert of_rest(1_000, 160_000) == 10_000
    # Near the end nothing is kept in reserve, and draws take from every place that has money.
    assert of_rest(1_000, 31_999) is None
    assert of_rest(700_000, 3_200_000) is None


def test_without_an_unallocated_balance_half_of_the_fullest_shard_is_moved() -> None:
    nothing = Move(Place(2022, None), 0)
    others = [Move(Place(2022, number), won) for number, won in ((1, 250_000), (2, 900_001), (3, 900_000))]
    assert move_to_refill(1, nothing, others) == Move(Place(2022, 2), 450_000)
    assert move_to_refill(225_001, nothing, others) is None
    assert move_to_refill(1, nothing, [Move(Place(2022, 1), 2 * SMALLEST_REFILL - 1)]) is None


def test_shards_with_enough_are_drawn_on_first_and_each_shard_starts_with_another() -> None:
    others = [Move(Place(2022, number), won) for number, won in ((1, 900), (2, 1_000), (9, 2_000), (15, 999))]
    rest = Move(Place(2022, None), 30)

    def of(number: int) -> list[int | None]:
        return [move.place.shard for move in nearest_first(1_000, number, rest, others)]

    assert of(0) == [2, 9, 15, 1, None]
    assert of(3) == [9, 2, 15, 1, None]
    assert nearest_first(1_000, 3, rest._replace(won=1_000), others)[0].place.shard is None


def test_what_a_shard_lacks_is_drawn_from_places_that_were_read() -> None:
    paid = layer("standard", {"city": 100})
    own = policy([paid])
    near, far = Move(Place(2022, None), 30), Move(Place(2022, 7), 50)
    wallet = Funds(
        Lines([line("city", "city")]), {2022: BudgetShard(2022, 3, {"city": 10}, False)}, {(2022, "city"): (near, far)}
    )
    assert wallet.draw(own, paid, 60, NOON) == 60
    assert wallet.missing == ()
    assert wallet.changes == {2022: {"city": -10}}
    assert wallet.elsewhere == {near.place: {"city": 30}, far.place: {"city": 20}}
    assert wallet.draw(own, paid, 60, NOON) == 30
    wallet.give_back(own, paid, {"city": 85}, NOON)
    assert (wallet.changes, wallet.elsewhere) == ({2022: {"city": -5}}, {})


@pytest.mark.parametrize(("drawing", "granted"), [(Drawing.OWN, 40), (Drawing.NOTHING, 0)])
def test_after_the_last_read_a_draw_uses_its_shard_alone_and_returns_still_work(drawing: Drawing, granted: int) -> None:
    paid = layer("standard", {"city": 100})
    own = policy([paid])
    wallet = Funds(Lines([line("city", "city")]), {2022: BudgetShard(2022, 3, {"city": 40}, False)}, drawing=drawing)
    assert wallet.draw(own, paid, 60, NOON) == granted
    assert wallet.missing == ()
    wallet.give_back(own, paid, {"city": 100}, NOON)
    assert wallet.changes == {2022: {"city": 100 - granted}}


def test_pools_of_an_old_window_are_removed_from_a_shard() -> None:
    names = ["pool/a@2022-06", "pool/a@2022-06-2", "pool/a@2022-07", "pool/b@2021", "pool/c@until-2022-01", "city"]
    shard = BudgetShard(2022, 0, {name: number for number, name in enumerate(names)}, closed=False)
    assert ended_pools(shard, NOON) == [("pool/a@2022-06", 0), ("pool/a@2022-06-2", 1), ("pool/b@2021", 3)]
