"""Write the outcomes of a dry run as lines for people and as JSON."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from eeum.calendar import SEOUL
from eeum.dry_run.outcomes import WHY_NOT, LayerOutcome, Left, Outcome
from eeum.policy.rules import AT_PAYMENT, AT_TOP_UP, RewardKind
from eeum.wallet.rules import Purse

_WHAT = {
    RewardKind.CASHBACK: "cashback",
    RewardKind.PAYBACK: "payback",
    RewardKind.DISCOUNT: "off the price",
    RewardKind.TOP_UP_BONUS: "bonus",
    RewardKind.TOP_UP_DISCOUNT: "off what the bank takes",
}


def lines_of(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield lines for each event with its rewards, and last the totals."""
    for number, outcome in enumerate(outcomes, start=1):
        yield from _event(number, outcome)
    totals = {kind: sum(outcome.won(kind) for outcome in outcomes) for kind in RewardKind}
    rewards = ", ".join(f"{won:,} won {_WHAT[kind]}" for kind, won in totals.items() if won) or "nothing"
    funders = ", ".join(f"{name} {won:,}" for name, won in _funders(outcomes).items())
    yield f"In all: {rewards}{f' (funded by {funders})' if funders else ''}"


def _word(outcome: Outcome) -> str:
    if outcome.event.cancels is not None:
        return "cancel"
    return "top_up" if outcome.event.is_top_up else "payment"


def _event(number: int, outcome: Outcome) -> Iterator[str]:
    event = outcome.event
    when = event.at.astimezone(SEOUL).strftime("%Y-%m-%d (%a) %H:%M:%S")
    if event.cancels is not None:
        yield from _cancellation(f"{number}. {when}", outcome)
        return
    what = "top-up" if event.is_top_up else "payment"
    yield f"{number}. {when}  {what} of {event.amount:,} won{f' at {event.shop}' if event.shop else ''}  [{outcome.policy}]"
    if outcome.declined:
        yield f"     declined: {outcome.declined}"
        return
    if event.is_top_up or outcome.price != event.amount:
        yield f"     paid: {outcome.price:,} won"
    if not event.is_top_up and [name for name, _ in outcome.paid_from] != ["charged"]:
        paid = ", ".join(f"{name} {won:,}" for name, won in outcome.paid_from)
        yield f"     from {paid}; {outcome.base:,} won of it may earn"
    width = max((len(layer.layer) for layer in outcome.layers), default=0)
    for layer in outcome.layers:
        yield f"     {layer.layer:<{width}}  {_layer(layer, outcome)}"
    left = [_left(each) for each in outcome.limits]
    left += [f"pool {_left(each)}" for each in outcome.pools]
    if left:
        yield f"     left: {'; '.join(left)}"


def _cancellation(begins: str, outcome: Outcome) -> Iterator[str]:
    event = outcome.event
    won = f" of {event.amount:,} won" if event.amount else ""
    yield f"{begins}  cancellation{won} of event {event.cancels}  [{outcome.policy}]"
    if outcome.declined:
        yield f"     refused: {outcome.declined}"
        return
    back = ", ".join(f"{name} {won:,}" for name, won in outcome.paid_from)
    yield f"     back: {outcome.price:,} won{f' to {back}' if back else ''}"
    for change in outcome.changes:
        yield f"     {change.layer}  {change.won:+,} won for event {change.event}"
    left = [_left(each) for each in outcome.limits] + [f"pool {_left(each)}" for each in outcome.pools]
    if left:
        yield f"     left: {'; '.join(left)}"


def _layer(layer: LayerOutcome, outcome: Outcome) -> str:
    if layer.why_not:
        return f"nothing: {WHY_NOT[layer.why_not]}"
    words = [f"{layer.won:,} won {_WHAT[layer.reward_kind]}"]
    if layer.purse is not None and layer.purse.id != "cashback":
        words.append(_purse(layer.purse))
    base = outcome.event.amount if layer.reward_kind in AT_PAYMENT | AT_TOP_UP else outcome.base
    if layer.accepted != base:
        words.append(f"on {layer.accepted:,} of {base:,} won")
    words += [f"{cut.won:,} won less by {cut.by.replace('_', ' ')}" for cut in layer.cuts]
    words.append(f"funded by {', '.join(f'{name} {won:,}' for name, won in layer.funders)}")
    return ", ".join(words)


def _purse(purse: Purse) -> str:
    words = [f"into {purse.id}"]
    if purse.spendable_from:
        words.append(f"spendable from {purse.spendable_from:%Y-%m-%d %H:%M} on")
    if purse.expires_at:
        words.append(f"gone at {purse.expires_at:%Y-%m-%d %H:%M}")
    return " ".join(words)


def _left(each: Left) -> str:
    carried = f" + {each.carried:,} carried over" if each.carried else ""
    if each.left is None:
        return f"{each.id} counts {each.used:,} ({each.window})"
    return f"{each.id} {each.left:,} of {each.amount:,}{carried} ({each.window})"


def _funders(outcomes: Iterable[Outcome]) -> dict[str, int]:
    total: dict[str, int] = {}
    for outcome in outcomes:
        for name, won in outcome.funders.items():
            total[name] = total.get(name, 0) + won
    return total


def json_of(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the outcomes as JSON for a program; amounts are in won, instants in Seoul time."""
    return {"events": [_json_of(outcome) for outcome in outcomes], "funders": _funders(outcomes)}


def _json_of(outcome: Outcome) -> dict[str, Any]:
    event = outcome.event
    return {
        "at": event.at.astimezone(SEOUL).isoformat(),
        _word(outcome): event.amount,
        "policy": outcome.policy,
        "declined": outcome.declined,
        "paid": outcome.price,
        "paid_from": dict(outcome.paid_from),
        "base": outcome.base,
        "layers": [_layer_as_json(layer) for layer in outcome.layers],
        "limits": [_left_as_json(each) for each in outcome.limits],
        "pools": [_left_as_json(each) for each in outcome.pools],
        **({"cancels": event.cancels, "changes": _changes_as_json(outcome)} if event.cancels is not None else {}),
    }


def _changes_as_json(outcome: Outcome) -> list[dict[str, Any]]:
    return [{"event": each.event, "layer": each.layer, "won": each.won} for each in outcome.changes]


def _layer_as_json(layer: LayerOutcome) -> dict[str, Any]:
    purse = None
    if layer.purse is not None:
        start, end = layer.purse.spendable_from, layer.purse.expires_at
        purse = {
            "id": layer.purse.id,
            "spendable_from": start.isoformat() if start else None,
            "expires_at": end.isoformat() if end else None,
        }
    return {
        "layer": layer.layer,
        "gives": layer.reward_kind.value,
        "won": layer.won,
        "accepted": layer.accepted,
        "funders": dict(layer.funders),
        "purse": purse,
        "cuts": [{"by": cut.by, "won": cut.won} for cut in layer.cuts],
        "why_not": layer.why_not,
    }


def _left_as_json(each: Left) -> dict[str, Any]:
    return {
        "id": each.id,
        "window": each.window,
        "used": each.used,
        "amount": each.amount,
        "carried": each.carried,
        "left": each.left,
    }
