"""The API of the operators' function, which its modules of routes share, and the stores of the policies' lifecycle."""

import os

from eeum.aws.http import Api
from eeum.composition import City
from eeum.policy.draft_store import DraftStore
from eeum.policy.history_store import HistoryStore
from eeum.policy.proposal_store import ProposalStore
from eeum.policy.store import PolicyStore
from programme_policy.lifecycle_bodies import LARGEST_HISTORY_BYTES

api = Api(largest_body=LARGEST_HISTORY_BYTES)
city = City.of(os.environ)


def policy_store() -> PolicyStore:
    return city.policy_store(api.lambda_context)


def draft_store() -> DraftStore:
    return city.drafts(api.lambda_context)


def proposal_store() -> ProposalStore:
    return city.proposals(api.lambda_context)


def history_store() -> HistoryStore:
    return city.policy_history()
