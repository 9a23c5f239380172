"""The bodies of answers over HTTP."""

from pydantic import BaseModel, ConfigDict


class AnswerBody(BaseModel):
    """The body of an answer. Pydantic prepares it at its first use: a start would prepare the bodies of every route."""

    model_config = ConfigDict(defer_build=True)
