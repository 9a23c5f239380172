"""What a wallet's purses owe each other, recomputed from its chain; and what a wallet must hold after everything was undone.

This shares no code with the product's debts (`eeum.wallet.debts`). A correction says how much of the taken-back rewards was `spent`, which
cashback pays, and which purses it `recovered_from` to fill cashback. Corrections and releases say what they `repaid`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from eeum.audit.entries import add_to
from eeum.audit.partition import Findings, Item, Partition

Pair = tuple[str, str]
"""The purse that owes, and the purse that it owes."""

PAID_BY_CASHBACK = "cashback"
UNDOABLE = frozenset({"payment", "capture", "release", "cancellation", "earning", "correction"})


class Returned(NamedTuple):
    """What a correction must say: the won of its refund by purse, and the won that were `spent` of each purse.

    `wanted` and `posted` are in won by account, for all parts together: what its changes move if each purse has enough, and what it moved.
    """

    portions: Sequence[Sequence[Any]]
    spent: Mapping[str, int]
    wanted: Mapping[str, int]
    posted: Mapping[str, int]


def is_of_earlier_version(correction: Item) -> bool:
    """Whether a correction says only how much was recovered, not from which purses: it was stored before purses could owe each other."""
    return bool(correction["recovered"]) and "recovered_from" not in correction


def check_debts(partition: Partition, returned: Mapping[str, Returned], findings: Findings) -> None:
    """Check a wallet's debts. `returned` is by sort key of the correction, from the fold of its month."""
    owed: dict[Pair, int] = {}
    entries = [item for kind in ("release", "correction") for item in partition.by_kind[kind] if "chain" in item]
    entries.sort(key=lambda item: item["chain"]["length"])
    silent = _silent(entries, returned)

    def check(item: Item) -> None:
        if item["kind"] == "release":
            _check_repaid(item, _held_from(item), owed, findings)
        elif item["sk"] in returned and item["sk"] not in silent:
            _check_correction(item, returned[item["sk"]], owed, findings)

    findings.each(entries, check)
    if partition.wallet is None:
        return
    stored = {(debtor, creditor): won for debtor, each in _stored(partition).items() for creditor, won in each.items()}
    findings.unequal("debts", "WALLET", "its debts between purses", stored, owed)
    if not silent:
        _check_undone(partition, findings)


def _stored(partition: Partition) -> Mapping[str, Mapping[str, int]]:
    found: Mapping[str, Mapping[str, int]] = partition.wallet.get("debts", {}) if partition.wallet else {}
    return found


def _silent(entries: Iterable[Item], returned: Mapping[str, Returned]) -> set[str]:
    """The corrections of earlier versions, without debts: those before the first entry that has them."""
    silent = set()
    for item in entries:
        if any(name in item for name in ("spent", "recovered_from", "repaid")):
            break
        due = returned.get(item["sk"])
        if item["kind"] == "correction" and (is_of_earlier_version(item) or (due and due.spent)):
            silent.add(item["sk"])
    return silent


def _check_correction(item: Item, due: Returned, owed: dict[Pair, int], findings: Findings) -> None:
    sk = item["sk"]
    findings.unequal(
        "debt_of_spent", sk, "the spent part of the rewards that it takes back", item.get("spent", {}), due.spent
    )
    for purse_id, won in sorted(due.spent.items()):
        _owe(owed, purse_id, PAID_BY_CASHBACK, won)
    going = _check_repaid(item, due.portions, owed, findings)
    recovered: dict[str, int] = {}
    missing = item["recovered"]
    for purse_id, won in sorted(going.items(), key=lambda each: each[0] != PAID_BY_CASHBACK):
        if kept := min(won, missing):
            recovered[purse_id] = kept
            missing -= kept
    findings.unequal("recovered_from", sk, "its recovery by purse", item.get("recovered_from", {}), recovered)
    for purse_id, won in sorted(recovered.items()):
        if purse_id != PAID_BY_CASHBACK:
            _owe(owed, PAID_BY_CASHBACK, purse_id, won)
    left = {purse_id: won - recovered.get(purse_id, 0) for purse_id, won in going.items()}
    stored = dict(map(tuple, item["released"]))
    findings.unequal("refund", sk, "its refund", stored, {each: won for each, won in left.items() if won})


