"""Explain faults in a document's shape to its author: the value found, what is allowed, and an example."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from eeum.policy.dates import INSTANT_RANGE
from eeum.policy.document_conditions import FORMS
from eeum.policy.document_values import Part
from eeum.text import LINE, LINE_WANTED

EXAMPLES: Mapping[str, str] = {
    "rate_basis_points": "In basis points: 10 % is 1000, 7.5 % is 750.",
    "amount": "In whole won, without commas: 300000.",
    "earns_from": 'Which purses earn, such as ["charged"].',
    "funders": 'Who pays, such as [{"funder": "city", "share": 1}].',
    "share": "A proportion: 2 and 1, or 94 and 101.",
    "title": 'In Korean, and in English if you like: {"ko": "10% 캐시백", "en": "10 % back"}.',
    "when": 'Such as {"fact": "channel", "in": ["taxi"]}; several are {"all": [ … ]}.',
    "bands": 'Such as [{"from": 0, "up_to": 300000, "rate_basis_points": 1000}].',
    "window": "There is none of a day or a week: docs/policy-language/limits.md.",
    "expires_after": 'Such as {"months": 2}.',
    "limits": "Define the limits in the document's limits; layers list their ids.",
}
"""Examples by the word that a value belongs to."""

INSTEAD: Mapping[str, str] = {
    "rate": "rate_basis_points",
    "percent": "rate_basis_points",
    "to": "up_to",
    "max": "most_at_once for one payment, or a limit of reward for a window",
    "cap": "most_at_once for one payment, or a limit of reward for a window",
    "min": "a condition on amount, in when",
    "minimum": "a condition on amount, in when",
    "type": "gives",
    "condition": "when",
    "conditions": "when",
    "if": "when",
    "days": "months: an expiry by the day cannot be said",
    "name": "title",
    "start": "from",
    "end": "until",
    "group": "exclusive",
    "purse": "into",
    "pool": "pools",
    "limit": "limits",
}
"""The word to use, by words that authors try and the language does not have."""

MOST_SHOWN = 40


def explanation_of(model: type[Part], fault: Mapping[str, Any]) -> str:
    """Explain one of Pydantic's faults in a document of `model`."""
    way = fault["loc"]
    words = [step for step in way if isinstance(step, str) and not step.startswith("(")]
    word = words[-1] if words else "The document"
    shown = _shown(fault.get("input"))
    example = f" {EXAMPLES[word]}" if word in EXAMPLES else ""
    match fault["type"]:
        case "missing":
            why = f"{word} is required here and is missing.{example}"
        case "extra_forbidden":
            why = f"There is no word {_short(word)} here.{_meant(word, _words_at(model, way[:-1]))}"
        case "int_type" | "int_from_float" | "int_parsing":
            why = f"A whole number belongs here, without quotes, commas and decimals, not {shown}.{example}"
        case "list_type":
            why = f"A list belongs here, of one thing too: [ … ], not {shown}.{example}"
        case "string_type":
            why = f"A text in quotes belongs here, not {shown}.{example}"
        case "model_type" | "model_attributes_type" | "dict_type":
            inside = _words_at(model, way)
            with_words = f" with {_listed(inside)}" if inside else ""
            why = f"An object belongs here, {{ … }}{with_words}, not {shown}.{example}"
        case "literal_error":
            why = f"One of these belongs here: {fault['ctx']['expected']}, not {shown}.{example}"
        case "string_pattern_mismatch":
            why = _of_a_text(word, fault["ctx"]["pattern"], shown)
        case _:
            why = str(fault["msg"]) + (f", not {shown}." if fault["type"] == INSTANT_RANGE else "")
    return why


def _of_a_text(word: str, pattern: str, shown: str) -> str:
    if word in ("from", "until"):
        return f'{shown} is no time of day; such as "09:00", "18:30", or "24:00" for the day\'s end.'
    if pattern == LINE:
        return f"{LINE_WANTED}, not {shown}."
    return f'{shown} is no name: lower-case letters, digits, - and _, such as "small-shops".'


def _shown(value: Any) -> str:
    match value:
        case None | True | False:
            return {None: "null", True: "true", False: "false"}[value]
        case str():
            return f'"{_short(value)}"'
        case int() | float():
            return "so large a number" if abs(value) > 10**MOST_SHOWN else str(value)
        case Mapping():
            return "an object"
        case _:
            return "a list"


def _short(text: str) -> str:
    """The beginning of a text, with ? in place of what cannot be printed."""
    printed = "".join(each if each.isprintable() else "?" for each in text[:MOST_SHOWN])
    return printed if len(text) <= MOST_SHOWN else f"{printed}…"


def _meant(word: str, words: Sequence[str]) -> str:
    if word in INSTEAD:
        return f" Instead: {INSTEAD[word]}."
    near = get_close_matches(word, words, n=1)
    if near:
        return f" Is {near[0]} meant?"
    return f" There are {_listed(words)}." if words else ""


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words)


def _words_at(model: type[Part], way: Sequence[int | str]) -> list[str]:
    """The words that are allowed at a place of the document; in a condition, those of its form."""
    here: list[type[Part]] = [model]
    for step in way:
        if isinstance(step, int):
            continue
        if step.startswith("("):
            here = [each for each in here if FORMS.get(each) in (step, None)]
        else:
            here = [part for each in here for part in _parts_of(each, step)]
    return sorted({word for each in here for word in _fields(each)}) if len(here) == 1 else []


def _fields(model: type[Part]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _parts_of(model: type[Part], word: str) -> list[type[Part]]:
    return list(dict.fromkeys(_parts_in(_fields(model).get(word))))


def _parts_in(annotation: Any) -> Iterator[type[Part]]:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        yield annotation
    for argument in get_args(annotation):
        yield from _parts_in(argument)
