"""Properties of the evaluator for every policy, not only for published ones."""

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eeum.policy.conditions import Facts
from eeum.policy.documents import parse_policy
from eeum.policy.evaluation import evaluate
from eeum.policy.rules import Evaluation, PolicyVersion
from tests.unit.policy.policy_documents import document, layer, policy

RATES = st.integers(1, 10_000)
AMOUNTS = st.integers(1, 400)


@st.composite
def bands(draw: st.DrawFn) -> list[tuple[int | None, int]]:
    """Up to four bands that earn; the last may be open."""
    ends: list[int | None] = list(draw(st.lists(st.integers(1, 1000), min_size=1, max_size=4, unique=True).map(sorted)))
    if draw(st.booleans()):
        ends[-1] = None
    return [(end, draw(RATES)) for end in ends]


LIMITS = st.tuples(st.none() | st.integers(0, 1000), st.none() | st.integers(0, 300))


def one_layer(limits: tuple[int | None, int | None], its_bands: list[tuple[int | None, int]]) -> PolicyVersion:
    spend, reward = limits
    return policy(
        [("spend", "spend", spend), ("reward", "reward", reward)],
        layer("only", its_bands, ["spend", "reward"], [("national", 2), ("city", 1)]),
    )


def fold(
    version: PolicyVersion, amounts: list[int], facts: Facts | None = None
) -> tuple[list[Evaluation], dict[str, int]]:
    """Evaluate payments one after the other in one window; return the evaluations and the limit usage after them."""
    used: dict[str, int] = {}
    evaluations = []
    for amount in amounts:
        evaluation = evaluate(version, facts or Facts(), amount, used)
        for limit, more in evaluation.used.items():
            used[limit] = used.get(limit, 0) + more
        evaluations.append(evaluation)
    return evaluations, used


def won_by_won(its_bands: list[tuple[int | None, int]], limit: int | None, used: int, base: int) -> tuple[int, int]:
    """The reward and the accepted spend by the definition: each won earns at the rate of the band it falls into."""
    hundredths, accepted = 0, 0
    for won in range(used, used + base):
        if limit is not None and won >= limit:
            break
        rate = next((rate for end, rate in its_bands if end is None or won < end), None)
        if rate is not None:
            hundredths += rate
            accepted += 1
    return hundredths // 10_000, accepted


@settings(deadline=None)
@given(bands(), st.none() | st.integers(0, 1000), st.integers(0, 1000), AMOUNTS)
def test_each_won_earns_at_the_rate_of_the_band_it_falls_into(
    its_bands: list[tuple[int | None, int]], limit: int | None, used: int, base: int
) -> None:
    evaluation = evaluate(one_layer((limit, None), its_bands), Facts(), base, {"spend": used})
    assert (evaluation.won, evaluation.used.get("spend", 0)) == won_by_won(its_bands, limit, used, base)


@settings(deadline=None)
@given(LIMITS, bands(), AMOUNTS)
def test_more_spend_never_earns_less(
    limits: tuple[int | None, int | None], its_bands: list[tuple[int | None, int]], base: int
) -> None:
    version = one_layer(limits, its_bands)
    rewards = [evaluate(version, Facts(), amount, {}).won for amount in range(base, base + 20)]
    assert all(less <= more <= less + 1 for less, more in pairwise(rewards))


@settings(deadline=None)
@given(LIMITS, bands(), st.lists(AMOUNTS, max_size=12))
def test_no_limit_is_exceeded(
    limits: tuple[int | None, int | None], its_bands: list[tuple[int | None, int]], amounts: list[int]
) -> None:
    evaluations, used = fold(one_layer(limits, its_bands), amounts)

    paid = sum(evaluation.won for evaluation in evaluations)
    assert used.get("reward", 0) == paid
    for name, limit in zip(("spend", "reward"), limits, strict=True):
        assert limit is None or used.get(name, 0) <= limit


@settings(deadline=None)
@given(LIMITS, bands(), st.lists(AMOUNTS, min_size=1, max_size=12))
@example((None, None), [(None, 9_999)], [1] * 12)  # the largest loss: each of 12 payments floors 0.9999 won away
def test_splitting_a_spend_loses_less_than_a_won_a_payment_and_gains_nothing(
    limits: tuple[int | None, int | None], its_bands: list[tuple[int | None, int]], amounts: list[int]
) -> None:
    """One floor for the whole against one floor a part: a part loses less than a won, so n parts lose at most n - 1."""
    version = one_layer(limits, its_bands)
    whole = evaluate(version, Facts(), sum(amounts), {})
    parts, used = fold(version, amounts)

    earning = sum(1 for part in parts if part.rewards)
    assert 0 <= whole.won - sum(part.won for part in parts) <= max(earning - 1, 0)
    assert used.get("spend", 0) == whole.used.get("spend", 0)


