"""State a layer's reward in plain Korean and English, and compare rewards of the same kind."""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

from eeum.policy.wording import MISSING, Plain, joined, rate, won

Curve = tuple[tuple[int, int], ...]
"""The won of spend at which each rate begins, and the rate in basis points; the last has no end."""

_OWN_RATE = Plain("가맹점이 정한 비율", "the shop's own rate")
_ACTS: Mapping[str, Plain] = {
    "cashback": Plain("결제 뒤 캐시백", "back after payment"),
    "payback": Plain("다음 달 1일부터 쓰는 익월 페이백", "paid back, to be spent from the next month on"),
    "discount": Plain("결제할 때 할인", "off the price when paying"),
    "top_up_bonus": Plain("충전 인센티브", "on top of a top-up"),
    "top_up_discount": Plain("충전할 때 할인", "off the price of a top-up"),
}


def gives_of(layer: Mapping[str, Any]) -> tuple[Plain, Curve | None, object]:
    """The layer's reward in words; its curve, where comparable, else None; and a key that must be equal in two compared layers."""
    act = layer.get("gives", "cashback")
    acts = _ACTS.get(act, Plain("혜택", act))
    steps = layer.get("steps")
    if steps is not None:
        text = _steps(steps)
        return Plain(f"{acts.ko}: {text.ko}", f"{text.en}, {acts.en}"), None, None
    bands = layer.get("bands") or ()
    if not bands:
        return Plain(f"{acts.ko}: 없음", f"nothing, {acts.en}"), None, None
    text = joined([_band(band) for band in bands])
    return Plain(f"{acts.ko}: {text.ko}", f"{text.en}, {acts.en}"), curve(bands), (act, "bands")


def _band(band: Mapping[str, Any]) -> Plain:
    given = band["rate_basis_points"]
    percent = rate(given) if isinstance(given, int) else _OWN_RATE
    start, end = won(band["from"]), band.get("up_to")
    if end is None:
        if band["from"] == 0:
            return Plain(f"전액 {percent.ko}", f"{percent.en} of all")
        return Plain(f"{start.ko}부터 {percent.ko}", f"{percent.en} from {start.en} on")
    until = won(end)
    if band["from"] == 0:
        return Plain(f"{until.ko}까지 {percent.ko}", f"{percent.en} up to {until.en}")
    return Plain(f"{start.ko}부터 {until.ko}까지 {percent.ko}", f"{percent.en} from {start.en} to {until.en}")


def _steps(steps: Mapping[str, Any]) -> Plain:
    each = (
        Plain("한 번에", "each time")
        if steps["per"] == "payment"
        else Plain("한도 기간의 누적 금액으로", "on the total of the limit's window")
    )
    if steps.get("every") is not None:
        every, gives = won(steps["every"]), won(steps["gives"]) if steps.get("gives") is not None else MISSING
        return Plain(f"{each.ko} {every.ko}마다 {gives.ko}", f"{gives.en} for every {every.en}, {each.en}")
    parts = []
    for step in steps.get("reached") or ():
        start, gives = won(step["from"]), won(step["gives"])
        parts.append(Plain(f"{start.ko} 이상이면 {gives.ko}", f"{gives.en} from {start.en}"))
    text = joined(parts)
    return Plain(f"{each.ko} {text.ko}(가장 높은 것 하나)", f"{text.en}, the highest reached, {each.en}")


def curve(bands: Sequence[Mapping[str, Any]]) -> Curve | None:
    """The bands as (start in won, rate), with a rate of zero after the last; None where the shop chooses a rate."""
    points: list[tuple[int, int]] = []
    for band in bands:
        if not isinstance(band["rate_basis_points"], int):
            return None
        points.append((band["from"], band["rate_basis_points"]))
    end = bands[-1].get("up_to")
    if end is not None:
        points.append((end, 0))
    return tuple(points)


def given_at(points: Curve, spend: int) -> int:
    """The reward for `spend` won from the start of the window, in ten-thousandths of a won."""
    total = 0
    for position, (start, basis_points) in enumerate(points):
        end = points[position + 1][0] if position + 1 < len(points) else spend
        total += max(min(end, spend) - start, 0) * basis_points
    return total


def furthest(document: Mapping[str, Any], limit_id: str) -> float:
    """The limit's usage in won up to which some layer gives a reward.

    Infinite where a layer's last band has no end, or a layer lists the limit and reads no bands on it.
    """
    ends = []
    counting = {limit["id"] for limit in document.get("limits") or () if limit["measure"] != "reward"}
    for layer in document["layers"]:
        listed = layer.get("limits") or ()
        if limit_id in listed:
            first = next((each for each in listed if each in counting), None)
            bands = (layer.get("bands") or ()) if first == limit_id else ()
            above_zero = [band for band in bands if band["rate_basis_points"] != 0]
            end = above_zero[-1].get("up_to") if above_zero else 0
            ends.append(inf if not bands or end is None else end)
    return max(ends, default=inf)
