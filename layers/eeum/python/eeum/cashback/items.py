"""The keys and attributes of earnings and corrections in the ledger table."""

from collections.abc import Mapping

from eeum.calendar import Month, parse_instant, text_of
from eeum.cashback.rules import (
    CancelledCapture,
    Correction,
    Earning,
    RewardChange,
    postings_of,
)
from eeum.ids import Digest
from eeum.journal.forms import reward_in_places, rewards_by_name
from eeum.journal.kinds import KINDS
from eeum.journal.partitions import partition_of
from eeum.payments.items import portions_item, portions_of, repaid_item, repaid_of
from eeum.storage import Item, Key, Table
from eeum.wallet.items import reward_item, reward_of

EARNING = KINDS["earning"].prefix
CORRECTION = KINDS["correction"].prefix

BY_PURSE = ("expired", "spent", "recovered_from")
"""Attributes of a correction by purse; each is left out where there is none."""

WHOLE_CORRECTION = (0, 1)
"""The part of a correction that has only one."""


def earning_key(wallet_id: str, month: Month, payment: Digest, capture: int) -> Key:
    return Key(Table.LEDGER, partition_of(wallet_id), f"{EARNING}{month}#{payment}#{capture}")


def correction_key(wallet_id: str, month: Month, cancellation: Digest, part: int = 0) -> Key:
    """The key of a correction, with the digest last, also for further parts. The key of the first part is the claim of all."""
    further = f"{part}#" if part else ""
    return Key(Table.LEDGER, partition_of(wallet_id), f"{CORRECTION}{month}#{further}{cancellation}")


def key_of(entry: Earning | Correction) -> Key:
    if isinstance(entry, Earning):
        return earning_key(entry.wallet_id, entry.month, entry.digest, entry.capture)
    return correction_key(entry.wallet_id, entry.month, entry.digest, entry.part[0])


def item_of(entry: Earning | Correction) -> Item:
    return earning_item(entry) if isinstance(entry, Earning) else correction_item(entry)


def earning_item(earning: Earning) -> Item:
    """An earning as an item, with rewards in the form of version 2. It has no `merchant_id`: only payments are in the merchant's index."""
    return {
        "kind": "earning",
        "payment_id": earning.payment_id,
        "paid_to": earning.merchant_id,
        "number": earning.number,
        "accepted_at": text_of(earning.accepted_at),
        "posted_at": text_of(earning.posted_at),
        "policy": earning.policy,
        "base": earning.base,
        "rewards": [
            # Cashback is the default purse and is not named.
            reward_in_places(
                reward_item(reward) | ({"into": earning.into[reward.layer]} if reward.layer in earning.into else {})
            )
            for reward in earning.rewards
        ],
        "used": dict(earning.used),
        # A whole payment reaches from 0 to its amount, which can differ from its base. A hold's captures start anywhere.
        "slice": [earning.start, earning.end],
        "postings": postings_of(earning),
        # Without funded amounts, every layer was funded in full.
        **({"ceilings": dict(earning.funded_amounts)} if earning.funded_amounts else {}),
    }


def earning_of(wallet_id: str, item: Item) -> Earning:
    _, _, digest, capture = item["sk"].split("#")
    rewards = rewards_by_name(item["rewards"])
    return Earning(
        wallet_id=wallet_id,
        digest=digest,
        capture=int(capture),
        payment_id=item["payment_id"],
        merchant_id=item["paid_to"],
        start=item["slice"][0],
        end=item["slice"][1],
        number=item["number"],
        accepted_at=parse_instant(item["accepted_at"], "accepted_at"),
        posted_at=parse_instant(item["posted_at"], "posted_at"),
        policy=item["policy"],
        base=item["base"],
        rewards=tuple(map(reward_of, rewards)),
        used=item["used"],
        funded_amounts=item.get("ceilings", {}),
        into={reward["layer"]: reward["into"] for reward in rewards if "into" in reward},
    )


def correction_item(correction: Correction) -> Item:
    """A correction as an item. `cancelled` and `changes` are lists, since a month may have many. A funder's part of a change follows
    from its layer.
    """
    return {
        "kind": "correction",
        "number": correction.number,
        "month": correction.month,
        "payment_id": correction.payment_id,
        "cancellation_id": correction.cancellation_id,
        "accepted_at": text_of(correction.accepted_at),
        "posted_at": text_of(correction.posted_at),
        # The discount is left out where there is none.
        "cancelled": [list(each if each.discount else each[:3]) for each in correction.cancelled],
        "changes": [[each.number, each.layer, each.won] for each in correction.changes],
        "used": dict(correction.used),
        "cashback": dict(correction.cashback),
        "recovered": correction.recovered,
        "released": portions_item(correction.released),
        "postings": correction.postings,
        **({"ceilings": _funded_amounts_item(correction.funded_amounts)} if correction.funded_amounts else {}),
        **{name: dict(won) for name in BY_PURSE if (won := getattr(correction, name))},
        **repaid_item(correction.repaid),
        # Most corrections have one part.
        **({"part": list(correction.part)} if correction.part != WHOLE_CORRECTION else {}),
    }


def _funded_amounts_item(funded_amounts: Mapping[int, Mapping[str, int]]) -> list[list[int | str]]:
    return [[number, layer, won] for number, by_layer in funded_amounts.items() for layer, won in by_layer.items()]


def _funded_amounts_of(item: Item) -> dict[int, dict[str, int]]:
    funded_amounts: dict[int, dict[str, int]] = {}
    for number, layer, won in item.get("ceilings", ()):
        funded_amounts.setdefault(number, {})[layer] = won
    return funded_amounts


def correction_of(wallet_id: str, item: Item) -> Correction:
    return Correction(
        wallet_id=wallet_id,
        month=item["month"],
        digest=item["sk"].rpartition("#")[2],
        number=item["number"],
        payment_id=item["payment_id"],
        cancellation_id=item["cancellation_id"],
        accepted_at=parse_instant(item["accepted_at"], "accepted_at"),
        posted_at=parse_instant(item["posted_at"], "posted_at"),
        cancelled=tuple(CancelledCapture(*each) for each in item["cancelled"]),
        changes=tuple(RewardChange(number, layer, won) for number, layer, won in item["changes"]),
        used=item["used"],
        cashback=item["cashback"],
        recovered=item["recovered"],
        released=portions_of(item["released"]),
        funded_amounts=_funded_amounts_of(item),
        repaid=repaid_of(item),
        part=tuple(item.get("part", WHOLE_CORRECTION)),
        **{name: item.get(name, {}) for name in BY_PURSE},
    )
