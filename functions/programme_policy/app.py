"""Operators' commands on policies: the history of an empty programme, drafts and amendments."""

from eeum.aws.http import Response, created, lambda_handler
from eeum.policy.document_models import PolicyDocument
from eeum.policy.documents import canonical_document
from eeum.policy.loading import load_history
from programme_policy import amendments, drafts, service
from programme_policy.lifecycle_bodies import HistoryRequest, LoadedBody
from programme_policy.service import api

ROUTES = (amendments, drafts)
"""Modules whose import adds their routes."""


@api.post("/policies/history", summary="Load the policies of an empty programme, from the past on", tags=["policies"])
def load_past(body: HistoryRequest) -> Response[LoadedBody]:
    """Loads the programme's policies from the past on, all at once, into a programme that has none.

    Later versions are drafted and approved.
    """
    operator = api.caller().operator()
    documents = [_canonical(document) for document in body.policies]
    load_history(service.policy_store(), service.city.settings.programme, documents, operator, service.city.clock())
    return created(LoadedBody(loaded=[document["version"] for document in documents]), "/policies")


def _canonical(document: PolicyDocument) -> dict[str, object]:
    return canonical_document(document.model_dump(mode="json", by_alias=True))


handler = lambda_handler(api, lambda: service.city)