@settings(deadline=None)
@given(bands(), st.integers(0, 10), st.lists(st.integers(1, 12), min_size=1, max_size=12))
def test_splitting_loses_nothing_where_no_floor_bites(
    its_bands: list[tuple[int | None, int]], limit: int, amounts: list[int]
) -> None:
    """Ends, limits and payments in steps of 10,000 won earn a whole won at any rate."""
    coarse = [(end and end * 10_000, rate) for end, rate in its_bands]
    version = one_layer((limit * 10_000, None), coarse)
    parts, _ = fold(version, [amount * 10_000 for amount in amounts])
    assert sum(part.won for part in parts) == evaluate(version, Facts(), sum(amounts) * 10_000, {}).won


@settings(deadline=None)
@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=4), RATES, st.integers(1, 10**6))
def test_funders_parts_add_up_to_the_reward(shares: list[int], rate: int, base: int) -> None:
    funders = list(zip(("national", "city", "district", "merchant"), shares, strict=False))
    reward = evaluate(policy([], layer("only", [(None, rate)], funders=funders)), Facts(), base, {}).rewards[0]

    assert [name for name, _ in reward.funders] == [name for name, _ in funders]
    parts = [part for _, part in reward.funders]
    assert sum(parts) == reward.won == base * rate // 10_000
    assert parts[:-1] == [reward.won * share // sum(shares) for share in shares[:-1]]
    # The last takes what the floors leave: its own share and less than a won from each of the others.
    assert 0 <= parts[-1] - reward.won * shares[-1] // sum(shares) < len(shares)


@settings(deadline=None)
@given(bands(), bands(), bands(), st.integers(0, 1000), AMOUNTS, st.integers(0, 500))
def test_layers_that_share_a_spend_limit_give_the_same_in_any_order_and_count_a_won_once(
    first: list[tuple[int | None, int]],
    second: list[tuple[int | None, int]],
    third: list[tuple[int | None, int]],
    limit: int,
    base: int,
    used: int,
) -> None:
    # A third of each rate, for layers that always apply may not give more than everything together.
    layers = [
        layer(name, [(end, max(rate // 3, 1)) for end, rate in its_bands], ["spend"])
        for name, its_bands in (("a", first), ("b", second), ("c", third))
    ]
    forward = evaluate(policy([("spend", "spend", limit)], *layers), Facts(), base, {"spend": used})
    backward = evaluate(policy([("spend", "spend", limit)], *reversed(layers)), Facts(), base, {"spend": used})

    assert sorted(forward.rewards, key=lambda reward: reward.layer) == sorted(
        backward.rewards, key=lambda reward: reward.layer
    )
    assert forward.used == backward.used
    assert forward.used.get("spend", 0) <= min(base, max(limit - used, 0))


def test_a_reward_limit_is_used_up_in_the_order_of_the_layers() -> None:
    nation = layer("nation", [(None, 1000)], ["reward"], [("national", 1)])
    city = layer("city", [(None, 500)], ["reward"])

    nation_first = evaluate(policy([("reward", "reward", 12_000)], nation, city), Facts(), 100_000, {})
    city_first = evaluate(policy([("reward", "reward", 12_000)], city, nation), Facts(), 100_000, {})

    # 10 % of 100,000 is 10,000 and 5 % is 5,000: 3,000 more than the limit, at the cost of the later layer.
    assert [(reward.layer, reward.won) for reward in nation_first.rewards] == [("nation", 10_000), ("city", 2_000)]
    assert [(reward.layer, reward.won) for reward in city_first.rewards] == [("city", 5_000), ("nation", 7_000)]


SHOP = {"fact": "channel", "in": ["shop"]}


@pytest.mark.parametrize(("counts", "used"), [("accepted", {}), ("all", {"spend": 200_000})])
def test_spend_that_a_layer_does_not_accept_uses_no_limit_unless_it_counts_all(
    counts: str, used: dict[str, int]
) -> None:
    version = policy([("spend", "spend", 300_000)], layer("shop", [(None, 1000)], ["spend"], when=SHOP, counts=counts))

    evaluation = evaluate(version, Facts(channel="delivery"), 200_000, {})

    assert evaluation.rewards == ()
    assert evaluation.used == used


def test_where_a_layer_counts_all_a_free_part_can_come_first() -> None:
    # Nothing on the first 100,000 won of a month, 5 % on what follows: 150,000 earns 5 % of 50,000.
    version = policy([("spend", "spend", None)], layer("late", [(100_000, 0), (None, 500)], ["spend"], counts="all"))

    evaluations, used = fold(version, [60_000, 90_000, 10_000])

    assert [evaluation.won for evaluation in evaluations] == [0, 2_500, 500]
    assert used == {"spend": 160_000}


def test_a_merchant_without_a_rate_of_its_own_gives_nothing_and_uses_nothing() -> None:
    version = policy([("spend", "spend", 300_000)], layer("own", [(None, "merchant")], ["spend"], [("merchant", 1)]))

    assert evaluate(version, Facts(merchant_own_rate=0), 50_000, {}).used == {}
    generous = evaluate(version, Facts(merchant_own_rate=350), 50_000, {})
    assert (generous.won, generous.used) == (1_750, {"spend": 50_000})


def test_a_spend_limit_counts_what_was_accepted_though_a_reward_limit_pays_less() -> None:
    version = policy(
        [("spend", "spend", 300_000), ("reward", "reward", 1_000)], layer("both", [(None, 1000)], ["spend", "reward"])
    )
    evaluation = evaluate(version, Facts(), 100_000, {})
    assert (evaluation.won, evaluation.used) == (1_000, {"spend": 100_000, "reward": 1_000})


def test_rates_of_a_hundredth_of_a_percent_are_exact() -> None:
    # 7.53 % of 99,999 won is 7,529.92…: floored once, over all bands together.
    version = policy([("spend", "spend", None)], layer("fine", [(50_000, 753), (None, 753)], ["spend"]))
    assert evaluate(version, Facts(), 99_999, {}).won == 7_529


@settings(deadline=None)
@given(LIMITS, bands(), AMOUNTS, st.dictionaries(st.sampled_from(["spend", "reward", "else"]), st.integers(0, 500)))
def test_evaluation_depends_on_its_own_limits_alone_and_changes_nothing(
    limits: tuple[int | None, int | None], its_bands: list[tuple[int | None, int]], base: int, used: dict[str, int]
) -> None:
    before = dict(used)
    version = one_layer(limits, its_bands)
    evaluation = evaluate(version, Facts(), base, used)

    assert used == before
    assert "else" not in evaluation.used
    assert evaluation == evaluate(version, Facts(), base, {name: won for name, won in used.items() if name != "else"})
    assert all(won > 0 for won in evaluation.used.values())
    assert all(reward.won >= 0 for reward in evaluation.rewards)


@settings(deadline=None)
@given(LIMITS, bands(), AMOUNTS, st.integers(0, 500))
def test_the_portions_of_a_reward_explain_it(
    limits: tuple[int | None, int | None], its_bands: list[tuple[int | None, int]], base: int, used: int
) -> None:
    evaluation = evaluate(one_layer((limits[0], None), its_bands), Facts(), base, {"spend": used})
    for reward in evaluation.rewards:
        assert reward.won == sum(portion.base * portion.rate for portion in reward.portions) // 10_000
        assert sum(portion.base for portion in reward.portions) == evaluation.used["spend"] <= base
        for portion in reward.portions:
            assert portion.end is None or portion.base <= portion.end - portion.start


def test_nothing_paid_from_a_purse_that_earns_gives_nothing() -> None:
    assert evaluate(one_layer((1000, 1000), [(None, 1000)]), Facts(), 0, {}) == Evaluation((), {})


def test_a_layer_of_a_group_that_counts_all_counts_before_it_is_chosen() -> None:
    """10 % above the first 100,000 won of a month, in a group with 1 % of all: spend below 100,000 counts too."""
    free = layer("beyond", [(100_000, 0), (None, 1_000)], ["monthly-spend"]) | {"counts": "all", "exclusive": "one"}
    small = layer("small", [(None, 100)]) | {"exclusive": "one"}
    made = document(
        ("limits.0.amount", None), ("layers", [free, small]), ("groups", [{"id": "one", "counts": "highest"}])
    )
    version = parse_policy(made)
    used: dict[str, int] = {}
    found = []
    for base in (60_000, 40_000, 10_000):
        evaluation = evaluate(version, Facts(), base, used)
        used = {"monthly-spend": used.get("monthly-spend", 0) + evaluation.used["monthly-spend"]}
        found.append([(reward.layer, reward.won) for reward in evaluation.rewards])
    assert found == [[("small", 600)], [("small", 400)], [("beyond", 1_000)]]
    assert used == {"monthly-spend": 110_000}
