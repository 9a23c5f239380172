"""The HTTP edge of every function: Powertools' resolver, pydantic for bodies, and a problem document for each error."""

import binascii
import json
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from eeum.aws.powertools import APIGatewayHttpResolver, Response  # isort: split

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler.api_gateway import ResponseBuilder
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.middlewares.openapi_validation import OpenAPIRequestValidationMiddleware
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)
from aws_lambda_powertools.event_handler.openapi.params import Header, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from eeum.aws.clock import Clock
from eeum.aws.identity import Caller, caller_of, check_staff
from eeum.aws.json_text import LARGEST, read_object
from eeum.aws.problems import CONTENT_TYPE, RETRY_AFTER_SECONDS, Fault, fault, problem, problem_of
from eeum.bodies import AnswerBody, composed
from eeum.calendar import text_of
from eeum.errors import Busy, Invalid, Refusal
from eeum.money import LARGEST_AMOUNT
from eeum.storage import Contended, Unavailable
from eeum.text import ABOUT_LINES, LINE, LINE_WANTED, PUBLISHED_LINE

if TYPE_CHECKING:
    from eeum.aws.own_issuer import OwnIssuer
    from eeum.aws.settings import Settings

__all__ = [
    "Api",
    "Body",
    "Cursor",
    "IdempotencyKey",
    "Limit",
    "Line",
    "Problem",
    "Query",
    "Response",
    "Won",
    "answered",
    "created",
    "lambda_handler",
]

JSON = "application/json"
CITY_TIME = "Eeum-Time"
"""The header of every answer that has the city's time, for clients that must not trust a clock of their own."""
READ_HEADERS = frozenset({"content-type", "idempotency-key"})
"""The request headers that routes read; Powertools copies every header several times."""

Won = Annotated[int, Field(strict=True, ge=1, le=LARGEST_AMOUNT, description="Whole won.")]
Line = Annotated[
    str,
    Field(pattern=LINE, description=ABOUT_LINES, json_schema_extra={"pattern": PUBLISHED_LINE}),
    AfterValidator(composed),
]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        description="16 to 255 printable ASCII characters, no commas. One key is one request: sent again with the same body, it has one "
        "effect and one answer, always. A key's scope is the caller and what the request is about: the wallet of the card or path, the "
        "fiscal year of a budget, the programme of a simulation. The same key for another card's wallet is another request, and pays "
        "again: never send a request again with another card. See clients.md.",
    ),
]

Cursor = Annotated[
    str | None,
    Query(description="The `cursor` of the page before. Leave it out for the first page; never make one up."),
]
Limit = Annotated[int, Query(ge=1, le=100, description="How many entries a page has at most.")]
"""The parameter of lists with small entries. A list with another bound declares its own."""


class Body(BaseModel):
    """A request's body: no unknown fields, no conversion of types."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    def __repr__(self) -> str:
        # Powertools formats each body into a message that it then drops. Bodies belong in no log, and formatting takes time.
        return type(self).__name__


class ProblemFault(AnswerBody):
    """One fault of a request: the field, a stable code, and a message for people in English and Korean."""

    path: str
    code: str
    message: str
    message_ko: str


class Problem(AnswerBody):
    """An error as RFC 9457 has it; `code` is stable, `detail` and `detail_ko` are for people, `errors` names each faulty field."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    detail_ko: str
    errors: list[ProblemFault] = []  # noqa: RUF012 — pydantic copies it


class ServedCity(Protocol):
    """The city that a function works with, as far as each answer needs it."""

    @property
    def clock(self) -> Clock: ...
    @property
    def settings(self) -> "Settings": ...


class RequestValidation(OpenAPIRequestValidationMiddleware):
    """Validates a request without a query by its route's fields. Powertools reads every query, and describes every fault.

    For each request it computes whether the types of headers and body are lists, which took a tenth of a payment's own time.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Powertools leaves it out

    def handler(self, app: Any, next_middleware: NextMiddleware) -> Response[Any]:
        values = _values_of(app)
        if values is None:
            following: Any = partial(_without_unknown, following=next_middleware)
            described: Response[Any] = super().handler(app, following)
            return described
        app.context["_route_args"] = values
        return next_middleware(app)


class PlainAnswer(ResponseBuilder[Any]):
    """An answer without compression, CORS and caching: the API does these, or the route's own headers."""

    def _route(self, event: Any, cors: Any) -> None:
        pass


