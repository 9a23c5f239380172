"""Every fault of a policy document is reported with a path, a code and a reason, and nothing is loaded."""

import json
import warnings
from typing import Any

import pytest

from eeum.calendar import SEOUL
from eeum.errors import PolicyRefused
from eeum.policy.document_models import LARGEST_DOCUMENT_BYTES
from eeum.policy.documents import canonical_document, parse_policy
from eeum.policy.validation import MOST_PROBLEMS
from tests.unit.policy.policy_documents import document, layer

BAND = "layers.0.bands.0"


def band(start: int, up_to: int | None, rate: int | str = 100) -> dict[str, Any]:
    return {"from": start, "up_to": up_to, "rate_basis_points": rate}


def when(**condition: Any) -> tuple[str, Any]:
    return ("layers.0.when", condition)


def faults_of(changed: Any) -> set[tuple[str, str]]:
    with pytest.raises(PolicyRefused) as refused:
        parse_policy(changed)
    assert all(why for _, _, why in refused.value.problems)
    return {(path, code) for path, code, _ in refused.value.problems}


FAULTS = [
    # Shape: a field that is unknown, missing, or of another type.
    ("unknown_field", ("colour", "red"), "colour", "extra_forbidden"),
    ("unknown_field_in_a_layer", ("layers.0.colour", "red"), "layers.0.colour", "extra_forbidden"),
    ("missing_field", ("wallet-", None), "wallet", "missing"),
    ("missing_field_in_a_band", (f"{BAND}.from-", None), f"{BAND}.from", "missing"),
    ("other_language", ("language", 2), "language", "literal_error"),
    ("truth_for_the_language", ("language", True), "language", "literal_error"),
    ("fraction_for_the_language", ("language", 1.0), "language", "literal_error"),
    ("text_for_a_number", ("wallet.minimum_top_up", "10000"), "wallet.minimum_top_up", "int_type"),
    ("fraction_of_a_won", ("wallet.minimum_top_up", 10000.5), "wallet.minimum_top_up", "int_type"),
    ("truth_for_a_number", (f"{BAND}.rate_basis_points", True), f"{BAND}.rate_basis_points", "int_type"),
    ("text_for_a_rate", (f"{BAND}.rate_basis_points", "1000"), f"{BAND}.rate_basis_points", "int_type"),
    ("number_for_a_text", ("programme", 1), "programme", "string_type"),
    ("object_for_a_list", ("layers", {}), "layers", "list_type"),
    ("name_in_another_alphabet", ("version", "하늘"), "version", "string_pattern_mismatch"),
    ("name_with_an_end_of_line", ("version", "haneul-1\n"), "version", "string_pattern_mismatch"),
    ("name_with_a_space_before", ("programme", " haneul"), "programme", "string_pattern_mismatch"),
    ("name_that_is_a_path", ("version", "in_force"), "version", "reserved_name"),
    ("name_that_is_another_path", ("version", "history"), "version", "reserved_name"),
    ("trust_is_a_b_or_c", ("rows.0.trust", "D"), "rows.0.trust", "literal_error"),
    # Amounts and rates.
    ("negative_amount", ("limits.0.amount", -1), "limits.0.amount", "greater_than_equal"),
    ("more_than_any_amount", ("limits.0.amount", 10**12 + 1), "limits.0.amount", "less_than_equal"),
    ("rate_above_100_percent", (f"{BAND}.rate_basis_points", 10001), f"{BAND}.rate_basis_points", "less_than_equal"),
    ("negative_rate", (f"{BAND}.rate_basis_points", -1), f"{BAND}.rate_basis_points", "greater_than_equal"),
    (
        "layers_above_100_percent_together",
        ("layers", [layer("a", [(None, 6000)]), layer("b", [(None, 4001)])]),
        "layers",
        "pays_more_than_everything",
    ),
    # Instants.
    ("start_without_offset", ("starts_at", "2026-01-01T00:00:00"), "starts_at", "timezone_aware"),
    ("end_without_offset_beside_a_start_with_one", ("ends_at", "2026-02-01T00:00:00"), "ends_at", "timezone_aware"),
    ("start_as_a_number", ("starts_at", 1767193200), "starts_at", "instant_format"),
    ("start_as_a_number_in_text", ("starts_at", "1767193200"), "starts_at", "instant_format"),
    ("start_as_a_date", ("starts_at", "2026-01-01"), "starts_at", "instant_format"),
    ("start_finer_than_a_millisecond", ("starts_at", "2026-01-01T00:00:00.0001+09:00"), "starts_at", "instant_format"),
    ("start_in_month_13", ("starts_at", "2026-13-01T00:00:00+09:00"), "starts_at", "datetime_from_date_parsing"),
    ("start_with_60_minutes_of_offset", ("starts_at", "2026-01-01T00:00:00+09:60"), "starts_at", "instant_format"),
    ("start_with_a_day_of_offset", ("starts_at", "2026-01-01T00:00:00-24:00"), "starts_at", "instant_format"),
    ("start_before_the_year_1", ("starts_at", "0001-01-01T00:00:00+18:00"), "starts_at", "instant_range"),
    ("start_after_the_year_9999", ("starts_at", "9999-12-31T23:59:59Z"), "starts_at", "instant_range"),
    ("end_at_the_start", ("ends_at", "2026-01-01T00:00:00+09:00"), "ends_at", "ends_before_start"),
    # 15:00 in Greenwich the day before is the same instant as midnight in Seoul.
    ("end_at_the_start_in_another_zone", ("ends_at", "2025-12-31T15:00:00Z"), "ends_at", "ends_before_start"),
    # Bands.
    ("overlapping_bands", ("layers.0.bands", [band(0, 500), band(400, 800)]), "layers.0.bands.1", "bands_overlap"),
    ("band_after_an_open_one", ("layers.0.bands", [band(0, None), band(500, 800)]), "layers.0.bands.1", "bands_overlap"),
    ("gap_between_bands", ("layers.0.bands", [band(0, 500), band(600, 800)]), "layers.0.bands.1", "bands_gap"),
    ("first_band_above_zero", ("layers.0.bands", [band(1, 500)]), BAND, "bands_gap"),
    ("empty_band", ("layers.0.bands", [band(0, 0)]), BAND, "band_empty"),
    ("no_band", ("layers.0.bands", []), "layers.0.bands", "too_short"),
    ("bands_without_a_spend_limit", ("layers.0.limits", ["monthly-reward"]), "layers.0.limits", "bands_need_a_limit"),
    (
        "band_behind_one_that_earns_nothing",
        ("layers.0.bands", [band(0, 500, rate=0), band(500, 800)]),
        "layers.0.counts",
        "band_unreachable",
    ),
    (
        "band_behind_one_that_may_earn_nothing",
        ("layers.0.bands", [band(0, 500, rate="merchant"), band(500, 800)]),
        "layers.0.counts",
        "band_unreachable",
    ),
    # Limits, funders, ids.
    ("unknown_limit", ("layers.0.limits", ["monthly-spend", "yearly"]), "layers.0.limits.1", "unknown_limit"),
    ("limit_listed_twice", ("layers.0.limits", ["monthly-spend"] * 2), "layers.0.limits.1", "repeated_id"),
    ("unknown_measure", ("limits.0.measure", "visits"), "limits.0.measure", "literal_error"),
    ("unknown_window", ("limits.0.window", "week"), "limits.0.window", "literal_error"),
    ("two_limits_of_one_id", ("limits.1.id", "monthly-spend"), "limits", "repeated_id"),
    ("two_layers_of_one_id", ("layers", [layer("a", [(None, 1)])] * 2), "layers", "repeated_id"),
    ("no_funder", ("layers.0.funders", []), "layers.0.funders", "too_short"),
    ("unknown_funder", ("layers.0.funders.0.funder", "lottery"), "layers.0.funders.0.funder", "literal_error"),
    ("share_of_nothing", ("layers.0.funders.0.share", 0), "layers.0.funders.0.share", "greater_than_equal"),
    ("funder_listed_twice", ("layers.0.funders.0.funder", "city"), "layers.0.funders", "repeated_funder"),
    # Conditions.
    ("unknown_fact", when(fact="weather", **{"in": ["rain"]}), "layers.0.when.fact", "unknown_fact"),
    (
        "unknown_fact_deep_inside",
        when(all=[{"not": {"fact": "weather", "in": ["rain"]}}]),
        "layers.0.when.all.0.not.fact",
        "unknown_fact",
    ),
    ("text_fact_compared_as_a_number", when(fact="channel", above=1), "layers.0.when.fact", "unknown_fact"),
    ("unknown_condition", when(either=[]), "layers.0.when", "unknown_condition"),
    ("condition_that_says_nothing", when(), "layers.0.when", "unknown_condition"),
    ("condition_of_two_forms", when(all=[{"fact": "channel", "in": ["shop"]}], any=[]), "layers.0.when.any", "extra_forbidden"),
    ("condition_over_nothing", when(all=[]), "layers.0.when.all", "too_short"),
    ("unknown_flag", when(fact="merchant_flags", has="pretty"), "layers.0.when.has", "unknown_flag"),
    ("unknown_district", when(fact="merchant_district", **{"in": ["north", "west"]}), "layers.0.when.in.1", "unknown_district"),
    ("unknown_category", when(fact="merchant_category", **{"in": ["taxi"]}), "layers.0.when.in.0", "unknown_category"),
    ("range_without_ends", when(fact="merchant_annual_revenue", above=None), "layers.0.when", "range_missing"),
    ("range_of_nothing", when(fact="merchant_annual_revenue", above=5, at_most=5), "layers.0.when", "range_empty"),
    # Wallet and merchants.
    ("verified_members_hold_less", ("wallet.holding_limit_verified", 1), "wallet.holding_limit_verified", "limits_reversed"),
    ("top_up_above_the_wallet", ("wallet.minimum_top_up", 500001), "wallet.minimum_top_up", "limits_reversed"),
    ("unknown_excluded_category", ("merchants.excluded_categories", ["casino"]), "merchants.excluded_categories.0", "unknown_category"),
    ("more_rows_than_any_version_states", ("rows", [1] * 300), "rows", "too_long"),
    ("more_names_than_any_city_has", ("merchants.districts", ["north"] * 1_001), "merchants.districts", "too_long"),
    ("unknown_purse", ("earns_from", ["loan"]), "earns_from.0", "literal_error"),
    ("nothing_earns", ("earns_from", []), "earns_from", "too_short"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "path", "code"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
def test_a_fault_is_told_with_its_path_and_code(change: tuple[str, Any], path: str, code: str) -> None:
    assert (path, code) in faults_of(document(change))


@pytest.mark.parametrize("not_an_object", [None, 1, "policy", [], [{}]])
def test_a_document_is_an_object(not_an_object: Any) -> None:
    assert faults_of(not_an_object) == {("", "model_type")}


def nested(depth: int) -> dict[str, Any]:
    condition: dict[str, Any] = {"fact": "channel", "in": ["shop"]}
    for _ in range(depth - 1):
        condition = {"not": condition}
    return document(("layers.0.when", condition))


def test_conditions_may_be_nested_ten_deep() -> None:
    assert parse_policy(nested(10)).layers[0].id == "base"
    assert faults_of(nested(11)) == {("layers.0.when" + ".not" * 10, "conditions_too_deep")}


@pytest.mark.parametrize("depth", [200, 400, 5000])
def test_conditions_nested_without_end_are_refused_not_followed(depth: int) -> None:
    ((path, code),) = faults_of(nested(depth))
    assert path.startswith("layers.0.when")
    assert code == "conditions_too_deep"


def test_every_fault_is_told_at_once() -> None:
    assert faults_of(document(("starts_at", "soon"), ("colour", "red"), ("layers.0.funders", []))) == {
        ("starts_at", "instant_format"),
        ("colour", "extra_forbidden"),
        ("layers.0.funders", "too_short"),
    }


def test_instants_of_different_offsets_are_compared_as_instants() -> None:
    # 15:00:01 in Greenwich is one second after midnight in Seoul, though its text sorts before.
    policy = parse_policy(document(("ends_at", "2025-12-31T15:00:01Z")))
    assert policy.ends_at is not None
    assert (policy.ends_at - policy.starts_at).total_seconds() == 1
    assert policy.starts_at.tzinfo is SEOUL


def test_what_is_stored_is_written_out_in_seoul_time_and_reads_the_same_again() -> None:
    condition = {
        "any": [{"not": {"all": [{"fact": "merchant_flags", "has": "partner"}]}}, {"fact": "channel", "in": ["shop"]}]
    }
    changed = document(("starts_at", "2025-12-31T15:00:00Z"), ("layers.0.when", condition), ("limits.0.amount", None))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        canonical = canonical_document(changed)

    assert canonical["starts_at"] == "2026-01-01T00:00:00+09:00"
    assert canonical["layers"][0]["when"] == condition
    assert canonical["limits"][0]["amount"] is None
    assert canonical_document(canonical) == canonical
    assert parse_policy(canonical) == parse_policy(changed)


def test_a_start_within_a_second_is_kept_to_the_millisecond() -> None:
    canonical = canonical_document(document(("starts_at", "2026-01-01T00:00:00.25+09:00")))

    # Pydantic writes six digits where it writes any, so what is stored must be read with them.
    assert canonical["starts_at"] == "2026-01-01T00:00:00.250000+09:00"
    assert canonical_document(canonical) == canonical


def test_open_bands_may_give_more_than_everything_when_they_exclude_one_another() -> None:
    north = {"fact": "merchant_district", "in": ["north"]}
    halves = [
        layer("north", [(None, 6000)], when=north),
        layer("elsewhere", [(None, 6000)], when={"not": north}),
    ]
    assert len(parse_policy(document(("layers", halves))).layers) == 2


# --- documents made to take long ------------------------------------------------------------------------------------------

MANY = [f"n{number}" for number in range(8_000)]


def test_no_more_than_twenty_faults_are_looked_for_and_none_repeats_the_names_it_was_compared_with() -> None:
    districts = {"districts": MANY[:1_000], "categories": ["cafe"], "excluded_categories": []}
    strange = {"fact": "merchant_district", "in": [f"x{number}" for number in range(100)]}
    with pytest.raises(PolicyRefused) as refused:
        canonical_document(document(("merchants", districts), ("layers.0.when", {"any": [strange] * 20})))
    assert len(refused.value.problems) == MOST_PROBLEMS == 20
    assert all(len(why) < 100 for _, _, why in refused.value.problems)


@pytest.mark.parametrize(
    "change",
    [
        ("rows", [1] * 40_000),
        ("merchants", {"districts": MANY, "categories": MANY}),
        ("title", {"ko": "가" * 25_000, "en": "x"}),
        ("layers", "x" * 70_000),
    ],
    ids=["faults", "names", "bytes of other letters", "another type"],
)
def test_a_large_document_has_one_fault(change: tuple[str, Any]) -> None:
    assert faults_of(document(change)) == {("", "too_large")}


def test_what_is_written_out_counts_too() -> None:
    """Each row is stored with its `sources` and `note`, which need not be sent."""
    changed = document(("rows", [{"id": "r", "trust": "A"}] * 200), ("title.ko", "가"))
    changed["rows"][0] = {"id": "r", "trust": "A", "note": "x" * (LARGEST_DOCUMENT_BYTES - 7_000)}
    assert len(json.dumps(changed, separators=(",", ":"), ensure_ascii=False).encode()) < LARGEST_DOCUMENT_BYTES
    assert faults_of(changed) == {("", "too_large")}
