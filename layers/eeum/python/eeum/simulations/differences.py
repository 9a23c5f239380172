"""A simulation's difference, seen from the policy that it is about, whichever release stored it. Pure; amounts are won."""

from collections.abc import Mapping
from typing import Any

from eeum.policy.digest import digest_of


def as_of_the_policy(summary: Mapping[str, Any]) -> dict[str, Any]:
    """The summary with a difference that names its subject.

    Earlier releases stored it the other way round and without names: from the requested policy to the one compared with.
    """
    found = summary.get("difference")
    if not found or "of" in found:
        return dict(summary)
    of, against = (each["policy"] for each in summary["policies"])
    turned = {
        "of": of,
        "against": against,
        "cost": -found["cost"],
        "winners": found["losers"],
        "losers": found["winners"],
        "unchanged": found["unchanged"],
        "gained": found["lost"],
        "lost": found["gained"],
    }
    return {**summary, "difference": turned}


def beside(summary: Mapping[str, Any], replaced: Mapping[str, Any] | None) -> dict[str, Any]:
    """As `as_of_the_policy`, but without a difference from any document other than `replaced`."""
    shown = as_of_the_policy(summary)
    found = shown.get("difference")
    if found is None:
        return shown
    same = replaced is not None and found["against"] == replaced["version"]
    known = found.get("against_digest")
    if same and replaced is not None and known is not None:
        same = known == digest_of(replaced)
    return shown if same else {**shown, "difference": None}
