"""Wallets and top-ups in the ledger table: one function per access pattern, with its cost.

Units are for items up to 1 KB written and 4 KB read; a transactional write costs two.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from eeum.ids import Digest, is_id
from eeum.journal.accounts import CASHBACK, CHARGED, is_of_rewards
from eeum.journal.chain import CHAIN, Head, linked
from eeum.journal.partitions import partition_of
from eeum.storage import (
    NOT_YET_STORED,
    Absent,
    Add,
    AtLeast,
    AtMost,
    Change,
    Condition,
    Equals,
    Item,
    Key,
    Put,
    Remove,
    SetTo,
    Storage,
    Table,
    Update,
    Write,
)
from eeum.unit_of_work import Patience, commit
from eeum.wallet.debts import Debts
from eeum.wallet.items import TAKEN, TOP_UP, limit_usage_item, top_up_item, top_up_of
from eeum.wallet.purses import purse_named
from eeum.wallet.rules import (
    LimitUsage,
    Negative,
    Purse,
    TopUp,
    Wallet,
    WalletStatus,
)
from eeum.wallet.wallet_items import (
    ABOUT,
    DEBTS,
    NEGATIVE,
    about_item,
    debts_item,
    issuer_of_all,
    negative_item,
    purse_item,
    wallet_item,
    wallet_of,
)

WALLET = "WALLET"


def wallet_key(wallet_id: str) -> Key:
    return Key(Table.LEDGER, partition_of(wallet_id), WALLET)


def top_up_key(wallet_id: str, digest: Digest) -> Key:
    return Key(Table.LEDGER, partition_of(wallet_id), f"{TOP_UP}{digest}")


class ReadForTopUp(NamedTuple):
    """What a top-up is decided on. `others` are items that were read with it."""

    wallet: Wallet | None
    top_up: TopUp | None
    others: Mapping[Key, Item | None] = {}


class Credit(NamedTuple):
    """A top-up and the wallet that it was judged on. Its loaded balance may hold at most `holding_limit` won.

    `purses` receive the bonuses. `limit_usage` is the usage by commands afterwards; None where the top-up used no limit.
    """

    top_up: TopUp
    wallet: Wallet
    holding_limit: int
    purses: Sequence[Purse] = ()
    limit_usage: LimitUsage | None = None


class WalletStore:
    def __init__(self, storage: Storage, patience: Patience) -> None:
        self._storage = storage
        self._patience = patience

    def wallet(self, wallet_id: str) -> Wallet | None:
        """One wallet, consistently; None for a malformed id. 1 read unit."""
        if not is_id(wallet_id):
            return None
        (item,) = self._storage.read([wallet_key(wallet_id)])
        return wallet_of(wallet_id, item) if item else None

    def wallets(self, wallet_ids: Sequence[str]) -> dict[str, Wallet]:
        """Several wallets, consistently, in one round trip, without missing ones. 1 read unit each."""
        items = self._storage.read([wallet_key(wallet_id) for wallet_id in wallet_ids])
        found = zip(wallet_ids, items, strict=True)
        return {wallet_id: wallet_of(wallet_id, item) for wallet_id, item in found if item is not None}

    def open(self, wallet: Wallet) -> None:
        """Store a new wallet; `ConditionsFailed` if it exists. 2 write units, and 1 for its keys in the index of wallets."""
        self._commit(Put(wallet_key(wallet.id), wallet_item(wallet), NOT_YET_STORED))

    def wallet_and_top_up(self, wallet_id: str, digest: Digest, others: Sequence[Key] = ()) -> ReadForTopUp:
        """A wallet and the entry of a top-up request, consistently, in one round trip; no wallet for a malformed id.

        2 read units, and 1 for each of `others`.
        """
        if not is_id(wallet_id):
            return ReadForTopUp(None, None)
        wallet, entry, *also = self._storage.read([wallet_key(wallet_id), top_up_key(wallet_id, digest), *others])
        return ReadForTopUp(
            wallet_of(wallet_id, wallet) if wallet else None,
            top_up_of(wallet_id, entry) if entry else None,
            dict(zip(others, also, strict=True)),
        )

    def top_up(self, wallet_id: str, digest: Digest) -> TopUp | None:
        """The entry of a top-up, consistently. 1 read unit."""
        (item,) = self._storage.read([top_up_key(wallet_id, digest)])
        return top_up_of(wallet_id, item) if item else None

    def credit_and_record(self, credit: Credit, joined: Sequence[Write] = (), patience: Patience | None = None) -> None:
        """Credit the purses of an active wallet and store the linked entry, in one transaction.

        6 write units: two each for the wallet, the entry and the claim of the bank's reference. `joined` are the participants' writes, 2
        units an item, among them the budgets that fund rewards. The face value counts towards the holding limit, a bonus does not.
        `patience` replaces the store's for this transaction.

        Raises `ConditionsFailed` when the wallet was suspended since it was read, its loaded balance would exceed the limit, its chain
        grew, its verification changed (the limit depends on it), another command used a limit, or another top-up has the bank's reference.
        """
        # Imported here, since payments load this module and claim nothing.
        from eeum.wallet.bank_reference_store import claim_put

        top_up, wallet, holding_limit, purses, limit_usage = credit
        charged = ("purses", CHARGED, "amount")
        put = _top_up_put(top_up)
        head, item = linked(wallet.chain, keyed(put.key, put.item))
        credited = top_up.credited
        new = {each.id: each for each in purses if wallet.purse(each.id) is None}
        # Purses are added, and cashback below zero changes, only together with the chain, whose length is a condition already.
        recovered = wallet.negative and wallet.balance(CASHBACK) + credited.get(CASHBACK, 0) >= 0
        update = Update(
            wallet_key(wallet.id),
            (
                *(Add(("purses", each, "amount"), won) for each, won in credited.items() if each not in new),
                *(SetTo(("purses", each), purse_item(new[each]._replace(amount=credited[each]))) for each in new),
                head_set(head),
                *([negative_set(None)] if recovered else []),
                *([usage_set(limit_usage)] if limit_usage else []),
            ),
            (
                Equals(("status",), WalletStatus.ACTIVE.value),
                Equals(("verified",), wallet.verified),
                AtMost(charged, holding_limit - top_up.amount),
                head_unchanged(wallet.chain),
                *([usage_follows(limit_usage)] if limit_usage else []),
            ),
        )
        claims = [claim_put(top_up)] if top_up.claimed else []
        put = Put(put.key, item, put.conditions)
        commit(self._storage, patience or self._patience, update, put, *joined, *claims)

    def record_declined_top_up(self, top_up: TopUp) -> None:
        """Store a decline under its request. 2 write units."""
        self._commit(_top_up_put(top_up))

    def decide_on_wallet(self, wallet: Wallet, before: Wallet, entry_at: str, operator: str, reason: str) -> None:
        """Store an operator's decision, with an entry that names the operator and the reason. 4 write units.

        Raises `ConditionsFailed` when another operator decided since `before` was read, so that no decision is overwritten unseen.
        """
        known = Equals(("standings",), before.decisions_made) if before.decisions_made else Absent(("standings",))
        change = Update(
            wallet_key(wallet.id),
            (
                SetTo(("status",), wallet.status.value),
                SetTo(("verified",), wallet.verified),
                SetTo(("standings",), wallet.decisions_made),
                *_about_set(wallet, before),
            ),
            (Equals(("status",), before.status.value), Equals(("verified",), before.verified), known),
        )
        record = Put(
            Key(Table.LEDGER, partition_of(wallet.id), f"STANDING#{entry_at}"),
            {
                "kind": "standing",
                "status": wallet.status.value,
                "verified": wallet.verified,
                **_about_changed(wallet, before),
                "operator": operator,
                "reason": reason,
                "accepted_at": entry_at,
            },
            NOT_YET_STORED,
        )
        self._commit(change, record)

    def _commit(self, *writes: Write) -> None:
        commit(self._storage, self._patience, *writes)


def keyed(key: Key, item: Item) -> Item:
    """The item with its key, as it is stored and read again: this form is hashed."""
    return {**item, "pk": key.pk, "sk": key.sk}


def head_set(head: Head) -> SetTo:
    return SetTo((CHAIN,), {"length": head.length, "head": head.hash})


def head_unchanged(head: Head) -> Condition:
    """The condition that no other entry was linked since the read. The length of the chain is enough to know."""
    return Equals((CHAIN, "length"), head.length)


def moved(
    wallet: Wallet, won_by_purse: Mapping[str, int], rests_on: Mapping[str, int] = MappingProxyType({})
) -> tuple[list[Change], list[Condition]]:
    """The changes and conditions that move amounts into purses, and out of them (below zero), while the chain does not grow.

    A purse of rewards that was removed (`eeum.wallet.sweeping`) is added again. One that is there must still exist, with at least the won
    in `rests_on`.
    """
    changes: list[Change] = []
    for purse_id, won in won_by_purse.items():
        way = ("purses", purse_id)
        if wallet.purse(purse_id) is None:
            changes.append(SetTo(way, purse_item(purse_named(purse_id)._replace(amount=won))))
            continue
        changes.append(Add((*way, "amount"), won))
    conditions: list[Condition] = [
        AtLeast(("purses", purse_id, "amount"), rests_on.get(purse_id, 0))
        for purse_id in {**won_by_purse, **rests_on}
        if is_of_rewards(purse_id) and wallet.purse(purse_id) is not None
    ]
    return changes, conditions


def _about_set(wallet: Wallet, before: Wallet) -> list[Change]:
    """The changes that store an operator's records in the form of version 2, and remove the attributes of version 1."""
    if not _about_changed(wallet, before):
        return []
    about, common = about_item(wallet), issuer_of_all(wallet)
    issuers = {card.reference: ("cards", card.reference, "issuer") for card in wallet.cards}
    return [
        SetTo((ABOUT,), about),
        Remove(("member_class",)),
        Remove(("resident",)),
        *(
            Remove(issuers[card.reference]) if card.issuer == common else SetTo(issuers[card.reference], card.issuer)
            for card in wallet.cards
        ),
    ]


