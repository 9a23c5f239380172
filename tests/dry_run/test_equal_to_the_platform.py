"""A dry run equals the platform: random policies and events, run by use cases in memory and by a dry run."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from eeum.calendar import month_of
from eeum.cashback.items import correction_of
from eeum.dry_run.events import CHARGED, Course, DryRunEvent
from eeum.dry_run.outcomes import Outcome, dry_run
from eeum.errors import Refusal
from eeum.ids import natural_id
from eeum.merchants.rules import Merchant, MerchantStatus, Shop
from eeum.merchants.store import merchant_item, merchant_key
from eeum.payments.rules import Payment
from eeum.policy.conditions import Facts
from eeum.policy.documents import canonical_document
from eeum.policy.reading import policy_of
from eeum.storage import Put, Table
from eeum.wallet.rules import Wallet
from eeum.wallet.store import wallet_key
from eeum.wallet.wallet_items import wallet_item
from tests.unit.policy.random_policies import courses, documents
from tests.use_cases.world import World

PlatformResult = dict[str, Any]
ENOUGH = 1_000_000


class City:
    """One member's events, run by the platform's own use cases on storage in memory."""

    def __init__(self, document: dict[str, Any]) -> None:
        first = datetime.fromisoformat("2025-12-02T00:00:00+09:00")
        self.world = World(now=first, documents=(document,))
        self.wallet: Wallet = self.world.member(charged=ENOUGH, verified=True)
        self.payments: dict[int, Payment] = {}

    def pay(self, number: int, amount: int, at: datetime, known: Facts) -> tuple[DryRunEvent, PlatformResult]:
        world = self.world
        world.now = at
        self._about(known)
        channel, method = known.channel or "shop", known.method or "card"
        payment = world.pay(self.wallet, self._shop(known), amount, channel=channel, method=method).entry
        assert payment.decline is None, payment.decline
        assert not world.accrue(payment)
        self.payments[number] = payment
        month = month_of(at)
        earning = next(each for each in world.earnings(self.wallet, month) if each.digest == payment.acceptance.digest)
        paid_from = {name.partition("@")[0]: won for name, won in payment.paid_from if name != CHARGED}
        event = DryRunEvent(amount, at, False, replace(known, channel=channel, method=method), paid_from)
        gave = {each.layer: each.won for each in (*payment.discounts, *earning.rewards) if each.won}
        return event, {"gave": gave, "paid": amount - payment.discount, "from": payment.paid_from, "base": earning.base}

    def top_up(self, amount: int, at: datetime, known: Facts) -> tuple[DryRunEvent, PlatformResult]:
        self.world.now = at
        self._about(known)
        entry = self.world.top_up(self.wallet, amount).entry
        about = Facts(
            member_class=known.member_class, member_district=known.member_district, member_age=known.member_age
        )
        result = {"declined": entry.decline is not None, "paid": entry.debited}
        gave = {each.reward.layer: each.reward.won for each in entry.rewards if each.reward.won}
        return DryRunEvent(amount, at, True, about, {}), result | {"gave": gave}

    def cancel(self, of: int, amount: int, at: datetime) -> tuple[DryRunEvent, PlatformResult]:
        self.world.now = at
        event = DryRunEvent(amount, at, False, Facts(), {}, cancels=of)
        try:
            entry = self.world.cancel(self.payments[of], amount or None).entry
        except Refusal:
            return event, {"declined": True}
        assert not self.world.accrue(entry)
        items = self.world.entries("correction")
        corrections = [correction_of(self.wallet.id, each) for each in items]
        own = [each for each in corrections if each.digest == entry.acceptance.digest]
        changed = sum(change.won for each in own for change in each.changes)
        back = sum(part.won for part in entry.discounts)
        return event, {"paid": entry.refund, "changed": changed - back}

    def _about(self, known: Facts) -> None:
        """Record what an operator has stated about the member, without an entry, as an instant can have only one."""
        wallet, age = self.world.wallet(self.wallet.id), known.member_age
        about = replace(
            wallet,
            member_class=known.member_class,
            district=known.member_district,
            birth_date=date(self.world.now.year - age, 1, 1) if age is not None else None,
            cards=tuple(replace(card, issuer=known.card_issuer) for card in wallet.cards),
        )
        self.world.send(Put(wallet_key(wallet.id), wallet_item(about)))

    def _shop(self, known: Facts) -> str:
        merchant_id = natural_id("merchant", repr((known.merchant_district, known.merchant_category)))
        shop = Shop(
            "1248100998",
            "가게",
            known.merchant_district or "north",
            known.merchant_category or "restaurant",
            known.merchant_annual_revenue or 200,
            known.merchant_flags,
            known.merchant_own_rate,
        )
        now = self.world.now
        merchant = Merchant(merchant_id, "owner", shop, MerchantStatus.APPROVED, now, now)
        self.world.send(Put(merchant_key(merchant_id), merchant_item(merchant)))
        return merchant_id

    @property
    def used(self) -> dict[str, int]:
        """Limit usage by limit and window, from everything stored."""
        total: dict[str, int] = {}
        for item in self.world.memory.items(Table.LEDGER):
            kind = item["kind"]
            if kind in ("payment", "top_up", "cancellation"):
                sign = -1 if kind == "cancellation" else 1
                for key, won in item.get("taken", {}).get("used", {}).items():
                    total[key] = total.get(key, 0) + sign * won
            elif kind in ("earning", "correction"):
                month = item["sk"].split("#")[1]
                for key, won in item["used"].items():
                    full = key if "@" in key else f"{key}@{month}"
                    total[full] = total.get(full, 0) + won
        return total


def as_platform_result(outcome: Outcome) -> PlatformResult:
    if outcome.event.cancels is not None:
        if outcome.declined:
            return {"declined": True}
        return {"paid": outcome.price, "changed": sum(change.won for change in outcome.changes)}
    gave = {told.layer: told.won for told in outcome.layers if told.won}
    if outcome.event.is_top_up:
        return {"declined": outcome.declined is not None, "paid": outcome.price, "gave": gave}
    return {"gave": gave, "paid": outcome.price, "from": outcome.paid_from, "base": outcome.base}


def known_of(known: dict[str, Any]) -> Facts:
    """The facts with a city's own values: a shop has a district, category and revenue, and the card is the standard one."""
    facts = replace(Facts(), **{**known, "merchant_flags": frozenset(known["merchant_flags"])})
    return replace(
        facts,
        card_product="standard",
        merchant_district=facts.merchant_district or "north",
        merchant_category=facts.merchant_category or "restaurant",
        merchant_annual_revenue=facts.merchant_annual_revenue or 200,
    )