def _check_repaid(
    item: Item, portions: Sequence[Sequence[Any]], owed: dict[Pair, int], findings: Findings
) -> dict[str, int]:
    """Compares what an entry repays with what was owed. Returns the won that go to each purse after repayment.

    `portions` are the won that come back, by purse. A purse that owes repays the loaded balance first, then the others by name.
    """
    going: dict[str, int] = {}
    for purse_id, won in portions:
        add_to(going, purse_id, won)
    repaid: list[tuple[str, str, int]] = []
    for debtor, won in list(going.items()):
        left = won
        for creditor in sorted((last for first, last in owed if first == debtor), key=_charged_first):
            paid = min(left, owed[debtor, creditor])
            if paid:
                repaid.append((debtor, creditor, paid))
                left -= paid
    for debtor, creditor, won in repaid:
        _add(owed, (debtor, creditor), -won)
        add_to(going, debtor, -won)
        add_to(going, creditor, won)
    stored = sorted(map(tuple, item.get("repaid", ())))
    findings.unequal("repaid", item["sk"], "its repayments", stored, sorted(repaid))
    return {purse_id: won for purse_id, won in going.items() if won}


def sent_on(portions: Sequence[Sequence[Any]], repaid: Iterable[Sequence[Any]]) -> dict[str, int]:
    """The won that a release gives to each purse: `portions` were held from them, and `repaid` goes to other purses."""
    going: dict[str, int] = {}
    for purse_id, won in portions:
        add_to(going, purse_id, won)
    for debtor, creditor, won in repaid:
        add_to(going, debtor, -won)
        add_to(going, creditor, won)
    return {purse_id: won for purse_id, won in going.items() if won}


def _held_from(release: Item) -> list[tuple[str, int]]:
    """The amount held from each purse: what the release returned, with its repayments reversed."""
    backwards = [(creditor, debtor, won) for debtor, creditor, won in release.get("repaid", ())]
    return list(sent_on(release["returned"], backwards).items())


def _owe(owed: dict[Pair, int], debtor: str, creditor: str, won: int) -> None:
    """Adds a debt. A purse that then owes and is owed is left out: its debtors owe its creditors."""
    _add(owed, (debtor, creditor), won)
    for middle in (debtor, creditor):
        firsts = sorted((first for first, last in owed if last == middle), key=lambda each: (each == debtor, each))
        lasts = sorted((last for first, last in owed if first == middle), key=_charged_first)
        for first, last in [(first, last) for first in firsts for last in lasts]:
            passed = min(owed.get((first, middle), 0), owed.get((middle, last), 0))
            _add(owed, (first, middle), -passed)
            _add(owed, (middle, last), -passed)
            if first != last:
                _add(owed, (first, last), passed)


def _add(owed: dict[Pair, int], pair: Pair, won: int) -> None:
    owed[pair] = owed.get(pair, 0) + won
    if not owed[pair]:
        del owed[pair]


def _charged_first(purse_id: str) -> tuple[bool, str]:
    return purse_id != "charged", purse_id


def _check_undone(partition: Partition, findings: Findings) -> None:
    """Check that after every payment was undone, each purse holds what was loaded into it, less what expired."""
    wallet = partition.wallet
    if wallet is None or wallet["due"] != wallet["posted"] or not _is_undone(partition):
        return
    loaded: dict[str, int] = {}
    for entry in partition.entries:
        if entry["kind"] not in UNDOABLE:
            for account, won in entry.get("postings", {}).items():
                if account.startswith("purse/"):
                    add_to(loaded, account.removeprefix("purse/"), won)
    for correction in partition.by_kind["correction"]:
        for purse_id, won in correction.get("expired", {}).items():
            # Expired won had left the wallet; the correction took them back from the account of expired rewards.
            add_to(loaded, purse_id, won)
    for purse_id in {**loaded, **wallet["purses"]}:
        has = wallet["purses"].get(purse_id, {"amount": 0})["amount"]
        if has != loaded.get(purse_id, 0):
            what = f"everything was undone, but {purse_id} has {has} won of {loaded.get(purse_id, 0)} loaded"
            findings.add("undone_not_restored", "WALLET", what)


def _is_undone(partition: Partition) -> bool:
    """Whether all that was captured of every payment was cancelled, and the rest released."""
    captured: dict[str, int] = {}
    cancelled: dict[str, int] = {}
    for (payment, _), source in partition.sources.items():
        add_to(captured, payment, source["amount"])
    for item in partition.by_kind["cancellation"]:
        add_to(cancelled, item["payment"], sum(won for _, won, *_ in item["of"]))
    released = {str(item["sk"]).rpartition("#")[2]: item["amount"] for item in partition.by_kind["release"]}
    return all(
        captured.get(digest, 0) == cancelled.get(digest, 0) == payment["amount"] - released.get(digest, 0)
        for digest, payment in partition.payments.items()
        if payment["status"] in ("approved", "held")
    )
