"""Balances in the deployed city: equal to the journal, also after repeated stream records, and rebuilt during payments."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from eeum.aws.attribute_values import plain_item
from eeum.aws.dynamodb import DynamoDbStorage
from eeum.balances.items import page_key
from eeum.balances.page_store import PageStore
from eeum.balances.rules import Holder, Projection, add_to, every_page, page_of
from eeum.balances.whole import whole
from eeum.calendar import text_of
from eeum.journal.accounts import HolderKind
from eeum.journal.kinds import KINDS
from eeum.storage import Table
from local.api import Api
from local.city import City
from local.roles import Tokens
from local.schedule import BALANCE_FOLD, is_due
from operations.failure import OperationFailed
from operations.fold import fold
from operations.rebuild import Source, Waits, rebuild_balances
from operations.stack import Stack
from tests.balances.journal import Balances, reference, without_zeros
from tests.e2e.members import Member, pay, top_up
from tests.e2e.waiting import wait_for, wait_for_cashback

SHOP, OTHER_SHOP = "운서 빵집", "송도 다방"
NewMember = Callable[..., Member]


class Books:
    """The journal and the balances, read with the tables' administrator rights."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._tables = city.emulator.client("dynamodb")
        storage = DynamoDbStorage(self._tables, {Table.BALANCES: city.stack.resources["BalancesTable"]})
        self._pages = PageStore(storage)

    def journal(self) -> list[dict[str, Any]]:
        return [item for item in self._items("LedgerTable") if item["kind"] in KINDS]

    @property
    def projection(self) -> Projection:
        return self._pages.projection() or Projection()

    def balances(self) -> Balances:
        """The balances, including batches that no fold has added yet."""
        return whole(self._pages, self.projection)

    def folded(self) -> Balances:
        """The balances in the pages, which the API returns."""
        found: Balances = {}
        projection = self.projection
        for _, page in self._pages.every_page(every_page()):
            if page and projection.has(page):
                add_to(found, page.balances)
        return found

    def wait(self) -> Balances:
        """Wait until the balances equal the journal; return them."""
        return wait_for(
            self.balances, lambda seen: seen == without_zeros(reference(self.journal())), "the balances of the journal"
        )

    @property
    def as_of(self) -> datetime:
        as_of = self.projection.as_of
        assert as_of
        return as_of

    def payable(self, merchant: str) -> int:
        return self.balances().get(Holder(HolderKind.MERCHANT, merchant), {}).get("payable", 0)

    def put(self, table: str, item: dict[str, Any]) -> None:
        self._tables.put_item(TableName=self._city.stack.resources[table], Item=item)

    def delete(self, table: str, item: dict[str, Any]) -> None:
        key = {name: item[name] for name in ("pk", "sk")}
        self._tables.delete_item(TableName=self._city.stack.resources[table], Key=key)

    def raw_page(self, merchant: str) -> Any:
        place = page_key(page_of(Holder(HolderKind.MERCHANT, merchant)))
        key = {"pk": {"S": place.pk}, "sk": {"S": place.sk}}
        return self._tables.get_item(TableName=self._city.stack.resources["BalancesTable"], Key=key)["Item"]

    def stream(self) -> list[dict[str, Any]]:
        """The records that the projection got and that the ledger's stream still has."""
        streams = self._city.emulator.client("dynamodbstreams")
        table = self._tables.describe_table(TableName=self._city.stack.resources["LedgerTable"])["Table"]
        arn = table["LatestStreamArn"]
        (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records: list[dict[str, Any]] = []
        while iterator:
            page = streams.get_records(ShardIterator=iterator, Limit=1000)
            if not page["Records"]:
                break
            records += page["Records"]
            iterator = page.get("NextShardIterator")
        return [each for each in records if each["eventName"] == "INSERT" and self._moves_money(each)]

    def _moves_money(self, record: dict[str, Any]) -> bool:
        image = record["dynamodb"]["NewImage"]
        return image["kind"]["S"] in KINDS and bool(image["postings"]["M"])

    def _items(self, table: str) -> Iterator[dict[str, Any]]:
        name = self._city.stack.resources[table]
        for page in self._tables.get_paginator("scan").paginate(TableName=name, ConsistentRead=True):
            for item in page["Items"]:
                yield plain_item(item)


@pytest.fixture(scope="module")
def books(city: City) -> Books:
    return Books(city)


@pytest.fixture(scope="module")
def stack(city: City) -> Iterator[Stack]:
    opened = Stack.local(city.emulator.port)
    yield opened
    opened.close()


def bring(city: City, records: list[dict[str, Any]]) -> dict[str, int]:
    """Send the function a batch as its event source does; return its answer."""
    functions, name = city.emulator.client("lambda"), city.stack.resources["BalanceProjectionFunction"]
    payload = json.dumps({"Records": records}, default=str).encode()
    answer = functions.invoke(FunctionName=name, Qualifier="live", Payload=payload)
    contents = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, contents
    state: dict[str, int] = contents["state"]
    return state


def test_payments_are_payable_to_the_shop_and_cashback_is_charged_to_funders(
    city: City, stack: Stack, api: Api, tokens: Tokens, new_member: NewMember, shops: dict[str, str], books: Books
) -> None:
    operator, owner = api.as_caller(tokens.operator), api.as_caller(tokens.merchant)
    books.wait()
    fold(stack)
    before = operator.get("/balances")
    owed = owner.get(f"/merchants/{shops[SHOP]}/balance")["payable"]

    member = new_member(charged=100_000)
    for amount in (10_000, 20_000):
        pay(api, tokens, member, shops[SHOP], amount)
    wait_for_cashback(member)
    books.wait()
    folded = fold(stack)

    after = operator.get("/balances")
    assert before["as_of"] < after["as_of"] == folded["as_of"] <= text_of(city.clock.now())
    assert owner.get(f"/merchants/{shops[SHOP]}/balance")["payable"] == owed + 30_000
    assert after["issued"] - before["issued"] == 100_000
    year = f"{city.clock.now():%Y}"
    paid = [sum(each["paid"] for each in told["funders"] if each["fiscal_year"] == year) for told in (before, after)]
    assert paid[1] - paid[0] == 3_000


def test_the_schedule_folds_counted_batches(
    city: City, api: Api, tokens: Tokens, new_member: NewMember, shops: dict[str, str], books: Books
) -> None:
    """As EventBridge Scheduler does, and the local city's runner every minute; a second fold finds nothing to do."""
    member = new_member(charged=100_000)
    pay(api, tokens, member, shops[SHOP], 10_000)
    wait_for_cashback(member)
    counted = books.wait()
    told = api.as_caller(tokens.merchant).get(f"/merchants/{shops[SHOP]}/balance")

    answers = [city.calendar.run(BALANCE_FOLD, city.clock.now()) for _ in range(2)]

    (deployed,) = [each for each in city.calendar.deployed() if BALANCE_FOLD in each.name]
    assert is_due(deployed.expression, city.clock.now()), "every minute, in the local city"
    assert answers[0]["batches"] >= 1
    assert answers[0]["pages"] >= 1
    assert (answers[1]["batches"], answers[1]["pages"]) == (0, 0)
    assert books.folded() == books.balances() == counted
    then = api.as_caller(tokens.merchant).get(f"/merchants/{shops[SHOP]}/balance")
    assert then["payable"] == told["payable"] + 10_000
    assert then["as_of"] == answers[1]["as_of"] > told["as_of"]


def test_concurrent_folds_run_during_payments(
    stack: Stack, api: Api, tokens: Tokens, new_member: NewMember, shops: dict[str, str], books: Books
) -> None:
    member = new_member(charged=100_000)
    enough = threading.Event()
    failed: list[Exception] = []

    def fold_on() -> None:
        own = Stack.local(int(stack.client("lambda").meta.endpoint_url.rpartition(":")[2]))
        try:
            while not enough.is_set():
                fold(own)
        except OperationFailed as failure:
            failed.append(failure)
        finally:
            own.close()

    folding = [threading.Thread(target=fold_on) for _ in range(2)]
    for thread in folding:
        thread.start()
    for _ in range(20):
        pay(api, tokens, member, shops[SHOP], 1_000)
    wait_for_cashback(member)
    books.wait()
    enough.set()
    for thread in folding:
        thread.join()
    assert not failed

    fold(stack)
    assert books.folded() == without_zeros(reference(books.journal()))


def test_a_replayed_stream_changes_no_balance(
    city: City, api: Api, tokens: Tokens, new_member: NewMember, shops: dict[str, str], books: Books
) -> None:
    member = new_member(charged=100_000)
    pay(api, tokens, member, shops[SHOP], 10_000)
    wait_for_cashback(member)
    before = books.wait()
    records = books.stream()
    assert len(records) >= 3

    last = records[-3:]
    answers = [bring(city, batch) for batch in (records, last, last[::-1], last[:1], [*last, *last])]

    assert [(answer["counted"], answer["parked"]) for answer in answers] == [(0, 0)] * 5
    assert books.balances() == before


def test_the_emulator_numbers_stream_records_in_their_order(
    api: Api, tokens: Tokens, new_member: NewMember, shops: dict[str, str], books: Books
) -> None:
    """A checkpoint relies on this order, also when several requests write at once."""
    members = [new_member(charged=50_000) for _ in range(4)]
    threads = [
        threading.Thread(target=lambda member=member: [pay(api, tokens, member, shops[SHOP], 1_000) for _ in range(5)])
        for member in members
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for_cashback(*members)
    books.wait()

    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in books.stream()]
    assert numbers == sorted(set(numbers))


def test_an_entry_that_cannot_be_counted_is_dead_lettered_and_blocks_no_other(
    city: City, api: Api, tokens: Tokens, new_member: NewMember, shops: dict[str, str], books: Books
) -> None:
    member = new_member(charged=100_000)
    books.wait()
    spoilt = {
        "pk": {"S": f"WALLET#{member.wallet}"},
        "sk": {"S": "EARNING#2021-01#spoilt#0"},
        "kind": {"S": "earning"},
        "postings": {"M": {"funder/city": {"N": "-5"}}},
    }
    books.put("LedgerTable", spoilt)
    pay(api, tokens, member, shops[SHOP], 20_000)
    queue = city.stack.resources["BalanceProjectionDeadLetterQueue"]
    received = wait_for(
        lambda: city.emulator.client("sqs").receive_message(QueueUrl=queue).get("Messages", []), bool, "the letter"
    )
    books.delete("LedgerTable", spoilt)
    wait_for_cashback(member)
    books.wait()

    letter = json.loads(received[0]["Body"])
    city.emulator.client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=received[0]["ReceiptHandle"])
    assert letter["kind"] == "parked_record"
    assert letter["record"]["dynamodb"]["NewImage"] == spoilt
    assert "do not balance" in letter["reason"]


