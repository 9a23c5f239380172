"""The other commands (generator, comparison, case and measurement) on the smallest city."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator import case_2021, comparison, measurement
from simulator.city import __main__ as generator
from simulator.city.figures import Spend
from simulator.replay import Windows
from simulator.versions import Stretch
from tests.simulator.test_replay import INCHEON

POLICY = str(INCHEON / "incheon-2022-10-01.json")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A five-thousandth of the city."""
    folder = tmp_path_factory.mktemp("small") / "city"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["city", str(folder), "--share", "2"])
        assert generator.main() == 0
    return folder


def test_the_generator_names_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["city", str(tmp_path / "city"), "--share", "0"])
    assert generator.main() == 1
    assert capsys.readouterr().err.strip().endswith("[bad_city]")


def test_a_sample_is_compared(city: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["compare", POLICY, "--payments", str(city), "--sample", "3000"])
    assert comparison.main() == 0
    output = capsys.readouterr().out
    assert output.startswith("incheon-2022-10-01: 3,")
    assert ", 0 differ;" in output


def test_a_difference_is_reported(
    city: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def one_won_more(windows: Windows, stretch: Stretch) -> str:
        return right(windows, stretch).replace(" AS layer_0,", " + 1 AS layer_0,")

    right = Windows.statement_of
    monkeypatch.setattr(Windows, "statement_of", one_won_more)
    monkeypatch.setattr("sys.argv", ["compare", POLICY, "--payments", str(city), "--sample", "1000"])
    assert comparison.main() == 1
    assert ", 0 differ;" not in capsys.readouterr().out


def test_the_case_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_2021, "VARIANTS", (Spend(),))
    monkeypatch.setattr("sys.argv", ["case", str(tmp_path), "--policies", str(INCHEON), "--share", "2"])
    assert case_2021.main() == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        *("case_2021.csv", "case-2020.png", "case-2020.svg", "case-2021.png", "case-2021.svg"),
    }
    assert (tmp_path / "case_2021.csv").read_text().splitlines()[1].startswith("1.20,0.60,0.07,")


def test_parts_are_measured(city: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for part in ("window-sum", "window-sum-by-month"):
        monkeypatch.setattr("sys.argv", ["measure", str(city), "--part", part])
        assert measurement.main() == 0
        assert " payments" in capsys.readouterr().out
