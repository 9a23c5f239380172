"""Each event, run by the built function under Lambda's own interface: its answer, its effects, and its repetition."""

from __future__ import annotations

import json
from typing import Any

import pytest

from eeum.audit.partition import Partition
from eeum.audit.roots import merkle_root
from eeum.audit.rules import deviations
from eeum.audit.store import AuditStore
from eeum.balances.rules import Holder
from eeum.balances.store import BalanceStore
from eeum.calendar import text_of
from eeum.journal.accounts import HolderKind
from eeum.storage import Key, Query, Table
from tests.events.conftest import NOON, STORY, Played, event_of
from tests.patience import patience_of
from tests.use_cases.world import incheons_book

MISSING_WALLET = "00000000-0000-8000-8000-000000000000"
WALLET = event_of("member_wallet/http_top_up.json")["pathParameters"]["wallet_id"]
HTTP = [name for name in STORY if "/http" in name]
EXPECTED = {
    "programme_policy/http.json": (200, 200),
    "programme_policy/http_draft.json": (201, 201),
    "programme_policy/http_coming.json": (200, 200),
    "programme_policy/http_budget.json": (200, 200),
    "policy_simulation/http.json": (202, 202),
    "merchant_onboarding/http.json": (201, 201),
    "merchant_onboarding/http_approve.json": (200, 409),
    "merchant_onboarding/http_find.json": (200, 200),
    "member_wallet/http.json": (201, 200),
    "member_wallet/http_top_up.json": (200, 200),
    "cashback_calculation/http.json": (200, 200),
    "payment_authorisation/http.json": (200, 200),
    "payment_authorisation/http_by_card.json": (200, 200),
    "payment_authorisation/http_reversal.json": (200, 200),
    "balance_projection/http.json": (200, 200),
}


@pytest.mark.parametrize("name", HTTP)
def test_an_http_event_is_answered_as_the_api_passes_it_on(played: Played, name: str) -> None:
    for answer, status in zip((played.first[name], played.again[name]), EXPECTED[name], strict=True):
        assert answer.get("statusCode") == status, "".join(answer.get("stackTrace", [str(answer)]))[-1500:]
        assert answer["isBase64Encoded"] is False
        kind = "application/json" if status < 400 else "application/problem+json"
        assert answer["headers"]["Content-Type"] == kind
        assert isinstance(json.loads(answer["body"]), dict)


def test_the_policy_in_force(played: Played) -> None:
    body = played.body("programme_policy/http.json")

    assert body["version"] == "incheon-2021-01-01"
    assert "캐시백" in body["title"]["ko"], "Korean leaves the runtime as it was written"


def test_a_policy_is_drafted_once_and_shows_what_it_would_change(played: Played) -> None:
    body = played.body("programme_policy/http_draft.json")

    assert (body["version"], body["status"], body["revision"]) == ("incheon-2031-01-01", "draft", 1)
    (better,) = [change for change in body["changes"] if change["about"] == "limits.monthly-spend"]
    assert (better["kind"], "50만원" in better["ko"]) == ("changes", True)
    assert json.loads(played.again["programme_policy/http_draft.json"]["body"]) == body
    coming = played.body("programme_policy/http_coming.json")["coming"]
    assert "incheon-2022-07-01" in [each["version"] for each in coming]
    assert "incheon-2031-01-01" not in [each["version"] for each in coming], "a draft is not announced"


def test_the_month_is_opened_once(played: Played) -> None:
    assert played.first["monthly_cap_reset/schedule.json"] == {"opened": ["2021-01"], "closed": []}
    assert played.again["monthly_cap_reset/schedule.json"] == {"opened": [], "closed": []}
    (month,) = played.storage.read([Key(Table.PROGRAMME, "PROGRAMME#incheon", "MONTH#2021-01")])
    assert month
    assert month["status"] == "open"


def test_a_merchant_applies_and_is_approved(played: Played) -> None:
    applied = played.body("merchant_onboarding/http.json")
    approved = played.body("merchant_onboarding/http_approve.json")

    assert (applied["status"], approved["status"]) == ("applied", "approved")
    assert applied["id"] == approved["id"]
    assert approved["payable_from"] == "2021-01-05T00:00:00.000+09:00"
    again = json.loads(played.again["merchant_onboarding/http_approve.json"]["body"])
    assert again["code"] == "already_decided"


