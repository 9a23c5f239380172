"""Claims of bank references: each reference of a bank belongs to one completed top-up, across all wallets.

A top-up is in the partition of its wallet, which cannot show that another wallet has the same reference. So the claim has its own partition
and is stored in the top-up's transaction. A declined top-up credits nothing and claims nothing.
"""

from typing import NamedTuple

from eeum.ids import Digest
from eeum.storage import NOT_YET_STORED, Item, Key, Put, Table
from eeum.wallet.rules import TopUp

PARTITION = "BANK_REFERENCE#"
SK = "CLAIM"
KIND = "bank_reference"


class Claim(NamedTuple):
    """The top-up that a reference belongs to, with the wallet and the amount that a repeated request must match."""

    wallet_id: str
    top_up: Digest
    amount: int


def claim_key(bank: str, reference: str) -> Key:
    """The key of a claim. `bank` is the caller as in entries, `bank/…`; client ids never contain a #."""
    return Key(Table.LEDGER, f"{PARTITION}{bank}#{reference}", SK)


def claim_put(top_up: TopUp) -> Put:
    """The write that claims a completed top-up's reference; its condition fails when another top-up has it."""
    acceptance = top_up.acceptance
    item: Item = {
        "kind": KIND,
        "wallet_id": acceptance.wallet_id,
        "top_up": acceptance.digest,
        "amount": top_up.amount,
    }
    return Put(claim_key(acceptance.caller, top_up.bank_reference), item, NOT_YET_STORED)


def claim_of(item: Item | None) -> Claim | None:
    return Claim(item["wallet_id"], item["top_up"], item["amount"]) if item else None
