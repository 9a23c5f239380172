"""Find faults in generated Korean sentences: ids of documents, and particles that do not fit.

It shares no code with `eeum.policy.wording`: it reads sounds by decomposing syllables, and digits and letters by their names.
"""

import re
import unicodedata
from collections.abc import Iterator

NAME = re.compile(r"(?!e[음몰])[a-z][a-z0-9_-]*")
"""An id of a document, or a lower-case Latin word; e음 and e몰 are Korean."""
_CALLED = dict(zip("0123456789", "영일이삼사오육칠팔구", strict=True)) | dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (
            *("에이", "비", "씨", "디", "이", "에프", "지", "에이치", "아이", "제이", "케이", "엘", "엠"),
            *("엔", "오", "피", "큐", "알", "에스", "티", "유", "브이", "더블유", "엑스", "와이", "제트"),
        ),
        strict=True,
    )
)
_CALLED["%"] = "퍼센트"
_PARTICLE = re.compile(r"(.*?[가-힣0-9A-Za-z%”)])(으로|로|은|는|이|가|을|를|과|와)")
_NO_PARTICLE = frozenset(
    {
        *("받는", "없는", "있는", "않는", "넘는", "붙는", "같은", "높은", "낮은", "많은", "적은", "남은"),
        *("어느", "없이", "나이", "초과", "그대로", "서로", "따로", "하늘페이"),
        *("이", "가", "로", "과", "와", "은", "는", "을"),
    }
)
"""Words that only look like they end in a particle: verbs before a noun, adverbs, and nouns."""


def faults_in(sentence: str) -> Iterator[str]:
    for found in NAME.finditer(sentence):
        yield f"{found.group()} in: {sentence}"
    for token in sentence.split():
        read = token.strip(".,:;“‘—·")
        particle = _PARTICLE.fullmatch(read)
        if particle and read not in _NO_PARTICLE and not _fits(particle[1], particle[2]):
            yield f"{particle[2]} after {particle[1]} in: {sentence}"


def _fits(text: str, particle: str) -> bool:
    final = _final(text)
    if particle in ("으로", "로"):
        return (particle == "로") is (final in ("", "ᆯ"))
    return (particle in ("은", "이", "을", "과")) is bool(final)


def _final(text: str) -> str:
    """The final consonant of the last syllable as it is spoken, or nothing."""
    spoken = re.sub(r"\([^()]*\)$", "", text).rstrip("”’)")
    last = _CALLED.get(spoken[-1:].upper(), spoken[-1:])
    jamo = unicodedata.normalize("NFD", last)[-1:]
    return jamo if "ᆨ" <= jamo <= "ᇂ" else ""
