"""Every function of the wallet store."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from eeum.calendar import text_of
from eeum.journal.chain import Head
from eeum.journal.partitions import partition_of
from eeum.policy.rules import LayerReward
from eeum.storage import Add, ConditionsFailed, Equals, Key, Put, SetTo, Storage, Table, Update
from eeum.wallet.purses import purse_named
from eeum.wallet.rules import AboutMember, Card, Negative, Purse, TopUpDecline, TopUpReward, WalletStatus, with_decision
from eeum.wallet.store import Credit, ReadForTopUp, WalletStore, top_up_key, wallet_key
from eeum.wallet.wallet_items import wallet_item
from tests.contract.cases import case
from tests.contract.examples import (
    CARD,
    NOON,
    change_wallet,
    digest,
    item_at,
    send,
    stored_wallet,
    top_up,
    wallet,
)
from tests.patience import patience_of
from tests.version_1 import as_version_1

LIMIT = 500_000
CHARGED = ("purses", "charged", "amount")


def _store(storage: Storage) -> WalletStore:
    return WalletStore(storage, patience_of())


@case
def a_wallet_is_opened_once(storage: Storage) -> None:
    store = _store(storage)
    opened = wallet("주민")
    store.open(opened)
    assert store.wallet(opened.id) == opened
    with pytest.raises(ConditionsFailed) as failed:
        store.open(wallet("주민", charged=5))
    assert failed.value.positions == (0,)
    assert store.wallet(opened.id) == opened
    assert store.wallet(wallet("unknown").id) is None


@case
def a_wallet_is_read_as_it_was_stored(storage: Storage) -> None:
    full = stored_wallet(
        storage,
        charged=10**12,
        cashback=-7,
        grants={"grant/청년수당": 3},
        rewards=(
            Purse("payback@2021-02", 700, spendable_from=NOON + timedelta(17)),
            Purse("points@2021-06", 12, None, NOON + timedelta(167), "points"),
            Purse("welcome", 5, where="welcome"),
        ),
        status=WalletStatus.SUSPENDED,
        verified=True,
        member_class="student",
        usage={"monthly-spend@2021-01": 1_000_000, "monthly-reward@2020-12": 1},
        due=201,
        accrued=200,
        chain=Head(412, "hash of the last link"),
        negative=Negative("0177592c-98fd-70fc-ad8d-e7974b56b225", NOON),
    )
    assert _store(storage).wallet(full.id) == full


@case
def several_wallets_are_read_at_once(storage: Storage) -> None:
    one, two = stored_wallet(storage, "one"), stored_wallet(storage, "two", charged=5)
    missing = wallet("three").id
    assert _store(storage).wallets([two.id, missing, one.id]) == {two.id: two, one.id: one}


@case
def a_wallet_is_read_with_its_top_up(storage: Storage) -> None:
    store = _store(storage)
    assert store.wallet_and_top_up(wallet().id, digest("none")) == ReadForTopUp(None, None)
    opened = stored_wallet(storage)
    assert store.wallet_and_top_up(opened.id, digest("none")) == ReadForTopUp(opened, None)
    entry = top_up(opened.id)
    store.credit_and_record(Credit(entry, opened, LIMIT))
    credited, stored, _ = store.wallet_and_top_up(opened.id, entry.acceptance.digest)
    assert credited is not None
    assert (replace(credited, chain=Head()), stored) == (wallet(charged=50_000), entry)
    assert credited.chain.length == 1


@case
def a_top_up_fills_the_charged_purse_up_to_the_holding_limit(storage: Storage) -> None:
    store = _store(storage)
    opened = stored_wallet(storage, charged=400_001, cashback=10**12)
    with pytest.raises(ConditionsFailed) as failed:
        store.credit_and_record(Credit(top_up(opened.id, 100_000), opened, LIMIT))
    assert failed.value.positions == (0,)
    assert item_at(storage, top_up_key(opened.id, top_up(opened.id).acceptance.digest)) is None
    store.credit_and_record(Credit(top_up(opened.id, 99_999), opened, LIMIT))
    found = store.wallet(opened.id)
    assert found is not None
    assert found.balance("charged") == LIMIT


@case
def a_top_up_is_decided_again_when_the_verification_changed(storage: Storage) -> None:
    store = _store(storage)
    for member, verified in (("one", True), ("two", False)):
        opened = stored_wallet(storage, member, verified=verified)
        change_wallet(storage, opened.id, SetTo(("verified",), not verified))
        with pytest.raises(ConditionsFailed) as failed:
            store.credit_and_record(Credit(top_up(opened.id), opened, LIMIT))
        assert failed.value.positions == (0,)
        assert store.wallet_and_top_up(opened.id, top_up(opened.id).acceptance.digest)[1] is None


@case
def a_top_up_above_the_holding_limit_is_refused_for_any_balance(storage: Storage) -> None:
    opened = stored_wallet(storage)
    with pytest.raises(ConditionsFailed):
        _store(storage).credit_and_record(Credit(top_up(opened.id, 10**12), opened, LIMIT))


@case
def a_top_up_is_refused_when_the_verification_changed(storage: Storage) -> None:
    store = _store(storage)
    opened = stored_wallet(storage)
    change_wallet(storage, opened.id, SetTo(("verified",), not opened.verified))
    with pytest.raises(ConditionsFailed) as failed:
        store.credit_and_record(Credit(top_up(opened.id), opened, LIMIT))
    assert failed.value.positions == (0,)


@case
def a_top_up_is_stored_once_and_into_an_active_wallet(storage: Storage) -> None:
    store = _store(storage)
    opened = stored_wallet(storage)
    store.credit_and_record(Credit(top_up(opened.id), opened, LIMIT))
    with pytest.raises(ConditionsFailed) as failed:
        store.credit_and_record(Credit(top_up(opened.id), opened, LIMIT))
    assert failed.value.positions == (0, 1, 2)
    opened = replace(opened, chain=Head(1, "as it was read"))
    with pytest.raises(ConditionsFailed) as failed:
        store.credit_and_record(Credit(top_up(opened.id), opened, LIMIT))
    assert failed.value.positions == (1, 2)
    change_wallet(storage, opened.id, SetTo(("status",), "suspended"))
    with pytest.raises(ConditionsFailed) as failed:
        store.credit_and_record(Credit(top_up(opened.id, key="another-key-for-it"), opened, LIMIT))
    assert failed.value.positions == (0,)
    with pytest.raises(ConditionsFailed) as failed:
        store.credit_and_record(Credit(top_up(opened.id), opened, LIMIT))
    assert failed.value.positions == (0, 1, 2)
    with pytest.raises(ConditionsFailed):
        store.credit_and_record(Credit(top_up(wallet("unknown").id), wallet("unknown"), LIMIT))
    item = item_at(storage, wallet_key(opened.id))
    assert item is not None
    assert item["purses"]["charged"] == {"amount": 50_000}


@case
def a_declined_top_up_is_stored_once_and_moves_nothing(storage: Storage) -> None:
    store = _store(storage)
    opened = stored_wallet(storage)
    declined = top_up(opened.id, 10**12, decline=TopUpDecline.HOLDING_LIMIT)
    store.record_declined_top_up(declined)
    with pytest.raises(ConditionsFailed):
        store.record_declined_top_up(declined)
    assert store.wallet_and_top_up(opened.id, declined.acceptance.digest) == ReadForTopUp(opened, declined)


@case
def a_status_is_changed_with_its_entry(storage: Storage) -> None:
    store = _store(storage)
    opened = stored_wallet(storage)
    suspended = wallet(status=WalletStatus.SUSPENDED, verified=True, decisions_made=1)
    store.decide_on_wallet(suspended, opened, text_of(NOON), "operator", "분실 신고")
    assert store.wallet(opened.id) == suspended
    entry = item_at(storage, Key(Table.LEDGER, partition_of(opened.id), f"STANDING#{text_of(NOON)}"))
    assert entry is not None
    assert (entry["operator"], entry["reason"], entry["status"]) == ("operator", "분실 신고", "suspended")
    with pytest.raises(ConditionsFailed) as failed:
        store.decide_on_wallet(opened, suspended, text_of(NOON), "operator", "again in the same millisecond")
    assert failed.value.positions == (1,)
    with pytest.raises(ConditionsFailed) as failed:
        store.decide_on_wallet(
            opened, opened, text_of(NOON + timedelta(seconds=1)), "operator", "on what was so before"
        )
    assert failed.value.positions == (0,)
    assert store.wallet(opened.id) == suspended


@case
def an_operators_statement_on_a_member_is_stored_with_its_author(storage: Storage) -> None:
    store = _store(storage)
    opened = stored_wallet(storage)
    about: AboutMember = {
        "member_class": "youth",
        "district": "yeonsu",
        "birth_date": date(2004, 2, 29),
        "card_issuer": "nonghyup",
    }
    known = with_decision(opened, None, None, about)
    store.decide_on_wallet(known, opened, text_of(NOON), "operator", "주민등록표 등본")
    assert store.wallet(opened.id) == known
    entry = item_at(storage, Key(Table.LEDGER, partition_of(opened.id), f"STANDING#{text_of(NOON)}"))
    assert entry is not None
    assert {name: entry[name] for name in ("member_class", "district", "birth_date", "card_issuer")} == {
        "member_class": "youth",
        "district": "yeonsu",
        "birth_date": "2004-02-29",
        "card_issuer": "nonghyup",
    }
    with pytest.raises(ConditionsFailed) as failed:
        store.decide_on_wallet(
            with_decision(opened, None, None, {"district": "seo"}), opened, text_of(NOON + timedelta(1)), "another", ""
        )
    assert failed.value.positions == (0,)
    unknown = with_decision(known, None, None, {"member_class": None, "birth_date": None, "card_issuer": None})
    store.decide_on_wallet(unknown, known, text_of(NOON + timedelta(2)), "operator", "taken back")
    assert store.wallet(opened.id) == unknown
    assert (unknown.district, unknown.birth_date, unknown.decisions_made) == ("yeonsu", None, 2)


@case
def a_wallet_of_version_1_is_changed_like_a_new_one(storage: Storage) -> None:
    """An operator's decision and a top-up that opens a purse, both written in the form of version 2."""
    store = _store(storage)
    cards = (Card(CARD, "standard", "active", "nonghyup"), Card("second", "student", "active"))
    known = wallet(member_class="youth", district="seo", cards=cards, rewards=[purse_named("points@2021-02")])
    send(storage, Put(wallet_key(known.id), as_version_1(wallet_item(known))))
    assert store.wallet(known.id) == known
    said = with_decision(known, None, None, {"birth_date": date(2004, 2, 29)})
    store.decide_on_wallet(said, known, text_of(NOON), "operator", "주민등록표 등본")
    assert store.wallet(known.id) == said
    item = item_at(storage, wallet_key(known.id))
    assert item is not None
    assert item["about"] == ["youth", "seo", "2004-02-29", "nonghyup"]
    assert not {"member_class", "resident"} & item.keys()
    assert item["cards"] == {
        CARD: {"product": "standard", "status": "active"},
        "second": {"product": "student", "status": "active", "issuer": None},
    }
    opened = purse_named("points@2021-03")
    reward = TopUpReward(LayerReward("bonus", 500, (), (("city", 500),)), opened.id)
    credited = replace(top_up(known.id), rewards=(reward,))
    store.credit_and_record(Credit(credited, said, LIMIT, [opened]))
    item = item_at(storage, wallet_key(known.id))
    assert item is not None
    assert item["purses"]["points@2021-02"].keys() == {"amount", "until", "where"}
    assert item["purses"]["points@2021-03"] == {"amount": 500, "until": "@"}
    after = store.wallet(known.id)
    assert after is not None
    assert after.purse(opened.id) == opened._replace(amount=500)
    assert after.purse("points@2021-02") == purse_named("points@2021-02")


