"""Each reference of a bank has one completed top-up, in any wallet. The transaction that credits it twice is found."""

from collections.abc import Sequence
from typing import Any

from eeum.storage import Key

Item = dict[str, Any]

CLAIMS = "BANK_REFERENCE#"


class BankReferences:
    def __init__(self) -> None:
        self._credited: dict[str, tuple[str, str]] = {}

    def observe(self, changed: Sequence[tuple[Key, Item]]) -> None:
        """Check that a transaction that credits a top-up stores its claim, and that no other one does."""
        credited = {
            f"{CLAIMS}{item['caller']}#{item['bank_reference']}": (key, item)
            for key, item in changed
            if item["kind"] == "top_up" and item["status"] == "completed"
        }
        for name, (key, _) in credited.items():
            assert name not in self._credited, f"{name} was credited as {self._credited[name]}, and again as {key}"
            self._credited[name] = key.pk, key.sk
        claims = {key.pk: item for key, item in changed if key.pk.startswith(CLAIMS)}
        expected = {
            name: {
                "kind": "bank_reference",
                "wallet_id": key.pk.removeprefix("WALLET#"),
                "top_up": key.sk.removeprefix("TOP_UP#"),
                "amount": item["amount"],
            }
            for name, (key, item) in credited.items()
        }
        stored = {
            pk: {name: value for name, value in item.items() if name not in ("pk", "sk")} for pk, item in claims.items()
        }
        assert stored == expected, f"claims {stored} of what was credited {expected}"
