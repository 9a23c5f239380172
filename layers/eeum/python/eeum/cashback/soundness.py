"""Whether anything can be posted for an entry: what the stream brings, and what catching up finds, is looked at first.

One entry that would make the evaluation fail must hold up no other, neither in its batch nor in its city.
"""

from eeum.cashback.sources import Source, source_of
from eeum.errors import Refusal
from eeum.ids import digest_of, is_id
from eeum.payments.progress import Cancellation
from eeum.policy.stored_facts import fault_of_facts
from eeum.storage import Item


class Unsound(Exception):
    """An entry with nothing to post as this version stores it: no retry will make it one."""


def sound_source_of(item: Item) -> Source:
    """Reads an approved payment, a capture or a cancellation. Raises `Unsound`, with the reason, when a part is not what it must be."""
    try:
        source = source_of(item)
        # Within the try: what has a part of another shape altogether may fail there, and must hold up nobody more than the rest.
        fault = _fault_of(source, item)
    except (KeyError, ValueError, TypeError, AttributeError, Refusal) as error:
        raise Unsound(f"{type(error).__name__}: {error}") from error
    if fault:
        raise Unsound(fault)
    return source


def _fault_of(source: Source, item: Item) -> str | None:
    """What would make the evaluation fail, each time it is tried. What is stored by us never has it."""
    acceptance = source.entry.acceptance
    faults = {
        "its wallet has no id": not is_id(acceptance.wallet_id),
        "its id and its key are not of one request": digest_of(acceptance.id) != acceptance.digest,
        "its postings are not whole won": not all(map(_is_whole, item["postings"].values())),
        "its postings are none": not item["postings"],
        "its amount is not whole won above zero": not (_is_whole(item["amount"]) and item["amount"] > 0),
    }
    found = next((fault for fault, is_so in faults.items() if is_so), None)
    if found is None and sum(item["postings"].values()) != 0:
        return "its postings do not balance"
    return found or (None if isinstance(source.entry, Cancellation) else fault_of_facts(item["facts"]))


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