def test_merchants_are_found(played: Played) -> None:
    payable = json.loads(event_of("payment_authorisation/http.json")["body"])["merchant_id"]

    assert [merchant["id"] for merchant in played.body("merchant_onboarding/http_find.json")["merchants"]] == [payable]


def test_a_wallet_is_opened_once_and_topped_up_once(played: Played) -> None:
    opened = played.body("member_wallet/http.json")
    topped_up = played.body("member_wallet/http_top_up.json")

    assert (opened["id"], opened["purses"]) == (WALLET, {"charged": 0, "cashback": 0})
    assert (topped_up["status"], topped_up["amount"]) == ("completed", 300_000)
    assert _replayed(played, "member_wallet/http_top_up.json")


def test_a_quote_says_what_the_payment_will_earn(played: Played) -> None:
    quote = played.body("cashback_calculation/http.json")

    assert (quote["cashback"], quote["decline"]) == (3_000, None)


def test_a_member_pays_once(played: Played) -> None:
    payment = played.body("payment_authorisation/http.json")

    assert (payment["status"], payment["paid_from"]) == ("approved", {"charged": 30_000})
    assert _replayed(played, "payment_authorisation/http.json")


def test_a_line_is_appropriated_once_and_the_watch_finds_nothing_to_report(played: Played) -> None:
    change = played.body("programme_policy/http_budget.json")

    assert (change["change"], change["line"], change["amount"]) == ("original", "city", 101_000_000_000)
    assert _replayed(played, "programme_policy/http_budget.json")
    for answers in (played.first, played.again):
        found = answers["programme_policy/schedule.json"]
        assert found == {"told": [], "highest_share": 0, "running_out": 0}


def test_a_simulation_without_payments_is_refused_once_with_its_reason(played: Played) -> None:
    asked = played.body("policy_simulation/http.json")
    assert asked["state"] == "requested"

    again = json.loads(played.again["policy_simulation/http.json"]["body"])
    assert (again["id"], again["state"]) == (asked["id"], "refused")
    assert again["fault"]["code"] == "months_not_published"
    assert played.first["policy_simulation/queue.json"] is played.again["policy_simulation/queue.json"] is None


def test_an_unknown_card_is_declined(played: Played) -> None:
    declined = played.body("payment_authorisation/http_by_card.json")

    assert (declined["status"], declined["decline"]["code"], declined["id"]) == ("declined", "14", None)


def test_a_reversal_of_what_was_declined_has_nothing_to_undo(played: Played) -> None:
    reversal = played.body("payment_authorisation/http_reversal.json")

    assert (reversal["outcome"], reversal["cancelled"], reversal["released"]) == ("declined", 0, 0)
    assert reversal["payment"] == played.body("payment_authorisation/http_by_card.json")


def _replayed(played: Played, name: str) -> bool:
    first, again = played.first[name], played.again[name]
    assert first["body"] == again["body"]
    assert "Idempotency-Replayed" not in first["headers"]
    return bool(again["headers"]["Idempotency-Replayed"] == "true")


def test_the_stream_posts_cashback_once_and_dead_letters_what_cannot_be(played: Played) -> None:
    answers = [each["cashback_calculation/ledger_stream.json"] for each in (played.first, played.again)]
    assert answers == [
        {"posted": 1, "already_posted": 0, "parked": 1, "slow": 0},
        {"posted": 0, "already_posted": 1, "parked": 1, "slow": 0},
    ]
    (wallet,) = played.storage.read([Key(Table.LEDGER, f"WALLET#{WALLET}", "WALLET")])
    assert wallet
    assert _won(wallet["purses"]) == {"charged": 270_000, "cashback": 3_000}
    assert (wallet["due"], wallet["posted"]) == (1, 1)
    entries = played.storage.query(Query(Table.LEDGER, f"WALLET#{WALLET}")).items
    (earning,) = [item for item in entries if item["kind"] == "earning"]
    assert sum(earning["postings"].values()) == 0


def test_changes_of_a_merchant_are_published_each_time_under_the_same_ids(played: Played) -> None:
    for answers in (played.first, played.again):
        assert answers["event_publisher/merchants_stream.json"] == {"published": 2, "dead_lettered": 0}


