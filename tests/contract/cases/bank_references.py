"""A bank's reference is claimed in the transaction of its top-up: one reference of a bank is one top-up, in any wallet."""

from dataclasses import replace
from functools import partial

import pytest

from eeum.audit.store import AuditStore
from eeum.errors import BankReferenceUsed
from eeum.once import Answer
from eeum.request import Request
from eeum.storage import ConditionsFailed, Storage
from eeum.wallet.bank_reference_store import Claim, claim_key, claim_of
from eeum.wallet.rules import TopUp, TopUpDecline
from eeum.wallet.store import Credit, WalletStore, top_up_key
from eeum.wallet.use_cases import TopUpWallet, WalletDependencies
from eeum.wallet.use_cases import top_up as credit
from tests.concurrency import at_once
from tests.contract.cases import case
from tests.contract.cases.command_races import DISCOUNTED
from tests.contract.examples import NOON, digest, item_at, stored_wallet, top_up
from tests.patience import patience_of

LIMIT = 1_000_000


def _store(storage: Storage) -> WalletStore:
    return WalletStore(storage, patience_of())


def _claiming(wallet_id: str, amount: int = 50_000, key: str = "idempotency-key-1") -> TopUp:
    return replace(top_up(wallet_id, amount, key), bank_reference="국민 2021-01-15/77")


@case
def a_top_up_claims_the_reference_of_its_bank(storage: Storage) -> None:
    store, opened = _store(storage), stored_wallet(storage)
    entry = _claiming(opened.id)
    store.credit_and_record(Credit(entry, opened, LIMIT))
    claim = claim_of(item_at(storage, claim_key(entry.acceptance.caller, entry.bank_reference)))
    assert claim == Claim(opened.id, entry.acceptance.digest, 50_000)
    assert store.top_up(opened.id, claim.top_up) == entry
    assert store.top_up(opened.id, digest("none")) is None
    assert item_at(storage, claim_key("bank/another", entry.bank_reference)) is None, "each bank has its own references"


@case
def a_claimed_reference_credits_no_other_wallet(storage: Storage) -> None:
    store, opened, other = _store(storage), stored_wallet(storage), stored_wallet(storage, "other")
    store.credit_and_record(Credit(_claiming(opened.id), opened, LIMIT))
    read = store.wallet(opened.id)
    assert read
    for twin, into in ((_claiming(opened.id, key="another-key-for-it"), read), (_claiming(other.id), other)):
        with pytest.raises(ConditionsFailed) as failed:
            store.credit_and_record(Credit(twin, into, LIMIT))
        assert failed.value.positions == (2,)
        assert item_at(storage, top_up_key(into.id, twin.acceptance.digest)) is None
    assert (store.wallet(opened.id), store.wallet(other.id)) == (read, other)


@case
def the_audit_reads_claims_by_their_keys(storage: Storage) -> None:
    opened = stored_wallet(storage)
    entry = _claiming(opened.id)
    _store(storage).credit_and_record(Credit(entry, opened, LIMIT))
    keys = [claim_key(entry.acceptance.caller, reference) for reference in (entry.bank_reference, "another")]
    claim, none = AuditStore(storage).items(keys)
    assert claim is not None
    assert (claim["top_up"], none) == (entry.acceptance.digest, None)


@case
def a_declined_top_up_claims_nothing(storage: Storage) -> None:
    opened = stored_wallet(storage)
    declined = top_up(opened.id, 10**12, decline=TopUpDecline.HOLDING_LIMIT)
    _store(storage).record_declined_top_up(declined)
    assert item_at(storage, claim_key(declined.acceptance.caller, declined.bank_reference)) is None


@case
def one_transfer_sent_under_many_keys_at_once_is_credited_once(storage: Storage) -> None:
    wallets = [stored_wallet(storage, name) for name in ("one", "other")]

    def send(number: int) -> tuple[str, int]:
        patience, into = patience_of(600), wallets[number % 2].id
        request = Request.of("bank/lee", into, f"a-key-of-a-transfer-{number}", {"amount": 10_000})
        try:
            using = WalletDependencies(WalletStore(storage, patience), lambda: DISCOUNTED, patience, lambda: NOON)
            answer = credit(TopUpWallet(request, 10_000, "KB-77"), using)
        except BankReferenceUsed:
            return "refused", 0
        assert isinstance(answer, Answer)
        return answer.entry.acceptance.id, 0 if answer.replayed else 1

    answers = at_once([partial(send, number) for number in range(6)])
    assert sum(new for _, new in answers) == 1
    assert len({entry for entry, _ in answers}) == 2, "one entry for the requests of its wallet; the others are refused"
    assert [entry for entry, _ in answers].count("refused") == 3
    charged = [_store(storage).wallet(each.id) for each in wallets]
    assert sorted(each.balance("charged") for each in charged if each) == [0, 11_000], "with its bonus"
