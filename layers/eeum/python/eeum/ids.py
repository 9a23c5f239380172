"""Ids that follow from their inputs: no counter, no randomness, no look-up.

A request's entry is found by its *digest*, the first 74 bits of SHA-256 over caller, wallet and idempotency key. It contains no time, so a
retry after midnight finds it too. The public id of that entry has the form of a UUIDv7 (RFC 9562): 48 bits of the instant of
acceptance in milliseconds, then the same 74 bits. Wallets and merchants have UUIDv8 ids, computed from the member or the registration
number. An id is not a secret; only ownership gives access.
"""

import hashlib
import re
import uuid
from datetime import datetime

from eeum.calendar import milliseconds_of

_DIGEST_BITS = 74
_LOW_BITS = 62
_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Digest = str
"""74 bits as 19 hexadecimal digits: the part of an entry's key that its request determines."""


def _sha256(parts: tuple[str, ...]) -> int:
    # Each part is preceded by its length, so that two different tuples never give the same text.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")


def request_digest(caller: str, wallet_id: str, idempotency_key: str) -> Digest:
    return f"{_sha256((caller, wallet_id, idempotency_key)) >> (256 - _DIGEST_BITS):019x}"


def entry_id(accepted_at: datetime, digest: Digest) -> str:
    """The public id of the entry of a request that was first accepted at `accepted_at`."""
    bits = int(digest, 16)
    value = milliseconds_of(accepted_at) << 80 | 0x7 << 76 | (bits >> _LOW_BITS) << 64
    return _written(value | 0b10 << _LOW_BITS | bits & ((1 << _LOW_BITS) - 1))


def digest_of(entry: str) -> Digest | None:
    """The request's digest in a public id, or None if `entry` is not an entry's id."""
    try:
        value = uuid.UUID(entry)
    except ValueError:
        return None
    if value.version != 7 or str(value) != entry:
        return None
    high = value.int >> 64 & 0xFFF
    return f"{high << _LOW_BITS | value.int & ((1 << _LOW_BITS) - 1):019x}"


def natural_id(kind: str, *nature: str) -> str:
    """The id of a thing with a natural key: a member's wallet, a merchant's registration number."""
    bits = _sha256((kind, *nature)) >> 128
    cleared = bits & ~(0xF << 76) & ~(0b11 << _LOW_BITS)
    return _written(cleared | 0x8 << 76 | 0b10 << _LOW_BITS)


def is_id(text: str) -> bool:
    """Whether `text` is written as our ids are: a lower-case UUID with hyphens."""
    return _ID.fullmatch(text) is not None


def _written(bits: int) -> str:
    """128 bits as a UUID is written."""
    digits = f"{bits:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
