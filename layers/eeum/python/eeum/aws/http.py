"""The HTTP edge of every function: Powertools' resolver, with bodies checked by pydantic and each error a problem document."""

import binascii
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)
from aws_lambda_powertools.event_handler.openapi.params import Header
from pydantic import BaseModel, ConfigDict, Field

from eeum.aws.identity import Caller, caller_of
from eeum.aws.problems import CONTENT_TYPE, RETRY_AFTER_SECONDS, problem, problem_of
from eeum.errors import Busy, Refusal
from eeum.money import LARGEST_AMOUNT
from eeum.storage import Contended, Unavailable

Won = Annotated[int, Field(strict=True, ge=1, le=LARGEST_AMOUNT, description="Whole won.")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="16 to 255 printable characters, the caller's own: the same request again, with the same key, has one effect.",
    ),
]


class Body(BaseModel):
    """A request's body: no unknown fields, no guessing of types."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Problem(BaseModel):
    """An error as RFC 9457 has it; `code` is stable, `errors` names each faulty field."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[dict[str, str]] = []


class Api(APIGatewayHttpResolver):
    """A function's routes. Every error that a client can cause leaves as a problem document."""

    def __init__(self) -> None:
        super().__init__(enable_validation=True, serializer=_json)
        self.exception_handler(Refusal)(_refused)
        self.exception_handler(RequestValidationError)(_invalid)
        self.exception_handler(RequestUnsupportedContentType)(_unsupported)
        # A body that is no text, no JSON or nested beyond measure; Powertools lets these three out as they are.
        self.exception_handler([UnicodeDecodeError, binascii.Error, RecursionError])(_unreadable)
        self.exception_handler([Contended, Unavailable])(_unavailable)
        self.not_found(_no_such_route)

    def caller(self) -> Caller:
        return caller_of(self.current_event.raw_event)


def lambda_handler(api: Api) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """The function's entry point: resolves the route and logs what became of the request, without its content."""
    logger = Logger()

    @logger.inject_lambda_context
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        answer = api.resolve(event, context)
        logger.info("answered", route=event.get("routeKey"), status=answer["statusCode"])
        return answer

    return handler


def created(body: BaseModel, location: str) -> Response[Any]:
    return Response(HTTPStatus.CREATED.value, "application/json", body, headers={"Location": location})


def answered(body: BaseModel, replayed: bool = False) -> Response[Any]:
    """200; a replayed answer says so in a header."""
    headers = {"Idempotency-Replayed": "true"} if replayed else {}
    return Response(HTTPStatus.OK.value, "application/json", body, headers=headers)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _problem_response(document: dict[str, Any]) -> Response[Any]:
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if document["status"] == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return Response(document["status"], CONTENT_TYPE, _json(document), headers=headers)


def _refused(refusal: Refusal) -> Response[Any]:
    return _problem_response(problem_of(refusal))


def _unavailable(_: Exception) -> Response[Any]:
    return _refused(Busy("The database did not answer in time; send the same request again."))


def _invalid(error: RequestValidationError) -> Response[Any]:
    faults = [
        {
            # Parts in brackets are the names of alternatives, which are ours and not the client's.
            "path": ".".join(str(part) for part in fault["loc"] if not str(part).startswith("(")),
            "code": str(fault["type"]),
            "message": str(fault["msg"]),
        }
        for fault in error.errors()
    ]
    first = faults[0]
    detail = f"{first['path']}: {first['message']}"
    return _problem_response(problem(HTTPStatus.BAD_REQUEST, "invalid_request", detail, faults))


def _unsupported(_: RequestUnsupportedContentType) -> Response[Any]:
    detail = "The body must be application/json."
    return _problem_response(problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail))


def _unreadable(_: Exception) -> Response[Any]:
    detail = "The body cannot be read as JSON in UTF-8."
    return _problem_response(problem(HTTPStatus.BAD_REQUEST, "invalid_request", detail))


def _no_such_route(_: NotFoundError) -> Response[Any]:
    return _problem_response(problem(HTTPStatus.NOT_FOUND, "not_found", "There is no such route."))
