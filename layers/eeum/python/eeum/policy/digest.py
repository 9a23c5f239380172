"""The digest of a policy document, which identifies what was checked, simulated and approved."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def digest_of(document: Mapping[str, Any]) -> str:
    """SHA-256 of the document's JSON with sorted names; `document` has its defaults written out (`shaped_document`)."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
