"""Every function of the stores of drafts, amendments and their steps."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from eeum.policy.amendments import EndChange, Lifting, Suspension, Withdrawal
from eeum.policy.draft_store import DraftStore
from eeum.policy.drafts import Changed, Check, Draft, Simulation, approve, begin, checked, close, edit
from eeum.policy.history import Did, Step, Subject
from eeum.policy.history_store import HistoryStore
from eeum.policy.proposal_store import ProposalStore
from eeum.policy.proposals import Decided, decide, propose
from eeum.policy.store import PolicyStore
from eeum.storage import ConditionsFailed, Key, Put, Storage, Table
from tests.contract.cases import case
from tests.contract.examples import NOON, pages_of, send
from tests.patience import patience_of

START = "2022-01-01T00:00:00.000+09:00"


def _stores(storage: Storage) -> tuple[PolicyStore, DraftStore, ProposalStore, HistoryStore]:
    patience = patience_of()
    return (
        PolicyStore(storage, patience, "incheon"),
        DraftStore(storage, patience, "incheon"),
        ProposalStore(storage, patience, "incheon"),
        HistoryStore(storage, "incheon"),
    )


def _document(name: str = "next", starts_at: str = START) -> dict[str, Any]:
    return {
        "version": name,
        "starts_at": starts_at,
        "ends_at": None,
        "title": {"ko": "다음", "en": "Next"},
        "limits": [],
    }


def _begun(name: str = "next") -> Changed:
    return begin(_document(name), "operator/one", "new rules", "no time", NOON)


def _check(draft: Draft, simulation: Simulation | None = None) -> Check:
    return Check(draft.revision, NOON, "operator/one", None, (), simulation)


@case
def a_draft_is_kept_with_each_revision_of_its_document(storage: Storage) -> None:
    _, drafts, _, _ = _stores(storage)
    assert drafts.draft("next") is None
    begun = _begun()
    drafts.store(begun, None, _document())
    edited = edit(begun.draft, 1, _document() | {"limits": [1]}, "operator/two", "a limit", None, NOON)
    drafts.store(edited, begun.draft, _document() | {"limits": [1]})
    assert drafts.draft("next") == edited.draft
    assert drafts.document("next", 1) == _document()
    assert drafts.document("next", 2) == _document() | {"limits": [1]}
    with pytest.raises(LookupError):
        drafts.document("next", 3)


@case
def a_draft_is_changed_as_it_was_read_or_not_at_all(storage: Storage) -> None:
    _, drafts, _, history = _stores(storage)
    begun = _begun()
    drafts.store(begun, None, _document())
    with pytest.raises(ConditionsFailed):
        drafts.store(begun, None, _document())
    rejected = close(begun.draft, 1, Did.REJECTED, "operator/two", "no", NOON)
    drafts.store(rejected, begun.draft)
    with pytest.raises(ConditionsFailed) as failed:
        drafts.store(close(begun.draft, 1, Did.WITHDRAWN, "operator/one", "mine", NOON), begun.draft)
    assert 0 in failed.value.positions
    assert drafts.draft("next") == rejected.draft
    assert [step.did for step in history.of(Subject.DRAFT, "next", 10)[0]] == [Did.CREATED, Did.REJECTED]


@case
def a_check_is_kept_with_its_faults_and_its_simulation(storage: Storage) -> None:
    _, drafts, _, _ = _stores(storage)
    begun = _begun()
    drafts.store(begun, None, _document())
    assert drafts.simulation(begun.draft.digest) is None
    summary = {"cost_won": 1_000_000}
    item = {"kind": "simulation", "id": "a", "digest": begun.draft.digest, "finished_at": START}
    key = Key(Table.PROGRAMME, "PROGRAMME#incheon", f"SIMULATION#{begun.draft.digest}")
    send(storage, Put(key, item | {"summary": json.dumps(summary)}))
    simulation = drafts.simulation(begun.draft.digest)
    assert simulation == Simulation("a", begun.draft.digest, START, summary)
    found = replace_faults(_check(begun.draft, simulation))
    first = checked(begun.draft, 1, found)
    drafts.store(first, begun.draft)
    assert drafts.draft("next") == first.draft
    second = checked(first.draft, 1, _check(first.draft))
    drafts.store(second, first.draft)
    assert drafts.draft("next") == second.draft


def replace_faults(check: Check) -> Check:
    return check._replace(faults=(("layers", "band_empty", "Nothing is between its ends."),), against="before")


@case
def drafts_are_listed_by_name_in_pages(storage: Storage) -> None:
    _, drafts, _, _ = _stores(storage)
    assert drafts.drafts(2) == ([], None)
    for number in (3, 1, 2):
        drafts.store(_begun(f"v{number}"), None, _document(f"v{number}"))
    assert [draft.version for draft in pages_of(lambda cursor: drafts.drafts(2, cursor))] == ["v1", "v2", "v3"]


def _approved(drafts: DraftStore, name: str = "next") -> tuple[Changed, Draft]:
    begun = _begun(name)
    drafts.store(begun, None, _document(name))
    done = checked(begun.draft, 1, _check(begun.draft))
    drafts.store(done, begun.draft)
    return approve(done.draft, 1, "operator/two", None, NOON, None), done.draft


@case
def an_approved_draft_and_its_version_are_stored_together_or_not(storage: Storage) -> None:
    policies, drafts, _, history = _stores(storage)
    approved, before = _approved(drafts)
    with pytest.raises(ConditionsFailed):
        drafts.schedule(policies, approved, before, _document(), 5, 1)
    assert (drafts.draft("next"), policies.documents()) == (before, [])
    drafts.schedule(policies, approved, before, _document(), 0, 1)
    assert (drafts.draft("next"), policies.documents(), policies.revision()) == (approved.draft, [_document()], 1)
    other, other_before = _approved(drafts, "other")
    with pytest.raises(ConditionsFailed) as failed:
        drafts.schedule(policies, other, other_before, _document("other"), 1, 1)
    assert failed.value.positions == (0,), "the instant is taken"
    drafts.schedule(policies, other, other_before, _document("other"), 1, 2)
    assert [document["version"] for document in policies.documents()] == ["next", "other"]
    steps = pages_of(lambda cursor: history.latest(2, cursor))
    assert [(step.name, step.did) for step in steps if step.did is Did.APPROVED] == [
        ("other", Did.APPROVED),
        ("next", Did.APPROVED),
    ]


def _amend(policies: PolicyStore, amendment: Any, revision: int) -> None:
    policies.amend(
        amendment, Step(Subject.VERSION, f"v{revision}", 1, Did.WITHDRAWN, "operator", NOON, "why"), revision
    )


@case
def amendments_are_read_as_stored_without_withdrawn_versions(storage: Storage) -> None:
    policies, _, _, _ = _stores(storage)
    documents = [_document(f"v{year}", f"20{year}-01-01T00:00:00.000+09:00") for year in range(30, 34)]
    policies.add_history(documents, Step(Subject.HISTORY, "incheon", 1, Did.LOADED, "operator", NOON, None))
    amendments = [
        EndChange("v30", NOON),
        EndChange("v30", None),
        Suspension("s", ("base", "more"), NOON, NOON + timedelta(milliseconds=1)),
        Suspension("t", (), NOON, None),
        Lifting("t", NOON),
        Withdrawal("v31"),
    ]
    for revision, amendment in enumerate(amendments, start=1):
        _amend(policies, amendment, revision)
    for revision in (0, 1, 6, 8):
        with pytest.raises(ConditionsFailed):
            _amend(policies, Withdrawal("v32"), revision)
    stored = policies.stored()
    assert (stored.every, stored.amendments) == (documents, amendments)
    assert policies.documents() == [documents[0], *documents[2:]]
    for count in (1, 2, 3, 4, 5):
        listed = pages_of(lambda cursor, count=count: policies.page(count, cursor))  # type: ignore[misc]
        assert listed == [documents[0], *documents[2:]]


def _proposed(amendment_id: str = "0176d07c-ab80-7000-8000-000000000000") -> Decided:
    suspension = Suspension(amendment_id, (), NOON, None)
    return propose(amendment_id, suspension, "operator/one", "no money", "at once", NOON)


@case
def a_proposal_is_decided_once(storage: Storage) -> None:
    policies, _, proposals, history = _stores(storage)
    proposed = _proposed()
    name = proposed.proposal.id
    assert proposals.proposal(name) is None
    proposals.store(proposed, None)
    with pytest.raises(ConditionsFailed):
        proposals.store(proposed, None)
    assert proposals.proposal(name) == proposed.proposal
    approved = decide(proposed.proposal, Did.APPROVED, "operator/two", None, NOON + timedelta(seconds=1))
    with pytest.raises(ConditionsFailed):
        proposals.apply(policies, approved, proposed.proposal, 3)
    assert policies.stored().amendments == []
    proposals.apply(policies, approved, proposed.proposal, 0)
    assert proposals.proposal(name) == approved.proposal
    assert policies.stored().amendments == [proposed.proposal.amendment]
    rejected = decide(proposed.proposal, Did.REJECTED, "operator/three", "no", NOON + timedelta(seconds=2))
    with pytest.raises(ConditionsFailed):
        proposals.store(rejected, proposed.proposal)
    other = replace(proposed.proposal, id="0176d07c-ab80-7000-8000-000000000001")
    proposals.store(Decided(other, proposed.step._replace(name=other.id)), None)
    proposals.store(decide(other, Did.WITHDRAWN, "operator/one", "not now", NOON), other)
    assert [step.did for step in history.of(Subject.AMENDMENT, name, 9)[0]] == [Did.PROPOSED, Did.APPROVED]


@case
def proposals_are_listed_newest_first_in_pages(storage: Storage) -> None:
    _, _, proposals, _ = _stores(storage)
    assert proposals.latest(2) == ([], None)
    names = [f"0176d07c-ab80-7000-8000-00000000000{number}" for number in range(5)]
    for name in names:
        proposals.store(_proposed(name), None)
    assert [each.id for each in pages_of(lambda cursor: proposals.latest(2, cursor))] == names[::-1]


@case
def steps_are_listed_by_subject_and_by_time(storage: Storage) -> None:
    _, drafts, _, history = _stores(storage)
    for name in ("v1", "v1-b"):
        begun = _begun(name)
        drafts.store(begun, None, _document(name))
        done = checked(begun.draft, 1, _check(begun.draft))
        drafts.store(done, begun.draft)
    assert [step.did for step in pages_of(lambda cursor: history.of(Subject.DRAFT, "v1", 1, cursor))] == [
        Did.CREATED,
        Did.CHECKED,
    ]
    assert len(pages_of(lambda cursor: history.latest(3, cursor))) == 4
    for unknown in ("v2", "", "v1#0", "v", "가"):
        assert history.of(Subject.DRAFT, unknown, 9) == ([], None)
    (created, _) = history.of(Subject.DRAFT, "v1", 9)[0]
    assert created == _begun("v1").step
