"""`make demo`: run a day in Incheon against the running city, over HTTP; then print who spent, who earned, and why."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from uuid import uuid4

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from local import demo_day, inhabitants, sign_in
from local.api import Api
from local.city import City, the_running_city
from local.demo_day import Afterwards, PlannedMember, PlannedPayment, Trouble
from local.demo_report import Outcome, Shop, report
from local.draining import counted
from local.failure import CityFailure
from local.roles import Tokens

#: Members that act in parallel. Each starts a copy of a function; more would make a laptop slower.
WORKERS = 4
POSTING_SECONDS = 60
WHY = "Demonstration"

#: The steps of `live_through`, in order, by the key that other displays use.
STEPS = {"arrive": "Members arrive", "pay": "Members pay", "cashback": "Cashback arrives"}

Given = TypeVar("Given")
Made = TypeVar("Made")


class Watched(Protocol):
    """Shows a day's progress."""

    def begin(self, step: str, total: int) -> None: ...

    def done(self, step: str, done: int) -> None:
        """Report how many items of the step are done; any thread may call it."""
        ...


class Bars:
    """Progress bars in a terminal."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def begin(self, step: str, total: int) -> None:
        self._tasks[step] = self._progress.add_task(STEPS[step], total=total)

    def done(self, step: str, done: int) -> None:
        self._progress.update(self._tasks[step], completed=done)


class Unwatched:
    """Shows no progress."""

    def begin(self, step: str, total: int) -> None:
        pass

    def done(self, step: str, done: int) -> None:
        pass


class _Counter:
    """Counts the finished items of one step."""

    def __init__(self, watched: Watched, step: str, total: int) -> None:
        self._watched, self._step, self._done = watched, step, 0
        self._lock = threading.Lock()
        watched.begin(step, total)

    def add(self) -> None:
        with self._lock:
            self._done += 1
            self._watched.done(self._step, self._done)


@dataclass
class Member:
    """A member of the demonstration: signed in, with a wallet."""

    plan: PlannedMember
    api: Api
    wallet: str
    card: str
    outcomes: list[Outcome] = field(default_factory=list)


class Day:
    """One run of the demonstration; its name keeps its requests apart from those of an earlier run."""

    def __init__(self, city: City, tokens: Tokens, shops: list[Shop], unapproved: str) -> None:
        self._city = city
        self._api = city.api
        self._tokens = tokens
        self._shops = shops
        self._unapproved = unapproved
        self._name = f"demo-{uuid4().hex[:12]}"
        #: The emulator's user pools serve one caller at a time.
        self._pools = threading.Lock()

    def arrive(self, plan: PlannedMember) -> Member:
        """Sign in, open or find the wallet, and top it up to what the day needs."""
        with self._pools:
            self._city.signing.enrol(plan.name, sign_in.RESIDENT_APP)
            token = self._city.signing.token(plan.name, sign_in.RESIDENT_APP)
        own = self._api.as_caller(token)
        wallet = own.post("/wallets", {})
        member = Member(plan, own, wallet["id"], wallet["cards"][0]["token"])
        if plan.verified and not wallet["verified"]:
            self._change(member, verified=True)
        # All purses pay, so cashback of an earlier run counts too; a bank credits no less than the programme's minimum.
        missing = plan.charged - sum(wallet["purses"].values())
        if missing > 0:
            self._api.as_caller(self._tokens.bank).post(
                f"/wallets/{member.wallet}/top_ups",
                {"amount": max(missing, 30_000), "bank_reference": f"{self._name}-{plan.name}"},
                key=f"{self._name}-top-up-{plan.name}",
            )
        return member

    def spend(self, member: Member, paid: Callable[[], None]) -> None:
        """The member's payments, one after the other."""
        for number, planned in enumerate(member.plan.payments):
            member.outcomes.append(self._pay(member, planned, number))
            paid()

    def _pay(self, member: Member, planned: PlannedPayment, number: int) -> Outcome:
        shop = self._shops[planned.shop]
        if planned.trouble is Trouble.SUSPENDED:
            self._change(member, status="suspended")
        answer = self._api.as_caller(self._tokens.acquirer).post(
            "/payments",
            {
                "card_token": f"{member.wallet}.unknown" if planned.trouble is Trouble.UNKNOWN_CARD else member.card,
                "merchant_id": self._unapproved if planned.trouble is Trouble.NOT_PAYABLE else shop.id,
                "amount": self._amount(member, planned),
                "channel": "shop",
                "capture": "later" if planned.afterwards is Afterwards.HELD else "now",
            },
            key=f"{self._name}-{member.plan.name}-{number}",
        )
        if planned.trouble is Trouble.SUSPENDED:
            self._change(member, status="active")  # for the next demonstration
        return Outcome(member.plan.name, shop, answer, planned.afterwards, self._after(member, planned, answer))

    def _after(self, member: Member, planned: PlannedPayment, payment: dict[str, Any]) -> int:
        """Do what is planned after an approved payment; return the won that go back to the member."""
        if payment["status"] == "declined" or planned.afterwards is Afterwards.KEPT:
            return 0
        till = self._api.as_caller(self._tokens.acquirer)
        path = f"/wallets/{member.wallet}/payments/{payment['id']}"

        def ask(action: str, body: dict[str, Any]) -> int:
            return int(till.post(f"{path}/{action}", body, key=f"{self._name}-{member.plan.name}-{action}")["amount"])

        if planned.afterwards is Afterwards.HELD:
            ask("captures", {"amount": planned.part})
            return ask("void", {})
        part = {"amount": planned.part} if planned.afterwards is Afterwards.PARTLY_CANCELLED else {}
        return ask("cancellations", {**part, "reason": WHY})

    def _amount(self, member: Member, planned: PlannedPayment) -> int:
        if planned.trouble is not Trouble.NO_MONEY:
            return planned.amount
        wallet = member.api.get(f"/wallets/{member.wallet}")
        return int(sum(wallet["purses"].values())) + planned.amount

    def _change(self, member: Member, **changes: Any) -> None:
        self._api.as_caller(self._tokens.operator).patch(f"/wallets/{member.wallet}", {**changes, "reason": WHY})


