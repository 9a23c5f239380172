"""What happened before the tests: a member with a frozen month, and payments that were held, paid together, and cancelled."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.session import get_session

from eeum.aws.clock import shifted_clock
from eeum.aws.dynamodb import DynamoDbStorage
from eeum.aws.settings import LOCAL, Settings
from eeum.composition import City as Composition
from eeum.payments.rules import Order
from eeum.payments.use_cases import AuthoriseBasket, authorise_basket
from eeum.request import Request
from eeum.storage import Table
from local import places, seed
from local.city import City
from local.emulator import ACCESS_KEY, SECRET_KEY
from local.schedule import FIRST_OF_THE_MONTH, HOLD_EXPIRY, MONTH_CLOSING, midnight

if TYPE_CHECKING:
    from tests.web.place import Member, Place

NEXT_YEAR = 2021
#: What is bought together, and what would be: shops and prices.
BASKET = (("만석 책방", 12_000), ("송도 다방", 5_500))
TOO_MUCH = (("만석 책방", 9_000), ("송도 다방", 2_000_000))


def december(place: Place) -> tuple[Member, dict[str, Any]]:
    """A member whose December has every line of a statement, and a payment of it for a later cancellation."""
    operator = place.city.api.as_caller(place.tokens.operator)
    for line in seed.budget_lines(NEXT_YEAR):
        operator.post(f"/budgets/{NEXT_YEAR}/lines", line, key=f"budget-{NEXT_YEAR}-{line['id']}")
    member = place.member(charged=480_000, name="regular")
    place.send_payment(member, "송도 다방", 42_000, "december-cafe")
    bought = place.pay(member, "만석 책방", 68_000, "december-books")
    place.cancel(bought, 18_000, "december-return")
    collected = place.hold(member, "연수 빵집", 30_000, "december-cake")
    place.capture(collected, 30_000, "december-cake-collected")
    place.hold(member, "화수 약국", 25_000, "december-forgotten")
    place.city.drain()
    return member, bought


def turn_the_year(city: City) -> None:
    """Run what the calendar would have run since December: the turn of the month, expired holds, and December's statements."""
    now = city.clock.now()
    city.calendar.run(FIRST_OF_THE_MONTH, midnight(now).replace(day=1))
    city.calendar.run(HOLD_EXPIRY, now)
    city.calendar.run(MONTH_CLOSING, now)


def january(place: Place, member: Member, bought: dict[str, Any]) -> None:
    """Holds in every state, a basket, a declined basket, and a cancellation of a payment of December."""
    place.hold(member, "온수 국수", 21_000, "january-held")
    partly = place.hold(member, "송월 다방", 36_000, "january-partly")
    place.capture(partly, 20_000, "january-partly-captured")
    whole = place.hold(member, "연수 빵집", 18_000, "january-whole")
    place.capture(whole, 10_000, "january-whole-first")
    place.capture(whole, 8_000, "january-whole-second")
    released = place.hold(member, "화수 약국", 27_000, "january-released")
    place.capture(released, 15_000, "january-released-part")
    place.void(released, "january-released-rest")
    place.void(place.hold(member, "송도 다방", 15_000, "january-voided"), "january-voided-whole")
    basket(place, member, BASKET, "january-basket")
    basket(place, member, TOO_MUCH, "january-basket-declined")
    place.cancel(bought, 50_000, "january-rest-returned")


def basket(place: Place, member: Member, bought: tuple[tuple[str, int], ...], key: str) -> None:
    """Payments in one transaction. No route takes a basket yet, so the use case runs here, on the city's own tables."""
    orders = tuple(Order(place.shops[shop], amount, "shop", "app", None, None) for shop, amount in bought)
    request = Request.of("member/regular", member.wallet, f"{key:->16}", {"orders": [list(each) for each in bought]})
    using = composition_of(place.city).payment_dependencies(WithTime())
    authorise_basket(AuthoriseBasket(request, orders), using)


def composition_of(city: City) -> Composition:
    """The product's stores and use cases on the tables of a local city."""
    resources = city.stack.resources
    tables = {table: resources[f"{table.name.title()}Table"] for table in Table}
    client = get_session().create_client(
        "dynamodb",
        endpoint_url=city.emulator.endpoint,
        region_name=places.REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(retries={"total_max_attempts": 2}),
    )
    shift = timedelta(seconds=city.clock.shift_seconds)
    settings = Settings(LOCAL, places.PROGRAMME, tables, shift, None)
    return Composition(settings, DynamoDbStorage(client, tables), shifted_clock(shift))


class WithTime:
    """The context of an invocation that has a minute left."""

    def get_remaining_time_in_millis(self) -> int:
        return 60_000
