"""What the tests of damage share: a world's ledger, Incheon's policies with a document of the test, and the audit of both."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from eeum.audit.partition import Deviation
from eeum.policy.reading import policy_of
from eeum.policy.use_cases import PolicyBook
from eeum.storage import Key, Table
from tests.audit.life import Items, audit_of, found_by, stored
from tests.use_cases.command_policies import Document
from tests.use_cases.world import World, incheon

Change = Callable[[dict[str, Any]], Any]
Damage = Callable[[Items], Any]


def ledger_of(world: World) -> Items:
    """The items of the ledger by their keys."""
    return {Key(Table.LEDGER, item["pk"], item["sk"]): item for item in world.memory.items(Table.LEDGER)}


def book_with(document: Document) -> PolicyBook:
    """Incheon's versions before a document, and the document."""
    before = [each for each in incheon() if each["starts_at"] < document["starts_at"]]
    return PolicyBook([policy_of(each) for each in (*before, document)])


def deviations(items: Items, now: datetime, policies: PolicyBook) -> list[Deviation]:
    return found_by(audit_of(stored(items), now=now, policies=policies)).deviations


def nth(start: str, change: Change, by: Callable[[dict[str, Any]], Any], place: int = 0) -> Damage:
    """Change one of the entries with this start of their keys, in the order of `by`; declined ones are left out."""

    def do(items: Items) -> None:
        found = [item for key, item in items.items() if key.sk.startswith(start) and item.get("status") != "declined"]
        change(sorted(found, key=by)[place])

    return do


def assert_found(check: str, found: list[Deviation]) -> None:
    """The damage is found under its check, and each deviation names its entry and says what is wrong."""
    assert check in {each.check for each in found}, found
    assert all(each.detail and each.entry for each in found)