def test_a_rebuild_corrects_balances_during_payments(
    city: City, stack: Stack, api: Api, tokens: Tokens, new_member: NewMember, shops: dict[str, str], books: Books
) -> None:
    books.wait()
    fold(stack)
    wrong = books.raw_page(shops[SHOP])
    owed = wrong["payable"]["M"]
    more = {shops[SHOP]: {"N": str(int(owed[shops[SHOP]]["N"]) + 777)}}
    books.put("BalancesTable", wrong | {"payable": {"M": owed | more}})
    member = new_member(charged=200_000)
    paying, enough = threading.Event(), threading.Event()

    def pay_on() -> None:
        for number in range(60):
            pay(api, tokens, member, shops[OTHER_SHOP], 1_000)
            paying.set()
            if number % 5 == 0:
                city.calendar.run(BALANCE_FOLD, city.clock.now())
            if enough.wait(0.1):
                return

    payer = threading.Thread(target=pay_on)
    payer.start()
    assert paying.wait(30)
    said: list[str] = []
    done = rebuild_balances(stack, Waits(2, 2), said.append)
    enough.set()
    payer.join()
    wait_for_cashback(member)

    books.wait()
    fold(stack)
    assert books.folded() == without_zeros(reference(books.journal()))
    assert not done.found.unreadable
    assert Holder(HolderKind.MERCHANT, shops[SHOP]) in done.differing
    assert done.cut.astimezone(city.clock.now().tzinfo) <= city.clock.now(), "the city's time, not the machine's"
    assert [text.partition(" ")[0] for text in said] == ["The"] * 3
    # The stream continues.
    owed = books.payable(shops[SHOP])
    pay(api, tokens, member, shops[SHOP], 5_000)
    wait_for(lambda: books.payable(shops[SHOP]), lambda seen: seen == owed + 5_000, "the payment after the rebuild")
    told = api.as_caller(tokens.merchant).get(f"/merchants/{shops[SHOP]}/balance")
    assert (told["payable"], told["as_of"]) == (owed, text_of(books.as_of))
    fold(stack)
    assert api.as_caller(tokens.merchant).get(f"/merchants/{shops[SHOP]}/balance")["payable"] == owed + 5_000


