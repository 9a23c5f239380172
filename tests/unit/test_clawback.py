"""The purses from which rewards are taken back."""

from hypothesis import given
from hypothesis import strategies as st

from eeum.cashback.clawback import taken_back

PURSES = ("points@2021-02", "payback@2021-03")
won = st.integers(-5_000, 5_000)
some = st.integers(0, 3_000)


@given(st.fixed_dictionaries({each: st.tuples(won, some, some) for each in PURSES}), won)
def test_no_purse_goes_below_zero_but_cashback_and_nothing_is_lost(
    purses: dict[str, tuple[int, int, int]], cash: int
) -> None:
    wanted = {f"purse/{each}": change for each, (change, _, _) in purses.items() if change} | {"purse/cashback": cash}
    postings = wanted | {"funder/city": -sum(wanted.values())}
    made = taken_back(postings, lambda each: purses.get(each, (0, 0, 0))[1], lambda each: purses[each][2])
    assert sum(made.postings.values()) == 0
    assert all(made.postings.values())
    owed = 0
    for each, (change, has, expired) in purses.items():
        moved = made.postings.get(f"purse/{each}", 0)
        assert moved == max(change, -has)
        unspent = made.expired.get(each, 0)
        # The expired part is taken before anything is taken from cashback.
        assert unspent == min(moved - change, expired)
        owed += moved - change - unspent
    assert made.postings.get("purse/cashback", 0) == cash - owed
    assert made.postings.get("funder/city", 0) == postings["funder/city"]
