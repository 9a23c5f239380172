"""How figures are printed; the press release's own figures are printed as it has them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from eeum.statistics import printing


@pytest.mark.parametrize(
    ("won", "korean", "english"),
    [
        (2_862_000_000_000, "2조 8,620억 원", "KRW 2.862 trillion"),
        (4_408_500_000_000, "4조 4,085억 원", "KRW 4.4085 trillion"),
        (213_600_000_000, "2,136억 원", "KRW 213.6 billion"),
        (195_000_000_000, "1,950억 원", "KRW 195 billion"),
        (4_000_000_000_000, "4조 원", "KRW 4 trillion"),
        (999_999_999_999, "1조 원", "KRW 1 trillion"),
        (2_862_000_000, "28억 6,200만 원", "KRW 2.862 billion"),
        (171_804_920_000, "1,718억 원", "KRW 171.8 billion"),
        (10_001, "1만 1원", "KRW 10,001"),
        (9_999, "9,999원", "KRW 9,999"),
        (0, "0원", "KRW 0"),
        (-5_000, "-5,000원", "KRW -5,000"),
    ],
)
def test_won(won: int, korean: str, english: str) -> None:
    assert printing.won(Fraction(won)) == (korean, english)


def test_other_units() -> None:
    assert printing.won_per_head(Fraction(679_123)) == ("67만 9,000원", "KRW 679,000")
    assert printing.members(Fraction(1_380_000)) == ("138만 명", "1.38 million")
    assert printing.members(Fraction(933_300)) == ("93만 명", "930,000")
    assert printing.members(Fraction(1_380)) == ("1,380명", "1,380")
    assert printing.times(Fraction(679, 126)) == ("5.4배", "5.4 times")
    assert printing.times(Fraction(940, 260)).en == "3.6 times"
    assert [printing.rank(Fraction(number)).en for number in (1, 2, 3, 4, 11, 21)] == [
        "1st",
        "2nd",
        "3rd",
        "4th",
        "11th",
        "21st",
    ]


@pytest.mark.parametrize(("places", "printed"), [(1, "25.8%"), (2, "25.80%")])
def test_shares_have_their_own_decimals(places: int, printed: str) -> None:
    assert printing.share(Fraction(258, 1000), places).ko == printed


def test_half_is_rounded_up() -> None:
    assert printing.share(Fraction(19_015, 100_000), 2).ko == "19.02%"
    assert printing.share(Fraction(25_85, 100_00), 1).ko == "25.9%"
    assert printing.unrounded(Fraction(2, 3)) == "0.666666666667"
    assert printing.unrounded(Fraction(-1, 3)) == "-0.333333333333"


def test_months() -> None:
    assert printing.month("2020-12", "2020-12-20") == ("2020년 12월(20일까지)", "December 2020 (to the 20th)")
    assert printing.month("2020-12") == ("2020년 12월", "December 2020")
