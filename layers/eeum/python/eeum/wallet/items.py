"""What requests and top-ups look like in the ledger table."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from eeum.calendar import parse_instant, text_of
from eeum.ids import Digest
from eeum.journal.kinds import KINDS
from eeum.policy.rules import BandPortion, LayerReward
from eeum.policy.stored_facts import STORED_WITH_A_TOP_UP, facts_of_item, facts_of_top_up_stored
from eeum.request import Acceptance
from eeum.storage import Item
from eeum.wallet.rules import NO_USAGE, LimitUsage, OwnDecline, TopUp, TopUpDecline, TopUpReward

TOP_UP = KINDS["top_up"].prefix
TAKEN = "taken"
Reason = TypeVar("Reason", bound=StrEnum)


def acceptance_item(acceptance: Acceptance) -> Item:
    """The attributes of the request that every entry has."""
    return {
        "id": acceptance.id,
        "caller": acceptance.caller,
        "body_hash": acceptance.body_hash,
        "accepted_at": text_of(acceptance.accepted_at),
    }


def acceptance_of(wallet_id: str, digest: Digest, item: Item) -> Acceptance:
    accepted_at = parse_instant(item["accepted_at"], "accepted_at")
    return Acceptance(item["id"], wallet_id, digest, item["body_hash"], item["caller"], accepted_at)


def top_up_item(top_up: TopUp) -> Item:
    """A top-up as an item; rewards and limit usage are left out where there are none."""
    return {
        "kind": "top_up",
        **acceptance_item(top_up.acceptance),
        "status": "declined" if top_up.decline else "completed",
        "amount": top_up.amount,
        "bank_reference": top_up.bank_reference,
        "decline": None,
        **decline_item(top_up.decline),
        "postings": top_up.postings,
        **({"rewards": [_reward_item(reward) for reward in top_up.rewards]} if top_up.rewards else {}),
        **limit_usage_item(top_up.limit_usage),
        **({"ceilings": dict(top_up.funded_amounts)} if top_up.funded_amounts else {}),
        **({"facts": facts} if (facts := facts_of_top_up_stored(top_up.facts)) else {}),
        **({"claimed": True} if top_up.claimed else {}),
        **({"parts": dict(top_up.parts)} if top_up.parts else {}),
    }


def decline_item(decline: StrEnum | OwnDecline | None) -> Item:
    """The reason of a decline. For a participant's own reason, its code and sentences are stored, too."""
    if isinstance(decline, OwnDecline):
        return {
            "decline": decline.value,
            "declined_by": {"code": decline.code, "message": decline.message, "message_en": decline.message_en},
        }
    return {"decline": decline.value} if decline else {}


def decline_of(item: Item, reasons: type[Reason]) -> Reason | OwnDecline | None:
    if "declined_by" in item:
        return OwnDecline(item["decline"], **item["declined_by"])
    return reasons(item["decline"]) if item.get("decline") else None


def limit_usage_item(limit_usage: LimitUsage) -> Item:
    """Limit usage by commands, of a wallet or of one entry; no attribute where there is none."""
    return (
        {TAKEN: {"version": limit_usage.version, "used": dict(limit_usage.used)}}
        if limit_usage.version or limit_usage.used
        else {}
    )


def limit_usage_of(item: Item) -> LimitUsage:
    return LimitUsage(item[TAKEN]["version"], item[TAKEN]["used"]) if TAKEN in item else NO_USAGE


def _reward_item(given: TopUpReward) -> Item:
    """Rewards with the attributes of an earning's rewards. `into` is the purse of a bonus; a discount has none."""
    return {**reward_item(given.reward), **({"into": given.into} if given.into else {})}


def reward_item(reward: LayerReward) -> Item:
    return {
        "layer": reward.layer,
        "won": reward.won,
        "bands": [list(portion) for portion in reward.portions],
        "funders": [list(part) for part in reward.funders],
    }


def reward_of(item: Mapping[str, Any]) -> LayerReward:
    bands: Sequence[Sequence[int]] = item["bands"]
    return LayerReward(
        item["layer"],
        item["won"],
        tuple(BandPortion(*portion) for portion in bands),
        tuple((funder, won) for funder, won in item["funders"]),
    )


def top_up_of(wallet_id: str, item: Item) -> TopUp:
    return TopUp(
        acceptance=acceptance_of(wallet_id, item["sk"].removeprefix(TOP_UP), item),
        amount=item["amount"],
        bank_reference=item["bank_reference"],
        decline=decline_of(item, TopUpDecline),
        rewards=tuple(TopUpReward(reward_of(each), each.get("into")) for each in item.get("rewards", ())),
        limit_usage=limit_usage_of(item),
        facts=facts_of_item(item.get("facts", {}), STORED_WITH_A_TOP_UP),
        funded_amounts=item.get("ceilings", {}),
        claimed=item.get("claimed", False),
        parts=item.get("parts", {}),
    )
