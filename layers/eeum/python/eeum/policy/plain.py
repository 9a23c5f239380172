"""State a policy in plain Korean and English: a sentence for each part of its document, for members.

Every word of the language has a sentence; a test checks that against the published schema. A part that is as usual (no condition, no
limit) is `silent`: it is shown only when it changes.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from math import gcd
from typing import Any, NamedTuple

from eeum.policy.names import Names, title_of
from eeum.policy.plain_conditions import clause
from eeum.policy.plain_layers import Curve, furthest, gives_of
from eeum.policy.wording import (
    AND,
    FUNDERS,
    PURSES,
    Plain,
    as_written,
    instant,
    joined,
    listed,
    window,
    with_particle,
    won,
    word,
)


class Statement(NamedTuple):
    """The sentence of one part of a document.

    `about` is the part's path, with ids in place of numbers: `layers.base.funders`. `members` are the elements of a set; when it
    changes, only added and removed elements are shown. `rank` says how good the part is for members, a number or a curve
    (`eeum.policy.plain_layers`); two ranks compare when their `like` is equal. For a set, `like` says whether more elements are better.
    """

    about: str
    subject: Plain
    says: Plain
    silent: bool = False
    members: Mapping[str, Plain] | None = None
    rank: float | Curve | None = None
    like: object = None


_NO_END = Plain("정해지지 않음", "not set")
_UNLIMITED = float("inf")
_NAMED: Mapping[str, Plain] = {
    "districts": Plain("지역 이름", "Names of districts"),
    "categories": Plain("업종 이름", "Names of categories"),
    "flags": Plain("가맹점 표시 이름", "Names of flags"),
    "card_products": Plain("카드 이름", "Names of cards"),
    "card_issuers": Plain("카드 발급사 이름", "Names of card issuers"),
    "member_classes": Plain("가입자 구분 이름", "Names of member classes"),
}


def statements_of(document: Mapping[str, Any], names: Names | None = None) -> list[Statement]:
    """All statements of a document, in its own order; pass `names` to compare it with another document."""
    names = names or Names(document)
    return [
        *_of_version(document),
        *(each for layer in document["layers"] for each in _of_layer(layer, names)),
        _order(document["layers"], names),
        *(
            each
            for limit in document.get("limits", ())
            for each in _of_limit(limit, furthest(document, limit["id"]), names)
        ),
        *(each for pool in document.get("pools", ()) for each in _of_pool(pool, names)),
        *(each for group in document.get("groups", ()) for each in _of_group(group, names)),
        *(each for purse in document.get("purses", ()) for each in _of_purse(purse, names)),
        *_of_wallet(document["wallet"], names),
        *_of_merchants(document["merchants"], names),
        *_of_names(document),
        *(_of_row(row) for row in document.get("rows", ())),
    ]


def _of_version(document: Mapping[str, Any]) -> Iterator[Statement]:
    yield Statement("title", Plain("이름", "Name"), title_of(document))
    yield Statement("programme", Plain("사업 식별자", "Programme"), as_written([document["programme"]]))
    yield Statement("version", Plain("정책 식별자", "Version"), as_written([document["version"]]))
    yield Statement("language", Plain("정책 언어 판", "Language"), as_written([str(document["language"])]), silent=True)
    yield Statement("starts_at", Plain("시작", "From"), instant(document["starts_at"]))
    ends_at = document.get("ends_at")
    yield Statement(
        "ends_at",
        Plain("종료", "Until"),
        instant(ends_at) if ends_at is not None else _NO_END,
        silent=ends_at is None,
        rank=datetime.fromisoformat(ends_at).timestamp() if ends_at is not None else _UNLIMITED,
    )
    yield _set(
        "earns_from",
        Plain("혜택이 붙는 잔액", "Purses that earn"),
        {name: word(PURSES, name) for name in document["earns_from"]},
        better=True,
    )


# --- layers ---------------------------------------------------------------------------------------------------------------


def _of_layer(layer: Mapping[str, Any], names: Names) -> Iterator[Statement]:
    about, subject = f"layers.{layer['id']}", title_of(layer)

    def statement(part: str, says: Plain, **more: Any) -> Statement:
        return Statement(f"{about}.{part}", subject, says, **more)

    gives, rank, like = gives_of(layer)
    yield statement("gives", gives, rank=rank, like=like)
    when = layer.get("when")
    holds = clause(when, names) if when is not None else None
    yield statement(
        "when",
        Plain(f"조건은 {holds.ko}", f"when {holds.en}") if holds else Plain("조건 없음", "always"),
        silent=holds is None,
    )
    most = layer.get("most_at_once")
    yield statement(
        "most_at_once",
        _most(most) if most is not None else Plain("1회 최대 금액 없음", "no maximum at once"),
        silent=most is None,
    )
    limits = names.parts("limits", layer.get("limits", ()))
    yield statement(
        "limits",
        Plain(f"{limits.ko} 안에서", f"within {limits.en}") if limits.en else Plain("한도 없음", "without a limit"),
        silent=not limits.en,
    )
    everything = layer.get("counts", "accepted") == "all"
    yield statement(
        "counts",
        Plain("모든 이용액을 한도에 셈", "every payment uses its limits")
        if everything
        else Plain("혜택이 붙는 이용액만 한도에 셈", "only what earns uses its limits"),
        silent=not everything,
    )
    into, usual = _into(layer, names)
    yield statement("into", into, silent=usual)
    group = layer.get("exclusive")
    yield statement(
        "exclusive",
        _one_of(names.part("groups", group))
        if group is not None
        else Plain("다른 혜택과 함께 받음", "together with any other"),
        silent=group is None,
    )
    pools = names.parts("pools", layer.get("pools", ()))
    yield statement(
        "pools",
        Plain(f"{pools.ko} 안에서 선착순", f"while {pools.en} lasts")
        if pools.en
        else Plain("공동 한도 없음", "from no pool"),
        silent=not pools.en,
    )
    yield statement("funders", _funders(layer["funders"]))
    yield statement("title", _called(subject), silent=True)


def _most(most: int) -> Plain:
    text = won(most)
    return Plain(f"한 번에 최대 {text.ko}", f"at most {text.en} at once")


def _one_of(group: Plain) -> Plain:
    return Plain(f"{group.ko} 가운데 하나만 받음", f"one of the group {group.en} only")


def _into(layer: Mapping[str, Any], names: Names) -> tuple[Plain, bool]:
    """The purse of the reward, and whether it is the usual one."""
    into = layer.get("into", "cashback")
    if into in ("cashback", "charged"):
        purse = word(PURSES, into)
        return Plain(f"{with_particle(purse.ko, '으로/로')} 받음", f"into {purse.en}"), into == "cashback"
    return Plain(f"{with_particle(names.part('purses', into).ko, '으로/로')} 받음", f"into the purse {into}"), False


def _funders(funders: Sequence[Mapping[str, Any]]) -> Plain:
    """The funders in the order listed, which rounding follows, with shares in lowest terms: 4 and 2 become 2 and 1."""
    part = gcd(*(funder["share"] for funder in funders))
    shares = [funder["share"] // part for funder in funders]
    who = [word(FUNDERS, funder["funder"]) for funder in funders]
    if len(who) == 1:
        return Plain(f"재원은 {who[0].ko}", f"paid by {who[0].en}")
    parts = [Plain(f"{name.ko} {share:,}", f"{name.en} {share:,}") for name, share in zip(who, shares, strict=True)]
    text = joined(parts, " : ")
    return Plain(f"재원은 {text.ko}", f"paid by {text.en}")


def _order(layers: Sequence[Mapping[str, Any]], names: Names) -> Statement:
    """The order of the layers, in which limits, groups and pools are used."""
    ids = [each["id"] for each in layers]
    text = Plain(names.parts("layers", ids).ko, as_written(ids).en)
    return Statement("layers", Plain("계산 순서", "Computed in this order"), text, True)


# --- what layers refer to -------------------------------------------------------------------------------------------------


def _of_limit(limit: Mapping[str, Any], end: float, names: Names) -> Iterator[Statement]:
    """The statements of a limit. `end` is the won at which the bands read on it end; a larger amount gives nothing more."""
    amount, span = limit.get("amount"), window(limit)
    what = {
        "spend": Plain("쓰는 금액", "of spend"),
        "reward": Plain("받는 혜택", "of benefits"),
        "top_up": Plain("충전하는 금액", "topped up"),
    }.get(limit["measure"], Plain("사용", limit["measure"]))
    if amount is None:
        says = Plain(
            f"{span.ko} {what.ko} 제한 없이 세기만 함", f"any amount {what.en} {span.en}, which is only counted"
        )
    else:
        says = Plain(f"{span.ko} {what.ko} {won(amount).ko}까지", f"up to {won(amount).en} {what.en} {span.en}")
    carried = limit.get("carries_over_from")
    most = _UNLIMITED if amount is None else amount
    # With what carries over, usage may reach twice the amount.
    reached = min(most, end) if limit["measure"] != "reward" and carried is None else most
    if carried is not None:
        since = instant(carried)
        says = Plain(
            f"{says.ko}. 다 쓰지 않은 한도는 다음 기간에 한 번 더해짐({since.ko} 이후에 시작하는 기간부터)",
            f"{says.en}; what is left is added to the next window once, of windows that begin at {since.en} or later",
        )
    name = names.part("limits", limit["id"])
    subject = Plain(name.ko, f"Limit {name.en}")
    yield Statement(f"limits.{limit['id']}", subject, says, rank=reached, like=(limit["measure"], span, carried))
    yield _titled(f"limits.{limit['id']}", subject, limit)


def _titled(about: str, subject: Plain, part: Mapping[str, Any]) -> Statement:
    """The title of a part whose title is optional: shown only when it changes."""
    if part.get("title") is None:
        return Statement(f"{about}.title", subject, Plain("이름 없음", "without a title"), silent=True)
    return Statement(f"{about}.title", subject, _called(title_of(part)), silent=True)


def _called(title: Plain) -> Plain:
    return Plain(f"이름은 “{title.ko}”", f"called “{title.en}”")


def _of_pool(pool: Mapping[str, Any], names: Names) -> Iterator[Statement]:
    amount, span = won(pool["amount"]), window(pool)
    name = names.part("pools", pool["id"])
    subject = Plain(name.ko, f"Pool {name.en}")
    yield Statement(
        f"pools.{pool['id']}",
        subject,
        Plain(
            f"도시 전체에 {span.ko} {amount.ko}, 선착순",
            f"{amount.en} {span.en} for the whole city, first come, first served",
        ),
        rank=pool["amount"],
        like=span,
    )
    yield _titled(f"pools.{pool['id']}", subject, pool)


def _of_group(group: Mapping[str, Any], names: Names) -> Iterator[Statement]:
    highest = group["counts"] == "highest"
    name = names.part("groups", group["id"])
    subject = Plain(name.ko, f"Group {name.en}")
    yield Statement(
        f"groups.{group['id']}",
        subject,
        Plain("그중 가장 큰 혜택 하나만 받음", "only its highest counts")
        if highest
        else Plain(
            "그중 적용되는 첫 번째 혜택 하나만 계산하며, 그 금액이 0원이어도 다른 혜택은 없음",
            "only the first that applies counts, even where it gives nothing",
        ),
    )
    yield _titled(f"groups.{group['id']}", subject, group)


def _have_passed(count: int, period: str) -> str:
    return f"{period} has passed" if count == 1 else f"{period}s have passed"


def _of_purse(purse: Mapping[str, Any], names: Names) -> Iterator[Statement]:
    about, title = f"purses.{purse['id']}", title_of(purse)
    subject = Plain(f"적립금 “{names.part('purses', purse['id']).ko}”", f"Purse {purse['id']} ({title.en})")
    expires = purse.get("expires_after") or {}
    if expires.get("months") is not None:
        count = expires["months"]
        says = Plain(
            f"받은 날부터 {count}개월이 되는 달의 말일까지 쓸 수 있음",
            f"to be spent by the end of the month in which {count} {_have_passed(count, 'month')} since it was earned",
        )
    elif expires.get("years") is not None:
        count = expires["years"]
        says = Plain(
            f"받은 날부터 {count}년이 되는 해의 말일까지 쓸 수 있음",
            f"to be spent by the end of the year in which {count} {_have_passed(count, 'year')} since it was earned",
        )
    else:
        says = Plain("유효기간 없음", "does not expire")
    yield Statement(f"{about}.expires_after", subject, says, silent=not expires)
    where = purse.get("spendable_at")
    there = clause(where, names) if where is not None else None
    yield Statement(
        f"{about}.spendable_at",
        subject,
        Plain(f"쓸 수 있는 곳은 {there.ko}", f"to be spent when {there.en}")
        if there
        else Plain("어느 가맹점에서나 쓸 수 있음", "to be spent anywhere"),
        silent=there is None,
    )
    yield Statement(f"{about}.title", subject, _called(title))


# --- wallets, merchants, sources ------------------------------------------------------------------------------------------


def _of_wallet(wallet: Mapping[str, Any], names: Names) -> Iterator[Statement]:
    amounts = {
        "minimum_top_up": (Plain("최소 충전 금액", "Smallest top-up"), -1),
        "holding_limit": (Plain("보유 한도", "Most that a wallet may hold"), 1),
        "holding_limit_verified": (Plain("본인 확인 후 보유 한도", "Most that a verified member's wallet may hold"), 1),
    }
    for name, (subject, sign) in amounts.items():
        yield Statement(f"wallet.{name}", subject, won(wallet[name]), rank=sign * wallet[name])
    first = wallet.get("spends_first", "member_chooses")
    yield Statement(
        "wallet.spends_first",
        Plain("먼저 쓰는 잔액", "Spent first"),
        Plain("가입자가 선택", "what the member chooses") if first == "member_chooses" else word(PURSES, first),
        silent=first == "member_chooses",
    )
    limits = names.parts("limits", wallet.get("top_up_limits", ()))
    yield Statement(
        "wallet.top_up_limits",
        Plain("충전 한도", "Top-ups"),
        Plain(f"{with_particle(limits.ko, '을/를')} 넘으면 거절", f"declined beyond {limits.en}")
        if limits.en
        else Plain("한도 없음", "not limited"),
        silent=not limits.en,
    )


def _of_merchants(merchants: Mapping[str, Any], names: Names) -> Iterator[Statement]:
    subjects = {
        "districts": (Plain("지역", "Districts"), True),
        "categories": (Plain("업종", "Categories"), True),
        "flags": (Plain("가맹점 표시", "Flags of shops"), None),
        "excluded_categories": (Plain("결제할 수 없는 업종", "Categories that do not accept payments"), False),
    }
    for name, (subject, better) in subjects.items():
        kind = "categories" if name == "excluded_categories" else name
        values = {each: names.value(kind, each) for each in merchants.get(name, ())}
        yield _set(f"merchants.{name}", subject, values, better=better)
    most = merchants.get("excluded_above_revenue")
    subject = Plain("결제할 수 없는 가맹점", "Shops that do not accept payments")
    says = (
        Plain(f"연매출 {won(most).ko} 초과", f"those with sales of more than {won(most).en} a year")
        if most is not None
        else Plain("연매출 제한 없음", "no shop because of its sales")
    )
    yield Statement(
        "merchants.excluded_above_revenue",
        subject,
        says,
        silent=most is None,
        rank=most if most is not None else _UNLIMITED,
    )


def _of_names(document: Mapping[str, Any]) -> Iterator[Statement]:
    """The city's own names for use in sentences: shown only when they change."""
    given = document.get("names") or {}
    for kind, subject in _NAMED.items():
        own = {name: title_of({"title": title}) for name, title in sorted((given.get(kind) or {}).items())}
        text = Plain(
            ", ".join(title.ko for title in own.values()) or "따로 정하지 않음",
            ", ".join(f"{name} is {title.en} ({title.ko})" for name, title in own.items()) or "none of its own",
        )
        yield Statement(f"names.{kind}", subject, text, silent=True)


def _set(about: str, subject: Plain, of: Mapping[str, Plain], better: bool | None) -> Statement:
    """The statement of a set. `better` says whether more elements are better for members; None: neither."""
    members = dict(sorted(of.items()))
    return Statement(about, subject, listed(members.values(), AND), not members, members, like=better)


def _of_row(row: Mapping[str, Any]) -> Statement:
    parts = [f"({row['trust']})", *row.get("sources", ()), *([row["note"]] if row.get("note") else [])]
    return Statement(
        f"rows.{row['id']}", Plain(f"근거 {row['id']}", f"Published as {row['id']}"), as_written(parts), silent=True
    )
