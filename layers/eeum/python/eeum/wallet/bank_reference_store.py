"""The claim of a bank's reference: one reference of a bank is one completed top-up, in whichever wallet.

A top-up is in the partition of its wallet, so that its wallet alone could not say that another has this reference. The claim has a
partition of its own, and is stored in the transaction of the top-up. A declined top-up credits nothing, and claims nothing.
"""

from typing import NamedTuple

from eeum.ids import Digest
from eeum.storage import NOT_YET_STORED, Item, Key, Put, Table
from eeum.wallet.rules import TopUp

PARTITION = "BANK_REFERENCE#"
SK = "CLAIM"
KIND = "bank_reference"


class Claim(NamedTuple):
    """Which top-up a reference is of, with what a twin must agree with."""

    wallet_id: str
    top_up: Digest
    amount: int


def claim_key(bank: str, reference: str) -> Key:
    """`bank` is the caller as entries have it, `bank/…`; no client's id has a #."""
    return Key(Table.LEDGER, f"{PARTITION}{bank}#{reference}", SK)


def claim_put(top_up: TopUp) -> Put:
    """The claim of a completed top-up's reference; its condition fails when another top-up has it."""
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
