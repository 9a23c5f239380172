"""`make cost`: what it prints and what it refuses, and that docs/cost.md is of this checkout."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from costs import __main__ as command
from costs.deployed import deployed
from costs.page import page
from costs.prices import PRICES, read_prices
from tests.template.template import functions, routes, template


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--members", "0"], "make cost: MEMBERS=0 must be a whole number from 1 to 1,000,000,000,000."),
        (["--members", "-5"], "make cost: MEMBERS=-5 must be a whole number from 1 to 1,000,000,000,000."),
        (["--payments", "0"], "make cost: PAYMENTS=0 must be a whole number from 1 to 1,000,000,000,000."),
        (["--payments", "many"], "make cost: PAYMENTS=many must be a whole number from 1 to 1,000,000,000,000."),
        (["--years", "0"], "make cost: YEARS=0 must be above 0 and at most 50."),
        (["--years", "nan"], "make cost: YEARS=nan must be above 0 and at most 50."),
        (["--years", "long"], "make cost: YEARS=long is no number of years, such as 1 or 2.5."),
    ],
)
def test_a_size_that_no_city_has_is_refused_in_a_sentence(
    capsys: pytest.CaptureFixture[str], given: list[str], sentence: str
) -> None:
    assert command.main([f"{given[0]}={given[1]}"]) == 2
    answered = capsys.readouterr()
    assert answered.err == sentence + "\n"
    assert answered.out == ""


def test_prices_that_are_too_old_are_refused_unless_they_are_allowed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    old = tmp_path / "prices.json"
    old.write_text(json.dumps({**json.loads(PRICES.read_text()), "as_of": "2020-01-01"}))
    assert command.main(["--prices", str(old)]) == 2
    refused = capsys.readouterr()
    assert refused.err.startswith("make cost: The prices are of 2020-01-01, ")
    assert refused.err.count("\n") == 1
    assert command.main(["--prices", str(old), "--old-prices", "--payments=1000", "--members=10"]) == 0
    assert "A month:" in capsys.readouterr().out


def test_an_estimate_names_every_price_that_is_assumed(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--members=50_000", "--payments=2,000,000", "--old-prices"]) == 0
    printed = capsys.readouterr().out
    assert "50,000 members and 2,000,000 payments a year" in printed
    for price in read_prices(command.today(), old_allowed=True).of.values():
        assert price.assumed in printed


def test_the_page_is_of_this_checkout() -> None:
    """`make cost-page` writes it again after a change of the template, the prices or what was measured."""
    written = page(command.usage_of(), deployed(), read_prices(command.today(), old_allowed=True))
    assert command.PAGE.read_text(encoding="utf-8") == written


def test_what_is_read_of_the_template_is_what_it_deploys() -> None:
    found = deployed()
    assert found.memory == {name: each["MemorySize"] for name, each in functions().items()}
    assert found.routes == found.detailed_routes == len(routes())
    assert found.cashback_window == template()["Parameters"]["CashbackWindowSeconds"]["Default"]
    assert found.balance_window == 300
    assert found.logs_each_call is False
