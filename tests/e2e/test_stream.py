"""The ledger's stream as it really comes: with records that nobody can read, and with batches that come again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from eeum.ids import entry_id, request_digest
from local.api import Api
from local.city import City
from local.roles import Tokens
from tests.e2e.members import Member, pay
from tests.e2e.waiting import earned, wait_for, wait_for_cashback

SHOP = "운서 빵집"
NOBODY = "018f0000-0000-8000-8000-00000000dead"
Item = dict[str, Any]
#: What makes a payment's entry one that this version of the product cannot read.
SPOILT: dict[str, Callable[[Item], Any]] = {
    "without the facts it was judged by": lambda item: item.pop("facts"),
    "with an amount that is text": lambda item: item.update(amount={"S": "a lot"}),
    "with an instant that is none": lambda item: item.update(accepted_at={"S": "yesterday"}),
    "with a list where postings belong": lambda item: item.update(postings={"L": [{"N": "1"}]}),
    "with postings that do not balance": lambda item: item["postings"]["M"].update({"purse/charged": {"N": "-1"}}),
    "with an id of another request": lambda item: item.update(id={"S": NOBODY}),
    "with a fraction of a won": lambda item: item["postings"]["M"].update({"purse/charged": {"N": "-0.5"}}),
}


def spoilt(readable: Item, fault: str) -> Item:
    """A payment like a readable one, of a request of its own, and with the fault."""
    item: Item = json.loads(json.dumps(readable))
    digest = request_digest("spoilt", readable["pk"]["S"], fault)
    item["sk"] = {"S": f"PAYMENT#{digest}"}
    item["id"] = {"S": entry_id(datetime.fromisoformat(item["accepted_at"]["S"]), digest)}
    SPOILT[fault](item)
    return item


class Ledger:
    """The ledger as its administrator sees it, and the letters that its stream's function could not deliver."""

    def __init__(self, city: City) -> None:
        self._tables = city.emulator.client("dynamodb")
        self._queues = city.emulator.client("sqs")
        self._name = city.stack.resources["LedgerTable"]
        self._queue = city.stack.resources["CashbackDeadLetterQueue"]

    def entries(self, wallet: str, prefix: str = "") -> list[Item]:
        found: list[Item] = self._tables.query(
            TableName=self._name,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)" if prefix else "pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"WALLET#{wallet}"}} | ({":sk": {"S": prefix}} if prefix else {}),
            ConsistentRead=True,
        )["Items"]
        return found

    def write(self, item: Item) -> None:
        self._tables.put_item(TableName=self._name, Item=item)

    def delete(self, item: Item) -> None:
        self._tables.delete_item(TableName=self._name, Key={name: item[name] for name in ("pk", "sk")})

    def parked(self, wallet: str, entry: str) -> list[Any]:
        """What is in the dead-letter queue about one entry; everything looked at is taken out."""
        answer = self._queues.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10)
        messages = [json.loads(message["Body"]) for message in answer.get("Messages", [])]
        for message in answer.get("Messages", []):
            self._queues.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return [
            message
            for message in messages
            if message["record"]["dynamodb"]["Keys"] == {"pk": {"S": f"WALLET#{wallet}"}, "sk": {"S": entry}}
        ]


@pytest.fixture(scope="module")
def ledger(city: City) -> Ledger:
    return Ledger(city)


@pytest.mark.parametrize("fault", SPOILT)
def test_a_record_that_cannot_be_read_is_parked_with_its_reason_and_holds_up_nobody(
    city: City,
    api: Api,
    tokens: Tokens,
    new_member: Callable[..., Member],
    shops: dict[str, str],
    ledger: Ledger,
    fault: str,
) -> None:
    member = new_member(charged=100_000)
    pay(api, tokens, member, shops[SHOP], 10_000)
    wait_for_cashback(member)
    (readable,) = ledger.entries(member.wallet, "PAYMENT#")
    unreadable = spoilt(readable, fault)

    ledger.write(unreadable)
    pay(api, tokens, member, shops[SHOP], 20_000)
    parked = wait_for(lambda: ledger.parked(member.wallet, unreadable["sk"]["S"]), bool, "the parked record")
    wait_for_cashback(member)
    ledger.delete(unreadable)

    (letter,) = parked
    assert letter["kind"] == "parked_record"
    assert letter["reason"]
    # The whole record, so that it can be sent again once the function is mended.
    assert letter["record"]["eventName"] == "INSERT"
    assert letter["record"]["dynamodb"]["NewImage"] == unreadable
    assert sorted(earned(member, f"{city.clock.now():%Y-%m}")) == [1_000, 2_000]
    assert member.balances() == {"charged": 70_000, "cashback": 3_000}