def _won(purses: Any) -> dict[str, int]:
    """The balances, after a check that nothing is held and no refund is pending."""
    assert purses["held"]["amount"] == purses["refund_pending"]["amount"] == 0
    return {name: purses[name]["amount"] for name in ("charged", "cashback")}


def test_a_catch_up_finds_nothing_behind_when_the_stream_has_done_its_work(played: Played) -> None:
    for answers in (played.first, played.again):
        found = answers["cashback_calculation/machine.json"]
        assert (found["wallets"], found["behind"], found["posted"], found["resume"]) == (1, 0, 0, None)


def test_no_hold_has_expired_and_no_month_is_over(played: Played) -> None:
    for answers in (played.first, played.again):
        assert answers["payment_authorisation/schedule.json"] == {"released": 0}
        closing = answers["monthly_cap_reset/machine.json"]
        assert (closing["month"], closing["statements"], closing["resume"]) == (None, 0, None)
        assert answers["monthly_cap_reset/machine_at_the_end.json"] == {"frozen": None, "excepted": 0}


def test_the_audit_finds_the_invented_record_and_keeps_the_root_of_the_day_before(
    played: Played,
) -> None:
    """The file's record has a payment with another instant of acceptance than the stored one, so its earning belongs to another source.

    No wallet was open at midnight, so the root covers none.
    """
    partition = Partition(f"WALLET#{WALLET}", AuditStore(played.storage).partition(f"WALLET#{WALLET}"))
    wrong = deviations(partition, incheons_book().in_force_at, NOON)
    assert {each.check for each in wrong} == {"posting_of_another_source", "source_changed"}
    for answers in (played.first, played.again):
        found = answers["ledger_audit/machine.json"]
        assert (found["wallets"], found["deviations"], found["resume"], found["parts"]) == (1, len(wrong), None, 1)
        assert found["as_of"] == ["2021-01-04T00:00:00.000+09:00"]
    first, again = (each["ledger_audit/machine_at_the_end.json"] for each in (played.first, played.again))
    assert (first["deviations"], again["deviations"]) == (len(wrong), len(wrong))
    assert (first["root"], again["root"]) == (merkle_root([]), None)
    assert again["checked"]["roots_verified"] == 1


def test_a_dead_lettered_record_is_kept_whole_with_its_reason(played: Played) -> None:
    record = event_of("cashback_calculation/ledger_stream.json")["Records"][1]

    kept = [(message["reason"], message["record"]) for message in played.dead_letters]
    assert [each for each in kept if each[1] == record] == [("wallet_missing", record)] * 2
    assert record["dynamodb"]["Keys"]["pk"]["S"] == f"WALLET#{MISSING_WALLET}"


def test_balances_count_an_entry_once_and_dead_letter_what_they_cannot_count(played: Played) -> None:
    answers = [each["balance_projection/ledger_stream.json"] for each in (played.first, played.again)]
    assert [answer["state"] for answer in answers] == [
        {"counted": 1, "before": 0, "parked": 1},
        {"counted": 0, "before": 2, "parked": 0},
    ]
    paid, unknown = event_of("balance_projection/ledger_stream.json")["Records"]
    merchant = paid["dynamodb"]["NewImage"]["merchant_id"]["S"]
    told = BalanceStore(played.storage, patience_of()).merchant(merchant)
    assert told.balances == {Holder(HolderKind.MERCHANT, merchant): {"payable": 30_000, "reward": 0}}
    (reason,) = [message["reason"] for message in played.dead_letters if message["record"] == unknown]
    assert "no balance is kept of lottery/winter-2021" in reason


def test_what_was_counted_is_folded_once_and_answered_with_its_instant(played: Played) -> None:
    first, again = (each["balance_projection/schedule.json"] for each in (played.first, played.again))
    assert (first["batches"], first["pages"]) == (1, 1)
    assert (again["batches"], again["pages"]) == (0, 0)
    assert text_of(NOON) <= first["as_of"] < again["as_of"]
    assert played.body("balance_projection/http.json") == {
        "as_of": first["as_of"],
        "funders": [],
        "banks": [],
        "issued": 0,
        "expired": [],
    }
