"""A request that moves money: its caller, body and key, and what every entry stores of it."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from eeum.errors import Invalid
from eeum.ids import Digest, entry_id, request_digest

SHORTEST_KEY = 16
LONGEST_KEY = 255
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Acceptance(NamedTuple):
    """What every entry stores of its request: its id, caller and subject, and when the server first accepted it."""

    id: str
    wallet_id: str
    digest: Digest
    body_hash: str
    caller: str
    accepted_at: datetime


class Request(NamedTuple):
    """The caller, wallet and key of a request. `digest` finds its entry; `body_hash` shows whether a repeated body is the same."""

    caller: str
    wallet_id: str
    digest: Digest
    body_hash: str

    @classmethod
    def of(cls, caller: str, wallet_id: str, idempotency_key: str | None, body: Mapping[str, Any]) -> "Request":
        """The request. Raises `Invalid` if the key is missing or too short or long, or has a comma or a character outside printable ASCII.

        Proxies join a header that is sent twice with a comma: a doubled key would look like a different key.
        """
        if not idempotency_key:
            raise Invalid("Idempotency-Key", "is missing: each request that moves money needs one", "missing")
        if not SHORTEST_KEY <= len(idempotency_key) <= LONGEST_KEY:
            raise Invalid("Idempotency-Key", f"must have {SHORTEST_KEY} to {LONGEST_KEY} characters", "length")
        if not (idempotency_key.isascii() and idempotency_key.isprintable()) or "," in idempotency_key:
            raise Invalid("Idempotency-Key", "must be printable ASCII without commas, and sent once", "characters")
        return cls(caller, wallet_id, request_digest(caller, wallet_id, idempotency_key), _hash_of(body))

    def accept(self, at: datetime) -> Acceptance:
        """The request as first accepted at `at`, by the server's clock, which decides its month, policy and funding."""
        return Acceptance(entry_id(at, self.digest), self.wallet_id, self.digest, self.body_hash, self.caller, at)


def _hash_of(body: Mapping[str, Any]) -> str:
    """The hash of the body without `requested_at`, which decides nothing."""
    asked = {name: value for name, value in body.items() if name != "requested_at" and value is not None}
    return hashlib.sha256(_CANONICAL.encode(asked).encode()).hexdigest()[:32]
