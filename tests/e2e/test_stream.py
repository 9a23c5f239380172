"""The ledger's stream with unreadable records and repeated batches."""

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
UNKNOWN = "018f0000-0000-8000-8000-00000000dead"
Item = dict[str, Any]
#: Changes that make a payment's entry unreadable for this version of the product.
SPOILT: dict[str, Callable[[Item], Any]] = {
    "without the facts it was judged by": lambda item: item.pop("facts"),
    "with an amount that is text": lambda item: item.update(amount={"S": "a lot"}),
    "with an instant that is none": lambda item: item.update(accepted_at={"S": "yesterday"}),
    "with a list where postings belong": lambda item: item.update(postings={"L": [{"N": "1"}]}),
    "with postings that do not balance": lambda item: item["postings"]["M"].update({"purse/charged": {"N": "-1"}}),
    "with an id of another request": lambda item: item.update(id={"S": UNKNOWN}),
    "with a fraction of a won": lambda item: item["postings"]["M"].update({"purse/charged": {"N": "-0.5"}}),
}


def spoilt(readable: Item, fault: str) -> Item:
    """A copy of a readable payment, of a request of its own, with the fault."""
    item: Item = json.loads(json.dumps(readable))
    digest = request_digest("spoilt", readable["pk"]["S"], fault)
    item["sk"] = {"S": f"PAYMENT#{digest}"}
    item["id"] = {"S": entry_id(datetime.fromisoformat(item["accepted_at"]["S"]), digest)}
    SPOILT[fault](item)
    return item


class Ledger:
    """The ledger, read with administrator rights, and the dead letters of its stream's function."""

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

    def dead_letters(self, wallet: str, entry: str) -> list[Any]:
        """The dead letters about one entry; every message that is read is deleted."""
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


def stored_payment(api: Api, tokens: Tokens, member: Member, shop: str, ledger: Ledger) -> Any:
    """Pay 10,000 won, wait for the cashback, and return the payment as it is stored."""
    pay(api, tokens, member, shop, 10_000)
    wait_for_cashback(member)
    (stored,) = ledger.entries(member.wallet, "PAYMENT#")
    return stored


@pytest.mark.parametrize("fault", SPOILT)
def test_an_unreadable_record_is_dead_lettered_with_its_reason_and_blocks_no_other(
    city: City,
    api: Api,
    tokens: Tokens,
    new_member: Callable[..., Member],
    shops: dict[str, str],
    ledger: Ledger,
    fault: str,
) -> None:
    member = new_member(charged=100_000)
    readable = stored_payment(api, tokens, member, shops[SHOP], ledger)
    unreadable = spoilt(readable, fault)

    ledger.write(unreadable)
    pay(api, tokens, member, shops[SHOP], 20_000)
    letters = wait_for(lambda: ledger.dead_letters(member.wallet, unreadable["sk"]["S"]), bool, "the dead letter")
    wait_for_cashback(member)
    ledger.delete(unreadable)

    (letter,) = letters
    assert letter["kind"] == "parked_record"
    assert letter["reason"]
    # The whole record, so that it can be sent again once the function is fixed.
    assert letter["record"]["eventName"] == "INSERT"
    assert letter["record"]["dynamodb"]["NewImage"] == unreadable
    assert sorted(earned(member, f"{city.clock.now():%Y-%m}")) == [1_000, 2_000]
    assert member.balances() == {"charged": 70_000, "cashback": 3_000}


def test_a_payment_of_an_unknown_wallet_is_dead_lettered_and_others_are_posted(
    city: City,
    api: Api,
    tokens: Tokens,
    new_member: Callable[..., Member],
    shops: dict[str, str],
    ledger: Ledger,
) -> None:
    member = new_member(charged=100_000)
    readable = stored_payment(api, tokens, member, shops[SHOP], ledger)
    orphan = readable | {"pk": {"S": f"WALLET#{UNKNOWN}"}}

    ledger.write(orphan)
    pay(api, tokens, member, shops[SHOP], 20_000)
    letters = wait_for(lambda: ledger.dead_letters(UNKNOWN, orphan["sk"]["S"]), bool, "the dead letter")
    wait_for_cashback(member)

    assert [letter["reason"] for letter in letters] == ["wallet_missing"]
    assert ledger.entries(UNKNOWN) == [orphan]
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

    # In order, in reverse, one alone, and one payment twice in a batch.
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

    assert ledger.dead_letters(member.wallet, declined["sk"]["S"]) == []
    assert ledger.entries(member.wallet) == before


def send_again(city: City, entries: list[Item]) -> Any:
    """Send entries of the ledger to the function as a batch of the stream; return its answer."""
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
