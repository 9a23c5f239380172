"""Use cases of amendments: move an end, suspend layers, lift a suspension; and withdraw a scheduled version.

One operator proposes an amendment and a second approves it. It is checked against all that is stored when it is proposed, and again
when it is approved. It is stored at least 120 s before it takes effect.
"""

import json
from collections.abc import Callable
from datetime import datetime

from eeum.calendar import text_of
from eeum.errors import AmendmentRefused, AmendmentTooLate, NotFound
from eeum.ids import digest_of as digest_in
from eeum.ids import entry_id, request_digest
from eeum.policy import proposals as rules
from eeum.policy.amendment_items import amendment_item
from eeum.policy.amendments import Amendment, Withdrawal, problems_of_amendment, takes_effect
from eeum.policy.announcements import announced
from eeum.policy.history import Did, Step, Subject
from eeum.policy.proposal_store import ProposalStore
from eeum.policy.proposals import Proposal
from eeum.policy.store import PolicyStore, Stored
from eeum.policy.use_cases import NOTICE
from eeum.storage import ConditionsFailed


def propose_amendment(
    proposals: ProposalStore,
    policies: PolicyStore,
    make: Callable[[str], Amendment],
    by: str,
    reason: str,
    emergency_reason: str | None,
    now: datetime,
) -> Proposal:
    """Store a proposal that waits for a second operator; `make` builds the amendment from the proposal's id.

    The same proposal by the same operator in the same millisecond is stored once.

    Raises:
        AmendmentRefused: its version, layer or suspension does not exist, or it changes nothing.
        AmendmentTooLate: it would take effect within 120 s, or in the past.
    """
    asked = json.dumps([amendment_item(make("")), reason, emergency_reason], sort_keys=True, ensure_ascii=False)
    proposal_id = entry_id(now, request_digest(by, "policy_amendment", asked))
    amendment = make(proposal_id)
    _judge(amendment, policies.stored(), now)
    proposed = rules.propose(proposal_id, amendment, by, reason, emergency_reason, now)
    try:
        proposals.store(proposed, None)
        return proposed.proposal
    except ConditionsFailed:
        return proposal_named(proposals, proposal_id)


def approve_amendment(
    proposals: ProposalStore, policies: PolicyStore, proposal_id: str, by: str, reason: str | None, now: datetime
) -> Proposal:
    """Approve the proposal by a second operator, and store its amendment beside the versions.

    Raises:
        NotFound, AmendmentClosed, ApprovalByAuthor
        AmendmentRefused, AmendmentTooLate: it can no longer be made.
    """
    attempt = 0
    while True:
        proposal = proposal_named(proposals, proposal_id)
        decided = rules.decide(proposal, Did.APPROVED, by, reason, now)
        revision = policies.revision()
        _judge(proposal.amendment, policies.stored(), now)
        try:
            proposals.apply(policies, decided, proposal, revision)
            return decided.proposal
        except ConditionsFailed:
            attempt += 1
            proposals.patience.wait(attempt)


def close_amendment(
    proposals: ProposalStore, proposal_id: str, did: Did, by: str, reason: str, now: datetime
) -> Proposal:
    """Reject or withdraw the proposal (`did`). Raises `NotFound`, `AmendmentClosed`."""
    attempt = 0
    while True:
        proposal = proposal_named(proposals, proposal_id)
        decided = rules.decide(proposal, did, by, reason, now)
        try:
            proposals.store(decided, proposal)
            return decided.proposal
        except ConditionsFailed:
            attempt += 1
            proposals.patience.wait(attempt)


def withdraw_version(policies: PolicyStore, version: str, by: str, reason: str, now: datetime) -> None:
    """Withdraw a scheduled version, so that it never starts and the one before it stays in force.

    Raises:
        NotFound: no version has this name, or it was withdrawn before.
        AmendmentTooLate: it starts within 120 s, or has started.
    """
    attempt = 0
    while True:
        revision = policies.revision()
        stored = policies.stored()
        if not any(document["version"] == version for document in stored.documents):
            raise NotFound("There is no policy version of this name.")
        _judge(Withdrawal(version), stored, now)
        try:
            step = Step(Subject.VERSION, version, 1, Did.WITHDRAWN, by, now, reason)
            policies.amend(Withdrawal(version), step, revision)
            return
        except ConditionsFailed:
            attempt += 1
            policies.patience.wait(attempt)


def proposal_named(proposals: ProposalStore, proposal_id: str) -> Proposal:
    """Return the proposed amendment of this id. Raises `NotFound` when there is none."""
    proposal = proposals.proposal(proposal_id) if digest_in(proposal_id) else None
    if proposal is None:
        raise NotFound("There is no such amendment.")
    return proposal


def _judge(amendment: Amendment, stored: Stored, now: datetime) -> None:
    problems = problems_of_amendment(amendment, stored.documents, stored.amendments)
    if problems:
        raise AmendmentRefused(f"The amendment cannot be made: {problems[0][2]}", tuple(problems))
    announced(stored.documents, [*stored.amendments, amendment], now)  # fails here rather than in members' reads
    effect = takes_effect(amendment, stored.documents, stored.amendments)
    if effect < now + NOTICE:
        raise AmendmentTooLate(
            f"It would take effect at {text_of(effect)}; it must be stored at least {NOTICE.seconds} s before, "
            f"and it is {text_of(now)}."
        )
