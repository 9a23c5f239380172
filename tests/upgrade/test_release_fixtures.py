"""This checkout reads, answers, pays with, corrects, closes, rebuilds and audits the data of each release like its own."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from eeum.storage import Table
from local.upgrade.release import RELEASES
from local.upgrade.stored import known
from tests.http.city import Answer
from tests.upgrade.calling import CALLERS, CallingCity, city_of, next_month, simulated
from tests.upgrade.fixture import Fixture, KeptRoots, items_of, paths, read, write
from tests.upgrade.making import finished, made, payment_of

CANCELLING = {"reason": "after the upgrade"}
WAYS = {"paid", "topped up", "captured", "voided", "cancelled"}
FEW_STEPS = 300


def test_every_release_that_cities_run_has_a_fixture() -> None:
    lines = [line for line in RELEASES.read_text().split("\n") if line and not line.startswith("#")]
    assert [path.name.partition(".")[0] for path in paths()] == sorted(line[:7] for line in lines)


def test_a_fixture_has_one_of_everything(release: Fixture) -> None:
    kinds = Counter(str(item["kind"]) for items in release.items.values() for item in items if "kind" in item)
    assert {
        "wallet", "top_up", "payment", "progress", "capture", "release", "cancellation", "earning", "correction", "expiry",
        "standing", "statement", "month", "merchant", "policy", "policy_draft", "policy_amendment", "amendment", "page",
        "budget_line", "budget_change", "sub_line", "projection",
    } <= set(kinds), kinds  # fmt: skip
    payments = release.of_kind("payment")
    assert {item["status"] for item in payments} >= {"approved", "held", "declined"}
    assert {item["status"] for item in release.of_kind("month")} == {"open", "closed", "frozen"}
    assert {item["status"] for item in release.of_kind("merchant")} == {"applied", "approved", "rejected"}
    assert {item["status"] for item in release.of_kind("wallet")} == {"active", "suspended"}
    purses = {purse.partition("@")[0] for item in release.of_kind("wallet") for purse in item["purses"]}
    assert {"charged", "cashback", "gift", "keep", "payback", "held", "refund_pending"} <= purses
    corrections = release.of_kind("correction")
    assert any(item.get("recovered") for item in corrections), "no refund ever filled negative cashback"
    assert len({item["reason"] for item in release.of_kind("release")}) > 1, "no hold ever expired, or none was voided"
    accounts = {
        account.partition("/")[0]
        for items in release.items.values()
        for item in items
        for account in item.get("postings", ())
    }
    assert {"bank", "purse", "funder", "merchant_payable", "merchant_reward"} <= accounts
    assert len(release.roots) > 1
    assert len(release.asked) > 30


def test_a_fixture_is_written_as_it_was_read(release: Fixture, tmp_path: Path) -> None:
    assert read(write(release, tmp_path)) == release
    assert items_of(release.storage()) == release.items


def test_what_was_stored_is_audited_with_its_roots(release: Fixture, city: CallingCity, roots: KeptRoots) -> None:
    dates = roots.dates()
    report = city.audit(roots)
    assert [each for each in report.deviations if each.check != "posting_missing"] == []
    assert report.roots_verified == dates
    assert report.checked["wallets"] == len(release.of_kind("wallet"))
    assert report.checked["entries"] > 1_000


def test_damage_to_an_entry_of_the_release_is_found(release: Fixture, roots: KeptRoots) -> None:
    """This shows that the test before can fail."""
    earning = next(item for item in release.of_kind("earning") if item["postings"])
    account = next(iter(earning["postings"]))
    damaged = json.loads(json.dumps(release.items))
    (stored,) = [item for item in damaged["ledger"] if (item["pk"], item["sk"]) == (earning["pk"], earning["sk"])]
    stored["postings"][account] += 1
    city = city_of(replace(release, items=damaged))
    assert any(each.entry == earning["sk"] for each in city.audit(roots).deviations)


def test_every_request_of_the_release_has_its_answer_again(release: Fixture, city: CallingCity) -> None:
    """The answer is equal in every earlier field; a later version may add fields."""
    before = items_of(city.storage)
    for asked in reversed(release.asked):
        again = city.again(asked.caller, asked.method, asked.path, asked.body, asked.key)
        assert again.status == asked.status, (asked, again)
        assert known(asked.answer, again.json) == asked.answer, asked
    assert items_of(city.storage) == before


def test_a_key_of_the_release_is_for_its_own_body(release: Fixture, city: CallingCity) -> None:
    refused = 0
    for asked in release.asked:
        if asked.path in ("/payments", "/payments/reversals"):
            other = asked.body | {"amount": asked.body["amount"] + 1}
            assert city.again(asked.caller, asked.method, asked.path, other, asked.key).status == 422, asked
            refused += 1
    assert refused > 10


def test_life_goes_on_in_the_city_of_the_release(release: Fixture, city: CallingCity, roots: KeptRoots) -> None:
    stored = {(item["pk"], item["sk"]): item for item in release.items["ledger"]}
    dates = roots.dates()
    posted = city.catch_up()
    assert posted["posted"] > 0
    assert posted["unposted"] == 0
    done = Counter[str]()
    for wallet in release.of_kind("wallet"):
        _pay_and_top_up(city, wallet, _shop(release), done)
    for payment in release.of_kind("payment"):
        if payment["status"] != "declined":
            _correct(city, payment, done)
    wallets = {name: city.ask(name, "POST", "/wallets", {}) for name in ("member", "customer")}
    finished(city, wallets, _shop(release), "upgraded")
    assert {name for name, number in done.items() if number > 1} >= WAYS, done

    city.expire_holds()
    assert city.catch_up()["unposted"] == 0
    frozen = _close_every_month(city)
    assert len(frozen) > 1, "the month that the release had closed, and the one it was in"

    kept = {(item["pk"], item["sk"]): item for item in city.storage.items(Table.LEDGER)}
    for key, item in stored.items():
        assert key in kept, f"{key} is lost"
        if "postings" in item:
            assert {name: kept[key].get(name) for name in item} == item, f"{key} was changed"
    city.project()
    rebuilt = city.rebuild()
    assert (rebuilt.differing, rebuilt.found.unreadable) == ({}, [])
    report = city.audit(roots)
    assert report.deviations == []
    assert report.roots_verified == dates
    assert report.checked["postings_on_their_way"] == 0


def _shop(release: Fixture) -> str:
    """The shop that the fixture's own members paid."""
    paid = [asked for asked in release.asked if asked.path == "/payments"]
    return str(paid[0].body["merchant_id"])


