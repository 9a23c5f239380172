"""Earnings in the ledger table: one function per access pattern, with its cost."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from eeum.calendar import Month, month_of, parse_instant, text_of
from eeum.cashback.rules import WHOLE, Earning, postings_of
from eeum.ids import Digest
from eeum.payments.rules import Payment
from eeum.policy.rules import BandPortion, LayerReward
from eeum.storage import (
    NOT_YET_STORED,
    Add,
    Equals,
    Item,
    Key,
    Put,
    Query,
    SetTo,
    Storage,
    Table,
    Update,
    Write,
)
from eeum.unit_of_work import Patience, commit
from eeum.wallet.rules import CASHBACK, Wallet
from eeum.wallet.store import partition_of, wallet_key, wallet_of

EARNING = "EARNING#"


class WalletPosting(NamedTuple):
    """The earnings to post to one wallet, numbered from `posted` + 1 on, and its usage after the last of them."""

    wallet_id: str
    posted: int
    earnings: list[Earning]
    usage: Mapping[str, int]


class CashbackStore:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def read_for_posting(self, payments: Sequence[Payment]) -> tuple[dict[str, Wallet], set[tuple[str, Digest]]]:
        """The wallets of `payments` by id, and which of the payments (wallet, digest) have their earning already.

        Consistently, in one round trip: 1 read unit for each wallet and each payment.
        """
        wallet_ids = list(dict.fromkeys(payment.acceptance.wallet_id for payment in payments))
        items = self._storage.read(
            [*map(wallet_key, wallet_ids), *(_key_of_first_capture(payment) for payment in payments)]
        )
        wallets = zip(wallet_ids, items, strict=False)
        claims = zip(payments, items[len(wallet_ids) :], strict=True)
        return (
            {wallet_id: wallet_of(wallet_id, item) for wallet_id, item in wallets if item},
            {(payment.acceptance.wallet_id, payment.acceptance.digest) for payment, item in claims if item},
        )

    def post(self, postings: Sequence[WalletPosting], patience: Patience) -> None:
        """Posts the earnings of several wallets in one transaction: each claims its capture, each wallet its next numbers.

        `ConditionsFailed` when a capture has its earning already, or a wallet's number moved on. 2 write units for each earning and for
        each wallet.
        """
        writes: list[Write] = []
        for posting in postings:
            writes.append(_credit(posting))
            writes.extend(Put(_key_of(earning), earning_item(earning), NOT_YET_STORED) for earning in posting.earnings)
        commit(self._storage, patience, *writes)

    def all_of_month(self, wallet_id: str, month: Month) -> list[Earning]:
        """Every earning of a wallet in `month`, by number, consistently. 1 read unit per 4 KB, in pages of 1 MB."""
        earnings: list[Earning] = []
        cursor: str | None = None
        while True:
            page = self._storage.query(
                Query(Table.LEDGER, partition_of(wallet_id), f"{EARNING}{month}#", after=cursor, consistent=True)
            )
            earnings.extend(earning_of(wallet_id, item) for item in page.items)
            cursor = page.cursor
            if cursor is None:
                return sorted(earnings, key=lambda earning: earning.number)


def _credit(posting: WalletPosting) -> Update:
    won = sum(earning.won for earning in posting.earnings)
    return Update(
        wallet_key(posting.wallet_id),
        (
            Add(("purses", CASHBACK, "amount"), won),
            SetTo(("posted",), posting.posted + len(posting.earnings)),
            SetTo(("usage",), dict(posting.usage)),
        ),
        (Equals(("posted",), posting.posted),),
    )


def _key(wallet_id: str, month: Month, digest: str, capture: int) -> Key:
    return Key(Table.LEDGER, partition_of(wallet_id), f"{EARNING}{month}#{digest}#{capture}")


def _key_of(earning: Earning) -> Key:
    return _key(earning.wallet_id, earning.month, earning.digest, earning.capture)


def _key_of_first_capture(payment: Payment) -> Key:
    acceptance = payment.acceptance
    return _key(acceptance.wallet_id, month_of(acceptance.accepted_at), acceptance.digest, WHOLE)


def earning_item(earning: Earning) -> Item:
    """It has no `merchant_id` of its own: only payments are in the merchant's index."""
    return {
        "kind": "earning",
        "payment_id": earning.payment_id,
        "paid_to": earning.merchant_id,
        "number": earning.number,
        "accepted_at": text_of(earning.accepted_at),
        "posted_at": text_of(earning.posted_at),
        "policy": earning.policy,
        "base": earning.base,
        "rewards": [
            {
                "layer": reward.layer,
                "won": reward.won,
                "bands": [[part.start, part.end, part.rate, part.base] for part in reward.portions],
                "funders": [[funder, won] for funder, won in reward.funders],
            }
            for reward in earning.rewards
        ],
        "used": dict(earning.used),
        "postings": postings_of(earning),
    }


def earning_of(wallet_id: str, item: Item) -> Earning:
    _, _, digest, capture = item["sk"].split("#")
    return Earning(
        wallet_id=wallet_id,
        digest=digest,
        capture=int(capture),
        payment_id=item["payment_id"],
        merchant_id=item["paid_to"],
        number=item["number"],
        accepted_at=parse_instant(item["accepted_at"], "accepted_at"),
        posted_at=parse_instant(item["posted_at"], "posted_at"),
        policy=item["policy"],
        base=item["base"],
        rewards=tuple(
            LayerReward(
                reward["layer"],
                reward["won"],
                tuple(BandPortion(*part) for part in reward["bands"]),
                tuple((funder, won) for funder, won in reward["funders"]),
            )
            for reward in item["rewards"]
        ),
        used=item["used"],
    )
