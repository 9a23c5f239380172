"""Amending what was approved: an end is moved, layers are suspended, a suspension is lifted; and withdrawing a version that is to come.

An amendment is proposed by one operator and approved by a second. It is judged when it is proposed and again when it is approved, beside
all that is stored at that moment; and it is stored at least 120 s before it changes anything.
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
    """A proposal that waits for a second operator; `make` makes the amendment, given the id of its proposal.

    The same operator's same proposal of the same millisecond is one.

    Raises:
        AmendmentRefused: it is about nothing that there is, or changes nothing.
        AmendmentTooLate: it would change something within 120 s, or in the past.
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
    """The proposal approved by a second operator, and stored where the versions are.

    Raises:
        NotFound, AmendmentClosed, ApprovalByAuthor
        AmendmentRefused, AmendmentTooLate: by now it cannot be made.
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
    """The proposal rejected or withdrawn (`did`). Raises `NotFound`, `AmendmentClosed`."""
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
    """A scheduled version never starts; the one before it holds on.

    Raises:
        NotFound: no version of this name stands.
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
    """Raises `NotFound` when there is none."""
    proposal = proposals.proposal(proposal_id) if digest_in(proposal_id) else None
    if proposal is None:
        raise NotFound("There is no such amendment.")
    return proposal


def _judge(amendment: Amendment, stored: Stored, now: datetime) -> None:
    problems = problems_of_amendment(amendment, stored.documents, stored.amendments)
    if problems:
        raise AmendmentRefused(f"The amendment cannot be made: {problems[0][2]}", tuple(problems))
    announced(stored.documents, [*stored.amendments, amendment], now)  # members read it: it must not fail
    effect = takes_effect(amendment, stored.documents, stored.amendments)
    if effect < now + NOTICE:
        raise AmendmentTooLate(
            f"It would change what holds from {text_of(effect)}; it must be stored at least {NOTICE.seconds} s before, "
            f"and it is {text_of(now)}."
        )
