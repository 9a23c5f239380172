"""Balances as the deployed city projects them: the journal's, whatever the stream brings again, and rebuilt while payments go on."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from eeum.aws.attribute_values import plain_item
from eeum.balances.items import ENTRIES, counts_of, holder_of
from eeum.balances.rules import Holder, HolderKind
from local.api import Api
from local.city import City
from local.roles import Tokens
from operations.rebuild import Source, Waits, rebuild_balances
from operations.stack import Stack
from tests.balances.journal import Balances, reference, without_zeros
from tests.e2e.members import Member, pay, top_up
from tests.e2e.waiting import wait_for, wait_for_cashback

SHOP, OTHER_SHOP = "운서 빵집", "송도 다방"
NewMember = Callable[..., Member]


class Books:
    """The journal and the balances as the tables' administrator sees them."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._tables = city.emulator.client("dynamodb")

    def journal(self) -> list[dict[str, Any]]:
        return [item for item in self._items("LedgerTable") if item["kind"] in ENTRIES]

    def balances(self) -> Balances:
        stored = [(holder_of(item), item) for item in self._items("BalancesTable")]
        return without_zeros({holder: counts_of(item, holder) for holder, item in stored if holder})

    def wait(self) -> Balances:
        """Until the balances are those of the journal; what they are."""
        return wait_for(
            self.balances, lambda seen: seen == without_zeros(reference(self.journal())), "the balances of the journal"
        )

    def payable(self, merchant: str) -> int:
        return self.balances().get(Holder(HolderKind.MERCHANT, merchant), {}).get("payable", 0)

    def put(self, table: str, item: dict[str, Any]) -> None:
        self._tables.put_item(TableName=self._city.stack.resources[table], Item=item)

    def delete(self, table: str, item: dict[str, Any]) -> None:
        key = {name: item[name] for name in ("pk", "sk")}
        self._tables.delete_item(TableName=self._city.stack.resources[table], Key=key)

    def raw(self, pk: str, sk: str) -> Any:
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        return self._tables.get_item(TableName=self._city.stack.resources["BalancesTable"], Key=key)["Item"]

    def stream(self) -> list[dict[str, Any]]:
        """The records that the projection was brought, as the ledger's stream still has them."""
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
        return image["kind"]["S"] in ENTRIES and bool(image["postings"]["M"])

    def _items(self, table: str) -> Iterator[dict[str, Any]]:
        name = self._city.stack.resources[table]
        for page in self._tables.get_paginator("scan").paginate(TableName=name, ConsistentRead=True):
            for item in page["Items"]:
                yield plain_item(item)


@pytest.fixture(scope="module")
def books(city: City) -> Books:
    return Books(city)


def bring(city: City, records: list[dict[str, Any]]) -> dict[str, int]:
    """Hands the function a batch as its event source does; what it answers."""
    functions, name = city.emulator.client("lambda"), city.stack.resources["BalanceProjectionFunction"]
    payload = json.dumps({"Records": records}, default=str).encode()
    answer = functions.invoke(FunctionName=name, Qualifier="live", Payload=payload)
    contents = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, contents
    state: dict[str, int] = contents["state"]
    return state


def test_a_shop_is_owed_what_was_paid_and_funders_have_paid_the_cashback(
    city: City, api: Api, tokens: Tokens, new_member: NewMember, shops: dict[str, str], books: Books
) -> None:
    operator, owner = api.as_caller(tokens.operator), api.as_caller(tokens.merchant)
    books.wait()
    before = operator.get("/balances")
    owed = owner.get(f"/merchants/{shops[SHOP]}/balance")["payable"]

    member = new_member(charged=100_000)
    for amount in (10_000, 20_000):
        pay(api, tokens, member, shops[SHOP], amount)
    wait_for_cashback(member)
    books.wait()

    after = operator.get("/balances")
    assert owner.get(f"/merchants/{shops[SHOP]}/balance")["payable"] == owed + 30_000
    assert after["issued"] - before["issued"] == 100_000
    year = f"{city.clock.now():%Y}"
    paid = [sum(each["paid"] for each in told["funders"] if each["fiscal_year"] == year) for told in (before, after)]
    assert paid[1] - paid[0] == 3_000


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


def test_the_emulator_numbers_records_in_the_order_in_which_it_hands_them_out(
    api: Api, tokens: Tokens, new_member: NewMember, shops: dict[str, str], books: Books
) -> None:
    """A checkpoint rests on it: also when several write at once."""
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


def test_an_entry_that_cannot_be_counted_is_parked_and_holds_up_nobody(
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


def test_a_rebuild_puts_balances_right_while_payments_go_on(
    city: City, api: Api, tokens: Tokens, new_member: NewMember, shops: dict[str, str], books: Books
) -> None:
    books.wait()
    wrong = books.raw(f"MERCHANT#{shops[SHOP]}", "BALANCE")
    books.put("BalancesTable", wrong | {"payable": {"N": str(int(wrong["payable"]["N"]) + 777)}})
    member = new_member(charged=200_000)
    paying, enough = threading.Event(), threading.Event()

    def pay_on() -> None:
        for _ in range(60):
            pay(api, tokens, member, shops[OTHER_SHOP], 1_000)
            paying.set()
            if enough.wait(0.1):
                return

    payer = threading.Thread(target=pay_on)
    payer.start()
    assert paying.wait(30)
    stack = Stack.local(city.emulator.port)
    said: list[str] = []
    done = rebuild_balances(stack, Waits(2, 2), said.append)
    enough.set()
    payer.join()
    stack.close()
    wait_for_cashback(member)

    books.wait()
    assert not done.found.unreadable
    assert Holder(HolderKind.MERCHANT, shops[SHOP]) in done.differing
    assert done.cut.astimezone(city.clock.now().tzinfo) <= city.clock.now(), "the city's time, not the machine's"
    assert [text.partition(" ")[0] for text in said] == ["The"] * 3
    # And the stream goes on.
    owed = books.payable(shops[SHOP])
    pay(api, tokens, member, shops[SHOP], 5_000)
    wait_for(lambda: books.payable(shops[SHOP]), lambda seen: seen == owed + 5_000, "the payment after the rebuild")


def test_a_rebuild_that_was_broken_off_leaves_the_stream_waiting_and_is_done_anew(
    city: City, api: Api, tokens: Tokens, new_member: NewMember, shops: dict[str, str], books: Books
) -> None:
    books.wait()
    stack = Stack.local(city.emulator.port)

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
    stack.close()

    books.wait()


def test_a_member_reads_what_was_in_the_wallet(
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