def _pay_and_top_up(city: CallingCity, wallet: dict[str, Any], shop: str, done: Counter[str]) -> None:
    identity = wallet["pk"].removeprefix("WALLET#")
    body = {"amount": 100_000, "bank_reference": f"after the upgrade {identity}"}
    answer = city.call(CALLERS["bank"], "POST", f"/wallets/{identity}/top_ups", body, key=f"upgraded-{identity}-top-up")
    done["topped up"] += _is(answer, "completed")
    card = {"cards": [{"token": f"{identity}.{next(iter(wallet['cards']))}"}]}
    for number, amount in enumerate((3_000, 20_000)):
        sent = payment_of(card, shop, amount)
        answer = city.call(CALLERS["acquirer"], "POST", "/payments", sent, key=f"upgraded-{identity}-{number}")
        done["paid"] += _is(answer, "approved")


def _is(answer: Answer, *statuses: str) -> int:
    assert answer.status == 200, answer
    return int(answer.json["status"] in statuses)


def _correct(city: CallingCity, payment: dict[str, Any], done: Counter[str]) -> None:
    """Capture or void holds, and cancel what was captured, as the caller of the payment."""
    by = simulated(payment["caller"])
    path = f"/wallets/{payment['pk'].removeprefix('WALLET#')}/payments/{payment['id']}"
    if "/" not in payment["caller"] or payment["caller"].startswith("member/"):
        return

    def change(action: str, name: str, body: dict[str, Any]) -> None:
        answer = city.call(by, "POST", f"{path}/{action}", body, key=f"upgraded-{action}-{payment['id']}-{len(body)}")
        # A hold that has expired is no longer captured.
        assert answer.status in (200, 409), answer
        done[name] += answer.status == 200

    state = city.call(by, "GET", path).json
    if state["held"]:
        change(*(("captures", "captured") if done["captured"] <= done["voided"] else ("void", "voided")), {})
        state = city.call(by, "GET", path).json
    if left := state["captured"] - state["cancelled"]:
        if left > 1:
            change("cancellations", "cancelled", CANCELLING | {"amount": left // 2})
        if done["cancelled"] % 2:
            change("cancellations", "cancelled", CANCELLING)


def _close_every_month(city: CallingCity) -> list[str]:
    frozen = []
    for _ in range(3):
        city.now = next_month(city.now)
        city.turn_month()
        while month := city.freeze_month():
            frozen.append(month)
    return frozen


def test_the_maker_makes_the_same_each_time(tmp_path: Path) -> None:
    """A short run with this checkout's code, as for the next release's fixture."""
    written = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        written.append(write(made("here", steps=FEW_STEPS), tmp_path / name).read_bytes())
    assert written[0] == written[1]