# No shrinking, which would take minutes: each example runs twice. A failure is reported as it was drawn.
@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(documents(), courses(), st.data())
def test_a_dry_run_gives_the_platforms_results(made: dict[str, Any], course: list[Any], data: st.DataObject) -> None:
    made = made | {"programme": "incheon", "starts_at": "2025-11-01T00:00:00+09:00"}
    limits = data.draw(st.sampled_from([[], ["topped-up"]]))
    wallet = {"minimum_top_up": 1, "holding_limit": 10 * ENOUGH, "holding_limit_verified": 10 * ENOUGH}
    document = canonical_document(made | {"wallet": wallet | {"top_up_limits": limits}})
    city = City(document)
    events: list[DryRunEvent] = []
    results: list[PlatformResult] = []
    for what, at, won, facts in course:
        known = known_of(facts)
        if what == "top_up":
            event, did = city.top_up(won, at, known)
        elif city.payments and data.draw(st.integers(0, 3)) == 0:
            of = data.draw(st.sampled_from(sorted(city.payments)))
            event, did = city.cancel(of, data.draw(st.integers(0, won)), at)
        else:
            event, did = city.pay(len(events) + 1, won, at, known)
        events.append(event)
        results.append(did)

    outcomes = dry_run([policy_of(document)], Course(tuple(events), {}))
    assert [as_platform_result(outcome) for outcome in outcomes] == results
    used = city.used
    for left in outcomes[-1].limits:
        assert left.used == used.get(f"{left.id}@{left.window}", 0), left
