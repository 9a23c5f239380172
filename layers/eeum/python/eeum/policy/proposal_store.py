"""Store proposed amendments in the programme table; an approved amendment is also stored beside the versions."""

from eeum.calendar import parse_instant, text_of
from eeum.policy.amendment_items import amendment_item, amendment_of
from eeum.policy.history_store import writes_of_step
from eeum.policy.proposals import Decided, Proposal, ProposalStatus
from eeum.policy.store import PolicyStore
from eeum.storage import NOT_YET_STORED, Equals, Item, Key, Put, Query, Storage, Table
from eeum.unit_of_work import Patience, commit

PROPOSAL = "AMENDMENT#"


class ProposalStore:
    def __init__(self, storage: Storage, patience: Patience, programme: str) -> None:
        self._storage = storage
        self.patience = patience
        self._partition = f"PROGRAMME#{programme}"

    def proposal(self, proposal_id: str) -> Proposal | None:
        """Return one proposed amendment, read consistently. 1 read unit."""
        (item,) = self._storage.read([self._key(proposal_id)])
        return _proposal_of(item) if item else None

    def latest(self, count: int, after: str | None = None) -> tuple[list[Proposal], str | None]:
        """Return the latest proposals, newest first, and the cursor of the next page. Half a read unit per 4 KB: 2 for 20."""
        page = self._storage.query(
            Query(Table.PROGRAMME, self._partition, PROPOSAL, newest_first=True, limit=count, after=after)
        )
        return [_proposal_of(item) for item in page.items], page.cursor

    def store(self, decided: Decided, before: Proposal | None) -> None:
        """Store a proposal's next step. 6 write units. Raises `ConditionsFailed` when the stored proposal is no longer `before`."""
        steps = writes_of_step(self._partition, decided.step)
        commit(self._storage, self.patience, self._put(decided.proposal, before), *steps)

    def apply(self, policies: PolicyStore, decided: Decided, before: Proposal, revision: int) -> None:
        """Store an approved proposal and its amendment in one transaction. 10 write units.

        Raises `ConditionsFailed` as `store` and `PolicyStore.amend` do.
        """
        policies.amend(decided.proposal.amendment, decided.step, revision, [self._put(decided.proposal, before)])

    def _put(self, proposal: Proposal, before: Proposal | None) -> Put:
        as_read = (Equals(("steps",), before.steps),) if before else NOT_YET_STORED
        return Put(self._key(proposal.id), _item(proposal), as_read)

    def _key(self, proposal_id: str) -> Key:
        return Key(Table.PROGRAMME, self._partition, f"{PROPOSAL}{proposal_id}")


def _item(proposal: Proposal) -> Item:
    return {
        "kind": "policy_amendment",
        "proposal": proposal.id,
        "amendment": amendment_item(proposal.amendment),
        "status": proposal.status.value,
        "reason": proposal.reason,
        "emergency_reason": proposal.emergency_reason,
        "proposed_by": proposal.proposed_by,
        "proposed_at": text_of(proposal.proposed_at),
        "decided_by": proposal.decided_by,
        "decided_at": text_of(proposal.decided_at) if proposal.decided_at else None,
        "steps": proposal.steps,
    }


def _proposal_of(item: Item) -> Proposal:
    return Proposal(
        id=item["proposal"],
        amendment=amendment_of(item["amendment"]),
        status=ProposalStatus(item["status"]),
        reason=item["reason"],
        emergency_reason=item["emergency_reason"],
        proposed_by=item["proposed_by"],
        proposed_at=parse_instant(item["proposed_at"], "proposed_at"),
        decided_by=item["decided_by"],
        decided_at=parse_instant(item["decided_at"], "decided_at") if item["decided_at"] else None,
        steps=item["steps"],
    )