def test_after_an_interrupted_rebuild_the_stream_waits_for_a_complete_one(
    stack: Stack, api: Api, tokens: Tokens, new_member: NewMember, shops: dict[str, str], books: Books
) -> None:
    books.wait()

    def broken_off(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild_balances(stack, Waits(0, 0), pause=broken_off)
    member = new_member(charged=50_000)
    pay(api, tokens, member, shops[SHOP], 10_000)
    wait_for_cashback(member)
    assert books.balances() != without_zeros(reference(books.journal())), "the source is switched off"

    rebuild_balances(stack, Waits(1, 1))
    Source(stack).switch(on=True)

    books.wait()


def test_a_member_reads_past_balances_of_the_wallet(
    city: City, api: Api, tokens: Tokens, new_member: NewMember, shops: dict[str, str]
) -> None:
    member = new_member(charged=50_000)
    paid = pay(api, tokens, member, shops[SHOP], 10_000)
    accepted_at = datetime.fromisoformat(paid["accepted_at"])
    wait_for_cashback(member)
    top_up(api, tokens, member, 30_000)

    def at(instant: datetime) -> Any:
        return member.api.get(f"/wallets/{member.wallet}/balances", at=instant.isoformat())["purses"]

    assert at(accepted_at - timedelta(milliseconds=1)) == {"charged": 50_000, "cashback": 0}
    assert at(accepted_at) == {"charged": 40_000, "cashback": 0}
    assert at(city.clock.now()) == member.balances() == {"charged": 70_000, "cashback": 1_000}
