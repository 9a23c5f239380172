"""The bodies of answers over HTTP, and a check that bodies of requests and policy documents share."""

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

from eeum.text import NOT_COMPOSED, is_composed


def composed(line: str) -> str:
    """The same line, for pydantic; a fault of its field if a letter is not written as in NFC."""
    if not is_composed(line):
        raise PydanticCustomError(*NOT_COMPOSED)
    return line


class AnswerBody(BaseModel):
    """The body of an answer. Pydantic prepares it at its first use: a start would prepare the bodies of every route."""

    model_config = ConfigDict(defer_build=True)
