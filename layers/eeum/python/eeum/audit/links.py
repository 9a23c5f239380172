"""The hash chain of a wallet: recompute every link from the entry that made it."""

from datetime import datetime
from typing import NamedTuple

from eeum.audit.forms import CHAIN, link_hash
from eeum.audit.partition import Findings, Item, Partition, digest_in, moved_at
from eeum.calendar import text_of


class HeadOf(NamedTuple):
    """The end of a wallet's chain at an instant: its length, and the hash of the last link."""

    wallet_id: str
    length: int
    hash: str


def check_links(partition: Partition, findings: Findings) -> None:
    head, length = "", 0
    for item in in_chain(partition, findings):
        stored, sk = item[CHAIN], item["sk"]
        length += 1
        if stored["length"] != length:
            findings.add("chain_gap", sk, f"it is link {stored['length']}, but follows link {length - 1}")
            length = stored["length"]
        source = _source_hash(partition, item)
        if source is not None and stored["source"] != source:
            findings.add("source_changed", sk, f"its source ({_source_of(item)}) was changed")
        expected = link_hash(head, stored["length"], stored["source"], partition.hash_of(item))
        if stored["head"] != expected:
            findings.add("link_broken", sk, f"link {length} does not follow from its entry and the link before")
        head = stored["head"]
    if partition.wallet is not None:
        expected_head = {"length": length, "head": head}
        findings.unequal("chain_head", "WALLET", "its chain head", partition.wallet[CHAIN], expected_head)


def in_chain(partition: Partition, findings: Findings | None = None) -> list[Item]:
    """Linked entries in the order of their links; an entry that should have a link and has none is reported."""
    found = []
    for item in partition.linked:
        if _is_link(item.get(CHAIN)):
            found.append(item)
        elif findings:
            findings.add("not_linked", item["sk"], "it has no link, but entries of its kind are linked")
    return sorted(found, key=lambda item: item[CHAIN]["length"])


def head_as_of(partition: Partition, instant: datetime) -> HeadOf:
    """The head after the longest run of links, from the first, whose money moved before `instant`."""
    before = text_of(instant)
    head = HeadOf(partition.wallet_id, 0, "")
    for item in in_chain(partition):
        if moved_at(item) >= before:
            break
        head = HeadOf(partition.wallet_id, item[CHAIN]["length"], item[CHAIN]["head"])
    return head


def _is_link(chain: object) -> bool:
    return (
        isinstance(chain, dict)
        and type(chain.get("length")) is int
        and all(isinstance(chain.get(name), str) for name in ("head", "source"))
    )


def _source_of(item: Item) -> str:
    """The key of an accrual's source, as far as its own key names it."""
    if item["kind"] == "correction":
        return f"CANCELLATION#{digest_in(item)}"
    _, _, digest, capture = item["sk"].split("#")
    return f"PAYMENT#{digest}" if capture == "0" else f"capture {capture} of PAYMENT#{digest}"


def _source_hash(partition: Partition, item: Item) -> str | None:
    """The hash of the source that the link must cover; None if the source is missing, which another check reports."""
    if item["kind"] == "correction":
        source = partition.cancellations.get(digest_in(item))
    elif item["kind"] == "earning":
        _, _, digest, capture = item["sk"].split("#")
        source = partition.sources.get((digest, int(capture)))
    else:
        return ""
    return partition.hash_of(source) if source is not None else None
