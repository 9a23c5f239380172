"""The business registration number (사업자등록번호): its check digit, and which numbers the National Tax Service assigns.

Tax accountants quote its scheme (사업자등록번호 체계: https://hshan.tistory.com, https://dahanaccount.tistory.com). The first three
digits are any free number from 101 to 999; they were the tax office's code before. The kind of business is 01 to 79 of persons,
90 to 99 of those exempt from VAT, and 80 to 89 of companies and associations. Serial numbers are 0001 to 9999.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eeum.errors import Invalid
from eeum.merchants.rules import merchant_id_of, parse_business_registration_number

# Numbers that large companies publish on their own pages.
PUBLISHED = ["124-81-00998", "220-81-62517", "120-88-00767", "105-87-64746"]


def _with_check_digit(nine: str) -> str:
    """Computed differently from the product: weights first, then the two digits of the last product added."""
    total = sum(int(digit) * weight for digit, weight in zip(nine, (1, 3, 7, 1, 3, 7, 1, 3), strict=False))
    tens, ones = divmod(int(nine[8]) * 5, 10)
    return nine + str(-(total + tens + ones) % 10)


valid = st.tuples(st.integers(101, 999), st.integers(1, 99), st.integers(0, 9_999)).map(
    lambda parts: _with_check_digit(f"{parts[0]:03}{parts[1]:02}{parts[2]:04}")
)


@pytest.mark.parametrize("written", PUBLISHED)
def test_published_numbers_are_valid(written: str) -> None:
    assert parse_business_registration_number(written) == written.replace("-", "")


@given(valid)
def test_numbers_with_their_check_digit_are_valid_with_and_without_hyphens(number: str) -> None:
    assert parse_business_registration_number(number) == number
    assert parse_business_registration_number(f"{number[:3]}-{number[3:5]}-{number[5:]}") == number


@given(valid, st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_is_always_caught(number: str, position: int, off_by: int) -> None:
    wrong = str((int(number[position]) + off_by) % 10)
    with pytest.raises(Invalid) as refused:
        parse_business_registration_number(number[:position] + wrong + number[position + 1 :])
    assert (refused.value.field, refused.value.reason) == ("business_registration_number", "check_digit")


@pytest.mark.parametrize(
    "nine", ["000000000", "000810001", "099810001", "100810001", "101000001", "124000099", "999000000"]
)
def test_numbers_that_are_never_assigned_are_refused(nine: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_business_registration_number(_with_check_digit(nine))
    assert (refused.value.field, refused.value.reason) == ("business_registration_number", "never_assigned")


@pytest.mark.parametrize("nine", ["101010001", "101990001", "999010000", "121810000", "999999999", "617890001"])
def test_every_number_that_may_be_assigned_is_accepted(nine: str) -> None:
    """The first and last numbers and kinds. Serial number 0000 is accepted, though never assigned: earlier releases accepted it."""
    number = _with_check_digit(nine)
    assert parse_business_registration_number(number) == number


@given(valid)
def test_one_of_ten_check_digits_is_correct(number: str) -> None:
    accepted = []
    for digit in "0123456789":
        try:
            accepted.append(parse_business_registration_number(number[:9] + digit))
        except Invalid:
            continue
    assert accepted == [number]


@pytest.mark.parametrize(
    "text",
    ["", "124810099", "12481009980", "12-481-00998", "124 81 00998", "124-81-0099a", "１２４-81-00998",
     "124-81-00998\n", " 1248100998", "+124810099", "124–81–00998"],
)  # fmt: skip
def test_other_texts_are_malformed(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_business_registration_number(text)
    assert refused.value.reason == "malformed"


@pytest.mark.parametrize("text", ["124-8100998", "12481-00998", "124-81-00998"])
def test_each_hyphen_may_be_left_out(text: str) -> None:
    assert parse_business_registration_number(text) == "1248100998"


def test_a_place_of_business_has_one_merchant_id() -> None:
    assert merchant_id_of("1248100998") == merchant_id_of("1248100998") != merchant_id_of("2208162517")