class Api(APIGatewayHttpResolver):
    """A function's routes. Every error that a client can cause is returned as a problem document."""

    own_issuer: "OwnIssuer | None" = None
    """The city's, as of the request that is answered."""

    def __init__(self, largest_body: int = LARGEST) -> None:
        """`largest_body` in bytes: a larger body is refused before it is read."""
        read = partial(read_object, largest=largest_body)
        super().__init__(enable_validation=True, serializer=_json, json_body_deserializer=read)
        self._request_validation_middleware = RequestValidation()
        # The model of an answer validated it already.
        del self._response_validation_middleware
        self._response_builder_class = PlainAnswer
        self.exception_handler(Refusal)(_refused)
        self.exception_handler(RequestValidationError)(_invalid)
        self.exception_handler(RequestUnsupportedContentType)(_unsupported)
        # The body is not text; Powertools raises these two errors unchanged.
        self.exception_handler([UnicodeError, binascii.Error])(_unreadable)
        self.exception_handler([Contended, Unavailable])(_unavailable)
        self.not_found(_no_such_route)

    def resolve(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        # Powertools' routes end in $, which also matches before a line's end; no path here has an invisible character.
        if not str(event.get("rawPath", "")).isprintable():
            return _sent(_no_such_route(NotFoundError()))
        # Powertools reads the body before it calls a route, so an error in it would be returned before the caller's rights are checked.
        try:
            check_staff(event, self.own_issuer)
        except Refusal as refusal:
            return _sent(_refused(refusal))
        return super().resolve(_as_read(event), context)

    def caller(self) -> Caller:
        return caller_of(self.current_event.raw_event, self.own_issuer)


def lambda_handler(api: Api, city: Callable[[], ServedCity]) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """The function's entry point: resolves the route, adds the city's time, and logs what was refused, without its content.

    The API's own log has a line for each request, so that a line for each success would be paid for twice.
    """
    logger = Logger()

    @logger.inject_lambda_context
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        api.own_issuer = city().settings.own_issuer
        answer = api.resolve(event, context)
        answer["headers"][CITY_TIME] = text_of(city().clock())
        if answer["statusCode"] >= HTTPStatus.BAD_REQUEST:
            request = event.get("requestContext", {}).get("requestId")
            logger.info("refused", route=event.get("routeKey"), status=answer["statusCode"], request_id=request)
        return answer

    return handler


def _values_of(api: APIGatewayHttpResolver) -> dict[str, Any] | None:
    """The values of the route's parameters and body; None if there is a query, or if anything is missing or faulty.

    The event is as `_as_read` leaves it.
    """
    event = api.current_event.raw_event
    wanted = api.context["_route"].dependant
    if wanted.query_params or event.get("queryStringParameters"):
        return None
    headers, path = event["headers"], api.context["_route_args"]
    given = [(field, path.get(field.alias)) for field in wanted.path_params]
    given += [(field, headers.get(field.alias.lower())) for field in wanted.header_params]
    if wanted.body_params:
        if headers.get("content-type", JSON) != JSON:
            return None
        # A route has one body at most, so that the whole body is its value.
        (body,) = wanted.body_params
        given.append((body, api.current_event.json_body))
    values = {}
    for field, value in given:
        if value is None:
            return None
        values[field.name], faults = field.validate(value)
        if faults:
            return None
    return values


def _without_unknown(api: APIGatewayHttpResolver, following: NextMiddleware) -> Response[Any]:
    """Refuses a query parameter that the route does not have: a misspelt one would be a request for something else."""
    given = api.current_event.query_string_parameters
    if given:
        known = {parameter.alias for parameter in api.context["_route"].dependant.query_params}
        if unknown := sorted(set(given) - known):
            # An answer cannot repeat text that is not valid Unicode.
            name = unknown[0].encode(errors="replace").decode()
            raise Invalid(name, "is no query parameter of this route", "unknown_parameter")
    return following(api)


def _as_read(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event with only the headers that are read, and the media type of the content type.

    Powertools compares the content type letter by letter, and would read forms too.
    """
    headers: Mapping[str, str] = event.get("headers") or {}
    read = {}
    for name, value in headers.items():
        known = name.lower()
        if known in READ_HEADERS:
            read[known] = _media_type_of(value) if known == "content-type" else value
    return {**event, "headers": read}


def _media_type_of(content_type: str) -> str:
    media_type = content_type.partition(";")[0].strip().lower()
    return JSON if media_type in ("", JSON) else "unsupported"


def created(body: BaseModel, location: str) -> Response[Any]:
    return Response(HTTPStatus.CREATED.value, JSON, body, headers={"Location": location})


def answered(body: BaseModel, replayed: bool = False) -> Response[Any]:
    """A 200 response; a header marks a replayed one."""
    headers = {"Idempotency-Replayed": "true"} if replayed else {}
    return Response(HTTPStatus.OK.value, JSON, body, headers=headers)


def _json(body: Any) -> str:
    """The body of an answer as JSON. A model was validated when it was made, so it is not validated again."""
    if isinstance(body, BaseModel):
        return body.model_dump_json(by_alias=True)
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _problem_response(document: dict[str, Any]) -> Response[Any]:
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if document["status"] == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return Response(document["status"], CONTENT_TYPE, _json(document), headers=headers)


def _sent(answer: Response[Any]) -> dict[str, Any]:
    """A response in the form that an HTTP API expects from a function."""
    headers = {**answer.headers, "Content-Type": answer.content_type}
    return {"statusCode": answer.status_code, "headers": headers, "body": answer.body, "isBase64Encoded": False}


def _refused(refusal: Refusal) -> Response[Any]:
    return _problem_response(problem_of(refusal))


def _unavailable(_: Exception) -> Response[Any]:
    return _refused(Busy("The database did not answer in time; send the same request again."))


def _invalid(error: RequestValidationError) -> Response[Any]:
    faults = [_fault_of(each) for each in error.errors()]
    detail = f"{faults[0]['path']}: {faults[0]['message']}"
    return _problem_response(problem(HTTPStatus.BAD_REQUEST, Invalid.code, detail, faults))


def _fault_of(found: Mapping[str, Any]) -> Fault:
    bounds = found.get("ctx", {})
    message = LINE_WANTED if bounds.get("pattern") == LINE else str(found["msg"])
    return fault(_path_of(found["loc"]), str(found["type"]), message, bounds)


def _path_of(location: tuple[int | str, ...]) -> str:
    """The field as the client names it, without the part of the request that contains it and the names of alternatives (in brackets)."""
    parts = [str(part) for part in location if not str(part).startswith("(")]
    return ".".join(parts[1:] or parts)


def _unsupported(_: RequestUnsupportedContentType) -> Response[Any]:
    detail = "The body must be application/json."
    return _problem_response(problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail))


def _unreadable(_: Exception) -> Response[Any]:
    return _refused(Invalid("body", "must be text in UTF-8", "not_text"))


def _no_such_route(_: NotFoundError) -> Response[Any]:
    return _problem_response(problem(HTTPStatus.NOT_FOUND, "not_found", "There is no such route."))