def _about_changed(wallet: Wallet, before: Wallet) -> Item:
    """What changed in an operator's records of the member, for the entry; None removes a record."""
    facts: Item = {}
    if wallet.member_class != before.member_class:
        facts["member_class"] = wallet.member_class
    if wallet.district != before.district:
        facts["district"] = wallet.district
    if wallet.birth_date != before.birth_date:
        facts["birth_date"] = wallet.birth_date.isoformat() if wallet.birth_date else None
    if wallet.cards != before.cards:
        facts["card_issuer"] = wallet.cards[0].issuer
    return facts


def usage_set(limit_usage: LimitUsage) -> SetTo:
    """The change that stores the limit usage of commands."""
    return SetTo((TAKEN,), limit_usage_item(limit_usage)[TAKEN])


def usage_follows(limit_usage: LimitUsage) -> Condition:
    """The condition that no other command used a limit since `limit_usage` was read."""
    before = limit_usage.version - 1
    return Equals((TAKEN, "version"), before) if before else Absent((TAKEN,))


def _top_up_put(top_up: TopUp) -> Put:
    acceptance = top_up.acceptance
    return Put(top_up_key(acceptance.wallet_id, acceptance.digest), top_up_item(top_up), NOT_YET_STORED)


def debts_set(before: Debts, after: Debts) -> list[Change]:
    """The change that stores debts, if they changed. Only linked entries change them, so that the chain covers them."""
    if after == before:
        return []
    return [SetTo((DEBTS,), debts_item(after)) if after else Remove((DEBTS,))]


def negative_set(negative: Negative | None) -> Change:
    """The change that stores why cashback is below zero. Otherwise the attribute is removed; version 1 has null."""
    item = negative_item(negative)
    return SetTo((NEGATIVE,), item) if item else Remove((NEGATIVE,))
