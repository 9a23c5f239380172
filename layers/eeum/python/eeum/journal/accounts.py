"""The accounts that postings move money between. Each entry has its postings, won by account, which sum to zero.

Purses are a wallet's own. Balances of all other accounts are projections, and can be rebuilt from the entries.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

CHARGED = "charged"
CASHBACK = "cashback"
HELD = "held"
"""The purse of what is promised to merchants and not captured yet."""

REFUND_PENDING = "refund_pending"
"""The purse of what was cancelled and waits for its month to be recomputed."""

NOT_SPENDABLE = frozenset({HELD, REFUND_PENDING})

MERCHANT = "merchant"
"""The funder that is the merchant itself, whichever it is."""

PURSE_KIND = "purse"
"""The kind of account that is a wallet's own; the other kinds are in `ACCOUNT_KINDS`."""


class HolderKind(StrEnum):
    """Who has accounts outside wallets."""

    MERCHANT = "merchant"
    FUNDER = "funder"
    BANK = "bank"
    PURSES = "purses"
    """The purses of one name in all wallets: what expired in them."""


PAYABLE, REWARD, BALANCE, ISSUED = "payable", "reward", "balance", "issued"
"""What is counted: of a merchant the first two, of a funder and of purses the third, of a bank the last two."""


class AccountKind(NamedTuple):
    """Whose balance an account is, what it counts, and the attribute that stores it in a page of balances."""

    holder: HolderKind
    counted: str
    stored_as: str


ACCOUNT_KINDS: Mapping[str, AccountKind] = {
    "merchant_payable": AccountKind(HolderKind.MERCHANT, PAYABLE, "payable"),
    "merchant_reward": AccountKind(HolderKind.MERCHANT, REWARD, "reward"),
    "funder": AccountKind(HolderKind.FUNDER, BALANCE, "funders"),
    "bank": AccountKind(HolderKind.BANK, BALANCE, "banks"),
    "expired": AccountKind(HolderKind.PURSES, BALANCE, "expired"),
}
"""The registry of account kinds, by how their names begin: a new one is one line, and projections keep its balance."""

_PURSE = f"{PURSE_KIND}/"
_EXPIRED = "expired/"
Postings = Mapping[str, int]
"""Won by account, summing to zero, without zeros."""


def is_of_rewards(purse_id: str) -> bool:
    """Purses of rewards are named by when what is in them expires, or becomes spendable: `points@2026-03`. No grant is named so."""
    return "@" in purse_id


def purse(purse_id: str) -> str:
    return f"{_PURSE}{purse_id}"


def expired(name: str) -> str:
    """What members did not spend in time of the rewards in the purses of this name."""
    return f"{_EXPIRED}{name}"


def is_of_expired(account: str) -> bool:
    return account.startswith(_EXPIRED)


def merchant_payable(merchant_id: str) -> str:
    """What the programme owes a merchant."""
    return f"merchant_payable/{merchant_id}"


def merchant_reward(merchant_id: str) -> str:
    """What a merchant funds of its customers' rewards."""
    return f"merchant_reward/{merchant_id}"


def funder(name: str) -> str:
    """What the nation, the city or a district pays for rewards."""
    return f"funder/{name}"


def funded_by(name: str, merchant_id: str) -> str:
    """The account of who funds a layer at a merchant: what the merchant funds is its own."""
    return merchant_reward(merchant_id) if name == MERCHANT else funder(name)


def added(*postings: Postings) -> dict[str, int]:
    """The sum of several postings by account; what comes to nothing is left out."""
    total: dict[str, int] = {}
    for each in postings:
        for account, won in each.items():
            total[account] = total.get(account, 0) + won
    return {account: won for account, won in total.items() if won}


def by_purse(postings: Postings) -> dict[str, int]:
    """What the postings move into each purse, in won; negative: out of it."""
    return {account.removeprefix(_PURSE): won for account, won in postings.items() if account.startswith(_PURSE)}
