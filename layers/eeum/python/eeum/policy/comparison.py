"""Compare two policies: every difference in plain Korean and English, and whether it is better for members."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from eeum.money import LARGEST_AMOUNT
from eeum.policy.names import Names
from eeum.policy.plain import Statement, statements_of
from eeum.policy.plain_layers import given_at
from eeum.policy.wording import AND, Plain, joined, listed

LISTS = ("layers", "limits", "pools", "groups", "purses", "rows")
"""Lists of a document whose elements, each with an id, are added and removed as a whole."""


class Kind(StrEnum):
    NEW = "new"
    ENDS = "ends"
    BETTER = "better"
    LESS = "less"
    CHANGES = "changes"


_NAMES_OF_KINDS: Mapping[Kind, Plain] = {
    Kind.NEW: Plain("신설", "New"),
    Kind.ENDS: Plain("종료", "Ends"),
    Kind.BETTER: Plain("확대", "Better"),
    Kind.LESS: Plain("축소", "Less"),
    Kind.CHANGES: Plain("변경", "Changes"),
}


class Change(NamedTuple):
    """One difference. `about` is the part's path: `layers.base` when all of it was added or removed, else `layers.base.when`."""

    kind: Kind
    about: str
    says: Plain


def explained(document: Mapping[str, Any]) -> list[Statement]:
    """The statements of a document, without those that are as usual."""
    return [statement for statement in statements_of(document) if not statement.silent]


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Every difference between two documents: first in the order of `after`, then what ends. Equal documents have none."""
    names = Names(after, before)
    earlier = {statement.about: statement for statement in statements_of(before, names)}
    later = {statement.about: statement for statement in statements_of(after, names)}
    went = {_whole(about) for about in earlier} - {_whole(about) for about in later}
    came = {_whole(about) for about in later} - {_whole(about) for about in earlier}
    changes = []
    for about, statement in later.items():
        whole = _whole(about)
        if whole in came:
            came.discard(whole)
            changes.append(_of_whole(Kind.NEW, whole, later))
        elif about in earlier:
            changes += _changed(earlier[about], statement)
    ended: set[str] = set()
    for about in earlier:
        whole = _whole(about)
        if whole in went and whole not in ended:
            ended.add(whole)
            changes.append(_of_whole(Kind.ENDS, whole, earlier))
    return changes


def _whole(about: str) -> str:
    """The path of the part that is added or removed as a whole, such as a layer."""
    first, _, rest = about.partition(".")
    return f"{first}.{rest.partition('.')[0]}" if first in LISTS and rest else about


def _of_whole(kind: Kind, whole: str, statements: Mapping[str, Statement]) -> Change:
    own = [each for about, each in statements.items() if _whole(about) == whole]
    text = joined([each.says for each in own if not each.silent] or [own[0].says])
    return Change(kind, whole, _sentence(kind, own[0].subject, text))


def _changed(before: Statement, after: Statement) -> Iterator[Change]:
    if after.members is not None and before.members is not None:
        yield from _of_set(before, after, before.members, after.members)
    elif before.says != after.says:
        kind = _direction(before, after)
        same = after.about.startswith("limits.") and after.rank is not None and after.rank == before.rank
        says = Plain(f"{after.says.ko} (그 전에는 {before.says.ko})", f"{after.says.en} (until then: {before.says.en})")
        if same and before.like == after.like:  # the limit moved above its last band
            says = Plain(f"{says.ko}. 받는 혜택은 그대로임", f"{says.en}; the benefit stays the same")
        yield Change(kind, after.about, _sentence(kind, after.subject, says))


def _of_set(
    before: Statement, after: Statement, earlier: Mapping[str, Plain], later: Mapping[str, Plain]
) -> Iterator[Change]:
    """Show only added and removed elements, since a city may know a thousand categories."""
    came = [later[name] for name in sorted(later.keys() - earlier.keys())]
    went = [earlier[name] for name in sorted(earlier.keys() - later.keys())]
    if came:
        text = listed(came, AND)
        kind = _better_or_less(after.like)
        yield Change(
            kind, after.about, _sentence(kind, after.subject, Plain(f"{text.ko} 추가", f"{text.en} are added"))
        )
    if went:
        text = listed(went, AND)
        kind = _better_or_less(None if before.like is None else not before.like)
        yield Change(
            kind, after.about, _sentence(kind, after.subject, Plain(f"{text.ko} 제외", f"{text.en} are removed"))
        )


def _better_or_less(better: object) -> Kind:
    return Kind.CHANGES if better is None else Kind.BETTER if better else Kind.LESS


def _direction(before: Statement, after: Statement) -> Kind:
    """Better or less where that holds for every member; otherwise a plain change."""
    if before.rank is None or after.rank is None or before.like != after.like:
        return Kind.CHANGES
    if isinstance(before.rank, tuple) and isinstance(after.rank, tuple):
        edges = sorted({start for start, _ in (*before.rank, *after.rank)})
        # Both curves are straight between edges, so comparing them at the edges and the largest amount is enough.
        places = [*edges, LARGEST_AMOUNT]
        differences = [given_at(after.rank, place) - given_at(before.rank, place) for place in places]
        gains, losses = (any(sign * difference > 0 for difference in differences) for sign in (1, -1))
        # Neither gains nor losses: the same reward in other bands.
        return Kind.CHANGES if gains == losses else Kind.BETTER if gains else Kind.LESS
    if isinstance(before.rank, tuple) or isinstance(after.rank, tuple) or before.rank == after.rank:
        return Kind.CHANGES
    return Kind.BETTER if after.rank > before.rank else Kind.LESS


def _sentence(kind: Kind, subject: Plain, says: Plain) -> Plain:
    name = _NAMES_OF_KINDS[kind]
    return Plain(f"{name.ko} — {subject.ko}: {says.ko}", f"{name.en}: {subject.en}: {says.en}")
