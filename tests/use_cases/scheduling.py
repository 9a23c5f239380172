"""Policy versions in the making: one operator begins and checks a draft, another approves it."""

from datetime import datetime, timedelta
from typing import Any

from eeum.errors import DraftNotChecked, PolicyRefused
from eeum.policy.draft_store import DraftStore
from eeum.policy.drafts import Draft
from eeum.policy.history_store import HistoryStore
from eeum.policy.lifecycle import approve_draft, check_draft, create_draft
from eeum.policy.proposal_store import ProposalStore
from eeum.policy.store import PolicyStore
from eeum.storage import Storage
from eeum.unit_of_work import Patience

AUTHOR, APPROVER = "operator/author", "operator/approver"
EMERGENCY = "no time for a simulation"


class Desk:
    """The use cases on a programme's policies; each call is a separate request."""

    def __init__(self, storage: Storage, patience: Patience, programme: str) -> None:
        self.policies = PolicyStore(storage, patience, programme)
        self.drafts = DraftStore(storage, patience, programme)
        self.proposals = ProposalStore(storage, patience, programme)
        self.history = HistoryStore(storage, programme)
        self.programme = programme

    def begin(
        self, document: dict[str, Any], now: datetime, by: str = AUTHOR, emergency: str | None = EMERGENCY
    ) -> Draft:
        return create_draft(self.drafts, self.policies, self.programme, document, by, "new rules", emergency, now)

    def check(self, name: str, now: datetime, seen: int = 1, by: str = AUTHOR) -> Draft:
        return check_draft(self.drafts, self.policies, name, seen, by, now)

    def approve(self, name: str, now: datetime, seen: int = 1, by: str = APPROVER) -> Draft:
        return approve_draft(self.drafts, self.policies, name, seen, by, None, now)

    def ready(self, document: dict[str, Any], now: datetime) -> str:
        """Begin a draft and check it two days ago; return its name."""
        earlier = now - timedelta(days=2)
        self.begin(document, earlier)
        assert self.check(document["version"], earlier).check, "a check is kept"
        return str(document["version"])

    def schedule(self, document: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Schedule the version; raise `PolicyRefused` with the faults that a check finds."""
        name = self.begin(document, now).version
        while True:
            faults = getattr(self.check(name, now).check, "faults", ())
            if faults:
                raise PolicyRefused("The check found faults.", faults)
            try:
                self.approve(name, now)
                return document
            except DraftNotChecked:
                continue  # Another version was scheduled before this one in between.
