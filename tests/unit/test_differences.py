"""The simulated differences that a check shows: only of this draft, compared with the version that it will replace."""

from typing import Any

from eeum.policy.digest import digest_of
from eeum.simulations.differences import as_of_the_policy, beside

OLD = {"cost": -44_949_560, "winners": 0, "losers": 2_055, "unchanged": 7, "gained": 0, "lost": 44_949_560}
"""A difference as an earlier release stored it, for a draft with higher bands: from the draft to the version before."""

POLICIES = [{"policy": "raised", "cost": 144_949_560}, {"policy": "before", "cost": 100_000_000}]
BEFORE: dict[str, Any] = {"version": "before"}


def test_a_difference_stored_by_an_earlier_release_is_reversed_and_named() -> None:
    shown = as_of_the_policy({"policies": POLICIES, "difference": OLD})["difference"]
    assert shown == {
        "of": "raised", "against": "before", "cost": 44_949_560, "winners": 2_055, "losers": 0, "unchanged": 7,
        "gained": 44_949_560, "lost": 0,
    }  # fmt: skip
    assert as_of_the_policy({"policies": POLICIES, "difference": shown})["difference"] == shown


def test_a_difference_from_another_version_is_not_shown() -> None:
    summary = {"policies": POLICIES, "difference": OLD}
    assert beside(summary, BEFORE)["difference"]["winners"] == 2_055
    assert beside(summary, {"version": "another"})["difference"] is None
    assert beside(summary, None)["difference"] is None
    assert beside({"policies": POLICIES[:1], "difference": None}, BEFORE)["difference"] is None


def test_a_difference_from_another_document_of_that_name_is_not_shown() -> None:
    named = as_of_the_policy({"policies": POLICIES, "difference": OLD})["difference"]
    for against, shown in ((BEFORE, True), ({"version": "before", "title": "changed"}, False)):
        summary = {"difference": named | {"against_digest": digest_of(against)}}
        assert (beside(summary, BEFORE)["difference"] is not None) is shown
