"""The accounts that postings move money between. Each entry has postings, won by account, which sum to zero.

A wallet stores its own purses. Balances of all other accounts are projections, which can be rebuilt from the entries.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

CHARGED = "charged"
CASHBACK = "cashback"
HELD = "held"
"""The purse of money that is promised to merchants and not captured yet."""

REFUND_PENDING = "refund_pending"
"""The purse of cancelled money that waits until its month is recomputed."""

NOT_SPENDABLE = frozenset({HELD, REFUND_PENDING})

MERCHANT = "merchant"
"""The name of the merchant of a payment as a funder."""

PURSE_KIND = "purse"
"""The kind of account that belongs to a wallet; the other kinds are in `ACCOUNT_KINDS`."""


class HolderKind(StrEnum):
    """The kinds of holders of accounts outside wallets."""

    MERCHANT = "merchant"
    FUNDER = "funder"
    BANK = "bank"
    PURSES = "purses"
    """The purses of one name in all wallets: their expired rewards."""


PAYABLE, REWARD, BALANCE, ISSUED = "payable", "reward", "balance", "issued"
"""The counts of each kind of holder: merchants have the first two, funders and purses the third, banks the last two."""


class AccountKind(NamedTuple):
    """A kind of account: its holder, its count, and the attribute that stores it in a page of balances."""

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
"""The registry of account kinds by the prefix of their names. A new kind is one line, and projections keep its balance.

A new kind of holder also needs a member of `HolderKind` and a case in `eeum.audit.store._accounts_of`.
"""

_PURSE = f"{PURSE_KIND}/"
_EXPIRED = "expired/"
Postings = Mapping[str, int]
"""Won by account, summing to zero, without zeros."""


def is_of_rewards(purse_id: str) -> bool:
    """Whether a purse has rewards: its name has the date of its expiry or first use, `points@2026-03`; allowances have no date."""
    return "@" in purse_id


def purse(purse_id: str) -> str:
    return f"{_PURSE}{purse_id}"


def expired(name: str) -> str:
    """The account of rewards in purses of this name that expired unspent."""
    return f"{_EXPIRED}{name}"


def is_of_expired(account: str) -> bool:
    return account.startswith(_EXPIRED)


def merchant_payable(merchant_id: str) -> str:
    """The account of what the programme owes a merchant."""
    return f"merchant_payable/{merchant_id}"


def merchant_reward(merchant_id: str) -> str:
    """The account of what a merchant funds of its customers' rewards."""
    return f"merchant_reward/{merchant_id}"


def funder(name: str) -> str:
    """The account of what the nation, the city or a district pays for rewards."""
    return f"funder/{name}"


def funded_by(name: str, merchant_id: str) -> str:
    """The account of a layer's funder at a merchant: `MERCHANT` names that merchant's own account."""
    return merchant_reward(merchant_id) if name == MERCHANT else funder(name)


def added(*postings: Postings) -> dict[str, int]:
    """The sum of several postings by account, without zeros."""
    total: dict[str, int] = {}
    for each in postings:
        for account, won in each.items():
            total[account] = total.get(account, 0) + won
    return {account: won for account, won in total.items() if won}


def by_purse(postings: Postings) -> dict[str, int]:
    """What the postings move into each purse, in won; negative: out of it."""
    return {account.removeprefix(_PURSE): won for account, won in postings.items() if account.startswith(_PURSE)}
