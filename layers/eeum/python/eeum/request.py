"""A request that moves money: who asks for what under which key, and what every entry carries of it."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from eeum.errors import Invalid
from eeum.ids import Digest, entry_id, request_digest

SHORTEST_KEY = 16
LONGEST_KEY = 255


class Acceptance(NamedTuple):
    """What every entry carries of its request: its id, who asked, for what, and when the server first accepted it."""

    id: str
    wallet_id: str
    digest: Digest
    body_hash: str
    caller: str
    accepted_at: datetime


class Request(NamedTuple):
    """Who asks for what under which key. `digest` finds the entry, `body_hash` tells whether the body is the same."""

    caller: str
    wallet_id: str
    digest: Digest
    body_hash: str

    @classmethod
    def of(cls, caller: str, wallet_id: str, idempotency_key: str | None, body: Mapping[str, Any]) -> "Request":
        """Raises `Invalid` when the key is missing, too short or too long, or has other characters than printable ASCII but the comma.

        A header that is sent twice arrives as one, joined by a comma: a proxy that doubles it would make a new key of an old one.
        """
        if not idempotency_key:
            raise Invalid("Idempotency-Key", "is missing: each request that moves money needs one", "missing")
        if not SHORTEST_KEY <= len(idempotency_key) <= LONGEST_KEY:
            raise Invalid("Idempotency-Key", f"must have {SHORTEST_KEY} to {LONGEST_KEY} characters", "length")
        if not (idempotency_key.isascii() and idempotency_key.isprintable()) or "," in idempotency_key:
            raise Invalid("Idempotency-Key", "must be printable ASCII without commas, and sent once", "characters")
        return cls(caller, wallet_id, request_digest(caller, wallet_id, idempotency_key), _hash_of(body))

    def accept(self, at: datetime) -> Acceptance:
        """The request as first accepted at `at`, the server's clock: month, policy and funding follow it."""
        return Acceptance(entry_id(at, self.digest), self.wallet_id, self.digest, self.body_hash, self.caller, at)


def _hash_of(body: Mapping[str, Any]) -> str:
    """The hash of what was asked for; `requested_at` decides nothing, so it is left out."""
    asked = {name: value for name, value in body.items() if name != "requested_at" and value is not None}
    canonical = json.dumps(asked, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]
