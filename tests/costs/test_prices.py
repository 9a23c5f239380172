"""The table of prices: its arithmetic, its age, and what is refused."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from costs.prices import PRICES, PricesUnusable, read_prices

TABLE: dict[str, Any] = json.loads(PRICES.read_text(encoding="utf-8"))
AS_OF = date.fromisoformat(TABLE["as_of"])


def changed(path: Path, **changes: Any) -> Path:
    path.write_text(json.dumps({**TABLE, **changes}), encoding="utf-8")
    return path


def test_every_price_has_a_page_of_aws_a_day_and_a_unit() -> None:
    prices = read_prices(AS_OF)
    assert prices.region == "ap-northeast-2"
    for name, price in prices.of.items():
        assert price.page.startswith("https://aws.amazon.com/"), name
        assert price.unit, name
        assert all(rate > 0 for _, rate in price.tiers), name


def test_what_is_free_is_subtracted_and_what_is_above_is_paid() -> None:
    storage = read_prices(AS_OF).of["dynamodb_storage"]
    assert storage.of(25) == 0
    assert storage.of(125) == pytest.approx(100 * 0.27075)
    assert read_prices(AS_OF).of["dynamodb_write_units"].of(2_500_000) == pytest.approx(1.70)


def test_tiers_are_filled_one_after_the_other() -> None:
    """The two estimates of issue 14, for 1.4 million members."""
    prices = read_prices(AS_OF).of
    assert prices["cognito_lite"].of(1_400_000) == pytest.approx(90_000 * 0.0055 + 900_000 * 0.0046 + 400_000 * 0.00325)
    assert prices["cognito_lite"].of(1_400_000) == pytest.approx(5_935)
    assert prices["cognito_essentials"].of(1_400_000) == pytest.approx(20_850)


def test_the_last_day_of_the_table_is_the_last() -> None:
    last = AS_OF + timedelta(days=TABLE["most_days"])
    assert read_prices(last).as_of == AS_OF
    with pytest.raises(PricesUnusable, match=r"^The prices are of 2026-09-24, 181 days ago, .* OLD_PRICES=yes\.$"):
        read_prices(last + timedelta(days=1))
    assert read_prices(last + timedelta(days=400), old_allowed=True).as_of == AS_OF


@pytest.mark.parametrize(
    "changes",
    [
        {"as_of": "yesterday"},
        {"prices": {"requests": {"usd": -1, "per": 1, "unit": "u", "page": "p", "read": "2026-01-01"}}},
        {"prices": {"requests": {"usd": 1, "per": 0, "unit": "u", "page": "p", "read": "2026-01-01"}}},
        {"prices": {"requests": {"per": 1}}},
    ],
)
def test_a_damaged_table_is_refused_in_a_sentence(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(PricesUnusable, match=r"^prices\.json cannot be read as a table of prices: .+\.$"):
        read_prices(AS_OF, changed(tmp_path / "prices.json", **changes))


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(PricesUnusable, match=r"^There is no table of prices at .+none\.json\.$"):
        read_prices(AS_OF, tmp_path / "none.json")