def main() -> int:
    console = Console()
    try:
        city = the_running_city()
        with _progress(console) as progress:
            outcomes, earnings, corrections, seconds = live_through(city, Bars(progress))
    except CityFailure as failure:
        print(f"make demo: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    console.print(report(outcomes, earnings, corrections, city.clock.now(), seconds))
    return 0


def live_through(
    city: City, watched: Watched
) -> tuple[list[Outcome], list[dict[str, Any]], list[dict[str, Any]], float]:
    """Run a whole day; return each payment's outcome, all earnings and corrections, and the seconds that the payments took."""
    morning = city.clock.now()
    tokens = city.sign_everyone_in()
    shopkeeper = city.api.as_caller(tokens.merchant)
    shops = [_shop(shopkeeper.post("/merchants", shop.application())) for shop in inhabitants.shops()]
    unapproved = shopkeeper.post("/merchants", inhabitants.waiting_shop().application())["id"]
    plan = demo_day.plan(len(shops))
    day = Day(city, tokens, shops, unapproved)
    with ThreadPoolExecutor(WORKERS) as pool:
        arrived = _Counter(watched, "arrive", len(plan))
        members = list(_each(pool, day.arrive, plan, arrived.add))

        paid = _Counter(watched, "pay", sum(len(member.payments) for member in plan))
        began = time.monotonic()
        list(_each(pool, lambda member: day.spend(member, paid.add), members))
        seconds = time.monotonic() - began

        approved = {outcome.payment_id for member in members for outcome in member.outcomes if not outcome.declined}
        watched.begin("cashback", len(approved))
        _await_cashback(city, lambda waiting: watched.done("cashback", len(approved) - waiting))
        # The month may have turned between two payments.
        months = {f"{instant:%Y-%m}" for instant in (morning, city.clock.now())}
        asked = [(member, month) for member in members for month in sorted(months)]
        answers = list(
            pool.map(lambda each: each[0].api.get(f"/wallets/{each[0].wallet}/cashback", month=each[1]), asked)
        )
        earnings, corrections = (
            [entry for answer in answers for entry in answer[kind] if entry["payment_id"] in approved]
            for kind in ("earnings", "corrections")
        )
    return [outcome for member in members for outcome in member.outcomes], earnings, corrections, seconds


def _await_cashback(city: City, waiting: Callable[[int], None]) -> None:
    """Wait while cashback keeps arriving: on a busy machine that may take long."""
    fewest, since = None, time.monotonic()
    while missing := city.drain(seconds=0):
        waiting(missing)
        if fewest is None or missing < fewest:
            fewest, since = missing, time.monotonic()
        if time.monotonic() > since + POSTING_SECONDS:
            left = counted(missing, "payment")
            raise CityFailure(
                f"{left} still without cashback, and no more was posted for {POSTING_SECONDS} s; see {city.emulator.log}."
            )
        time.sleep(0.3)
    waiting(0)


def _each(
    pool: ThreadPoolExecutor,
    work: Callable[[Given], Made],
    given: Iterable[Given],
    done: Callable[[], None] | None = None,
) -> Iterable[Made]:
    for made in pool.map(work, given):
        if done:
            done()
        yield made


def _shop(merchant: dict[str, Any]) -> Shop:
    return Shop(merchant["id"], merchant["name"], merchant["district"])


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:18}"), BarColumn(40), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )


if __name__ == "__main__":
    sys.exit(main())