def test_a_payment_of_a_wallet_that_is_not_there_is_parked_and_the_others_are_posted(
    city: City,
    api: Api,
    tokens: Tokens,
    new_member: Callable[..., Member],
    shops: dict[str, str],
    ledger: Ledger,
) -> None:
    member = new_member(charged=100_000)
    pay(api, tokens, member, shops[SHOP], 10_000)
    wait_for_cashback(member)
    (readable,) = ledger.entries(member.wallet, "PAYMENT#")
    orphan = readable | {"pk": {"S": f"WALLET#{NOBODY}"}}

    ledger.write(orphan)
    pay(api, tokens, member, shops[SHOP], 20_000)
    parked = wait_for(lambda: ledger.parked(NOBODY, orphan["sk"]["S"]), bool, "the parked record")
    wait_for_cashback(member)

    assert [letter["reason"] for letter in parked] == ["wallet_missing"]
    assert ledger.entries(NOBODY) == [orphan]
    assert member.balances() == {"charged": 70_000, "cashback": 3_000}
    ledger.delete(orphan)


def test_the_same_batch_sent_again_changes_nothing(
    city: City,
    api: Api,
    tokens: Tokens,
    new_member: Callable[..., Member],
    shops: dict[str, str],
    ledger: Ledger,
) -> None:
    payer, other_member = new_member(charged=100_000), new_member(charged=100_000)
    for member, amount in ((payer, 10_000), (other_member, 20_000), (payer, 30_000)):
        pay(api, tokens, member, shops[SHOP], amount)
    wait_for_cashback(payer, other_member)
    before = [ledger.entries(member.wallet) for member in (payer, other_member)]
    payments = [entry for member in (payer, other_member) for entry in ledger.entries(member.wallet, "PAYMENT#")]

    # In order, turned round, one alone, and one payment twice in a batch.
    batches = [payments, payments[::-1], payments[:1], [*payments, *payments]]
    answers = [send_again(city, batch) for batch in batches]

    assert answers == [{"posted": 0, "already_posted": different, "parked": 0, "slow": 0} for different in (3, 3, 1, 3)]
    assert [ledger.entries(member.wallet) for member in (payer, other_member)] == before
    assert [member.balances()["cashback"] for member in (payer, other_member)] == [4_000, 2_000]


def test_a_declined_payment_is_published_and_earns_nothing(
    city: City,
    api: Api,
    tokens: Tokens,
    new_member: Callable[..., Member],
    shops: dict[str, str],
    ledger: Ledger,
) -> None:
    member = new_member(charged=30_000)
    assert pay(api, tokens, member, shops[SHOP], 50_000)["status"] == "declined"
    (declined,) = ledger.entries(member.wallet, "PAYMENT#")
    before = ledger.entries(member.wallet)

    assert send_again(city, [declined]) == {"posted": 0, "already_posted": 0, "parked": 0, "slow": 0}

    assert ledger.parked(member.wallet, declined["sk"]["S"]) == []
    assert ledger.entries(member.wallet) == before


def send_again(city: City, entries: list[Item]) -> Any:
    """Entries of the ledger as a batch of its stream, handed to the function as the stream does; what it answers."""
    records = [
        {
            "eventID": str(number),
            "eventName": "INSERT",
            "eventSource": "aws:dynamodb",
            "awsRegion": "ap-northeast-2",
            "dynamodb": {
                "Keys": {name: entry[name] for name in ("pk", "sk")},
                "NewImage": entry,
                "SequenceNumber": str(number),
                "StreamViewType": "NEW_IMAGE",
            },
        }
        for number, entry in enumerate(entries)
    ]
    functions, name = city.emulator.client("lambda"), city.stack.resources["CashbackCalculationFunction"]
    answer = functions.invoke(FunctionName=name, Qualifier="live", Payload=json.dumps({"Records": records}).encode())
    contents = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, contents
    return contents
