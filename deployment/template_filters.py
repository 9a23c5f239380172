"""Filters of the ledger's stream, from the registry of entry kinds: a new kind needs no line in a part of the template."""

import json
from collections.abc import Mapping, Sequence

from eeum.journal.kinds import KINDS
from eeum.publishing.ledger import PUBLISHED_KINDS

Images = Sequence[Mapping[str, Sequence[str]]]


def _published() -> Images:
    """Everything that is published, which includes everything that the accrual posts for."""
    return [{"kind": PUBLISHED_KINDS}]


def _money_outside_wallets() -> Images:
    """Entries that move money outside a wallet. Holds and their release do not."""
    outside = [kind for kind in KINDS.values() if kind.moves_outside]
    with_status = [{"kind": (kind.name,), "status": (kind.outside_status,)} for kind in outside if kind.outside_status]
    return [*with_status, {"kind": [kind.name for kind in outside if not kind.outside_status]}]


FILTERS = {"Published": _published, "MoneyOutsideWallets": _money_outside_wallets}
"""By what a part writes: `Filters: !Published`."""


def patterns(name: str) -> list[str]:
    """The patterns of the filters `name`: a record of the stream passes that matches any of them."""
    return [
        json.dumps(
            {"eventName": ["INSERT"], "dynamodb": {"NewImage": {each: {"S": list(of)} for each, of in image.items()}}}
        )
        for image in FILTERS[name]()
    ]
