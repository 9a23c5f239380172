"""Check claims of bank references against top-ups: the one check of the audit across partitions.

A wallet's top-ups name the references that they credited, and each claim names the top-up that has its reference. A reference credited
twice has one claim, which names one of the two top-ups.
"""

from collections.abc import Mapping, Sequence

from eeum.audit.partition import Deviation, Item

CLAIMS = "BANK_REFERENCE#"
CLAIM = "CLAIM"


def is_of_claims(partition: str) -> bool:
    return partition.startswith(CLAIMS)


def claims_due(items: Sequence[Item]) -> dict[str, Item]:
    """The completed top-ups among `items`, by the partition of their claim; those of earlier versions claimed nothing."""
    return {
        f"{CLAIMS}{item.get('caller')}#{item.get('bank_reference')}": item
        for item in items
        if item.get("kind") == "top_up" and item.get("status") == "completed" and "claimed" in item
    }


def unclaimed(wallet_id: str, due: Mapping[str, Item], claims: Mapping[str, Item | None]) -> list[Deviation]:
    """Top-ups of a wallet whose claim is missing or names another top-up."""
    found = []
    for name, top_up in due.items():
        expected = (wallet_id, str(top_up["sk"]).removeprefix("TOP_UP#"), top_up.get("amount"))
        stored = _named(claims.get(name))
        if stored != expected:
            what = f"its bank reference is claimed by {stored}, but must be claimed by {expected}"
            found.append(Deviation(wallet_id, "bank_reference", str(top_up["sk"]), what))
    return found


def top_up_of_claim(items: Sequence[Item]) -> tuple[str, str] | None:
    """Partition and sort key of the top-up that a claim names; None if it names none."""
    claim = next((item for item in items if item.get("sk") == CLAIM), {})
    if not (isinstance(claim.get("wallet_id"), str) and isinstance(claim.get("top_up"), str)):
        return None
    return f"WALLET#{claim['wallet_id']}", f"TOP_UP#{claim['top_up']}"


def wrong_claim(name: str, items: Sequence[Item], top_up: Item | None) -> list[Deviation]:
    """Check a claim: it must name a completed top-up of the same bank, reference and amount."""
    due = claims_due([top_up] if top_up else [])
    if top_up is not None and name in due and len(items) == 1 and items[0].get("amount") == top_up.get("amount"):
        return []
    wallet_id = str(items[0].get("wallet_id", "")) if items else ""
    what = f"{name} is claimed, but no completed top-up has it"
    return [Deviation(wallet_id, "bank_reference", CLAIM, what)]


def _named(claim: Item | None) -> tuple[object, object, object] | None:
    return (claim.get("wallet_id"), claim.get("top_up"), claim.get("amount")) if claim else None
