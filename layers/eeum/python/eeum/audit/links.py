"""The hash chain of a wallet: every link is worked out again from the entry that made it."""

from datetime import datetime
from typing import NamedTuple

from eeum.audit.partition import Findings, Item, Partition, digest_in, moved_at
from eeum.calendar import text_of
from eeum.journal.chain import CHAIN, link


class HeadOf(NamedTuple):
    """The end of a wallet's chain as of an instant: how many links it had, and the hash of the last."""

    wallet_id: str
    length: int
    hash: str


def check_links(partition: Partition, findings: Findings) -> None:
    head, length = "", 0
    for item in in_chain(partition, findings):
        stored, sk = item[CHAIN], item["sk"]
        length += 1
        if stored["length"] != length:
            findings.add("chain_gap", sk, f"it is link {stored['length']}, and comes after link {length - 1}")
            length = stored["length"]
        source = _source_hash(partition, item)
        if source is not None and stored["source"] != source:
            findings.add("source_changed", sk, f"what it was posted for ({_source_of(item)}) is not what it was")
        expected = link(head, stored["length"], stored["source"], partition.hash_of(item))
        if stored["head"] != expected:
            findings.add("link_broken", sk, f"link {length} does not follow from its entry and the link before")
        head = stored["head"]
    if partition.wallet is not None:
        expected_head = {"length": length, "head": head}
        findings.unequal("chain_head", "WALLET", "the head of its chain", partition.wallet[CHAIN], expected_head)


def in_chain(partition: Partition, findings: Findings | None = None) -> list[Item]:
    """The linked entries in the order of their links; one that has none is named."""
    found = []
    for item in partition.linked:
        if _is_link(item.get(CHAIN)):
            found.append(item)
        elif findings:
            findings.add("not_linked", item["sk"], "it has no link, and its kind is linked")
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
    """The key of what a posting was made for, as far as its own key says."""
    if item["kind"] == "correction":
        return f"CANCELLATION#{digest_in(item)}"
    _, _, digest, capture = item["sk"].split("#")
    return f"PAYMENT#{digest}" if capture == "0" else f"capture {capture} of PAYMENT#{digest}"


def _source_hash(partition: Partition, item: Item) -> str | None:
    """What the link must cover as its source; None when the source is not there, which is found elsewhere."""
    if item["kind"] == "correction":
        source = partition.cancellations.get(digest_in(item))
    elif item["kind"] == "earning":
        _, _, digest, capture = item["sk"].split("#")
        source = partition.sources.get((digest, int(capture)))
    else:
        return ""
    return partition.hash_of(source) if source is not None else None
