"""The evaluation of a policy for one payment: plain Python, no input or output."""

import json
import statistics
import time
import timeit
from collections.abc import Mapping
from datetime import datetime

from bench import ROOT
from bench.figures import Figure, Progress, Section
from bench.item_sizes import three_layers
from eeum.policy.conditions import Facts
from eeum.policy.evaluation import evaluate
from eeum.policy.reading import policy_of
from eeum.policy.rules import PolicyVersion

REPEATS = 51
CALLS = 1_000
BOUND = 20
FACTS = Facts(
    merchant_district="ganghwa",
    merchant_category="restaurant",
    merchant_annual_revenue=200_000_000,
    merchant_flags=frozenset({"benefit_plus"}),
    merchant_own_rate=300,
    card_product="standard",
    channel="shop",
    method="card",
    member_age=70,
    amount=100_000,
    accepted_at=datetime.fromisoformat("2026-03-07T20:00:00+09:00"),
)


def measure() -> Section:
    cases = {
        "IC-05, over its band edge": (_published("incheon-2021-01-01"), 600_000, {"monthly-spend": 100_000}),
        "IC-16, in Ganghwa": (
            _published("incheon-2025-09-01"),
            50_000,
            {"monthly-spend": 100_000},
        ),
        "an exclusive group, Incheon with all cards": (_published("incheon-all-2024-07-01"), 50_000, {}),
        "eight layers with conditions of shop, member and time": (_published("conditions"), 50_000, {}),
        "three layers of three bands": (three_layers(), 30_000, {"monthly-spend": 100_000}),
        "three layers, over every edge of their nine bands": (three_layers(), 2_500_000, {}),
    }
    progress = Progress("policy evaluation", len(cases))
    figures = []
    for name, (policy, base, used) in cases.items():
        rewards = evaluate(policy, FACTS, base, used).rewards
        if not rewards or any(reward.won == 0 for reward in rewards):
            raise RuntimeError(f"the evaluation of {name} has no reward")
        microseconds = _microseconds_of_calls(policy, base, used)
        lower, _, upper = statistics.quantiles(microseconds, n=4)
        how = f"Median of {REPEATS} runs of {CALLS:,} calls of `evaluate`, in processor time."
        figures.append(
            Figure(
                f"Policy evaluation of one payment: {name}",
                BOUND,
                statistics.median(microseconds),
                "µs",
                how,
                spread=(lower, upper),
            )
        )
        progress.step()
    return Section("Policy evaluation", figures)


def _microseconds_of_calls(policy: PolicyVersion, base: int, used: Mapping[str, int]) -> list[float]:
    timer = timeit.Timer(lambda: evaluate(policy, FACTS, base, used), timer=time.process_time)
    return [seconds / CALLS * 1e6 for seconds in timer.repeat(REPEATS, CALLS)]


def _published(version: str) -> PolicyVersion:
    (path,) = (ROOT / "policies").glob(f"*/{version}.json")
    document = json.loads(path.read_text(encoding="utf-8"))
    return policy_of(document)