@case
def cashback_above_zero_has_no_debt_reason_in_either_version(storage: Storage) -> None:
    """The attribute is removed; version 1 stored null there."""
    store = _store(storage)
    owing = replace(wallet(cashback=-400), negative=Negative("payment", NOON))
    send(storage, Put(wallet_key(owing.id), as_version_1(wallet_item(owing))))
    reward = TopUpReward(LayerReward("bonus", 500, (), (("city", 500),)), "cashback")
    store.credit_and_record(Credit(replace(top_up(owing.id), rewards=(reward,)), owing, LIMIT))
    item = item_at(storage, wallet_key(owing.id))
    assert item is not None
    assert "negative" not in item
    after = store.wallet(owing.id)
    assert after is not None
    assert (after.negative, after.balance("cashback")) == (None, 100)


@case
def the_status_of_an_unknown_wallet_is_not_changed(storage: Storage) -> None:
    missing = wallet("unknown")
    with pytest.raises(ConditionsFailed) as failed:
        _store(storage).decide_on_wallet(missing, missing, text_of(NOON), "operator", "reason")
    assert failed.value.positions == (0,)
    assert _store(storage).wallet(missing.id) is None


@case
def conditions_on_any_part_of_a_wallet_see_its_changes(storage: Storage) -> None:
    opened = stored_wallet(storage, charged=10)
    key = wallet_key(opened.id)
    change_wallet(storage, opened.id, Add(CHARGED, -3), SetTo(("cards", CARD, "status"), "blocked"))
    send(storage, Update(key, (Add(CHARGED, 0),), (Equals(CHARGED, 7), Equals(("cards", CARD, "status"), "blocked"))))
    with pytest.raises(ConditionsFailed):
        send(storage, Put(key, {}, (Equals(CHARGED, 10),)))
