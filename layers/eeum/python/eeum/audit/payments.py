"""The course of each payment: captures, release and cancellations stay within its amount, and its progress agrees with them."""

from dataclasses import dataclass, field
from typing import Any

from eeum.audit.debts import sent_on
from eeum.audit.discounts import check_cancelled_discounts
from eeum.audit.forms import facts_by_name
from eeum.audit.partition import Findings, Item, Partition, between, digest_in
from eeum.ids import Digest, request_digest

PARTS = ("capture", "release", "cancellation", "progress")


@dataclass
class Course:
    """The entries of one payment."""

    captures: list[Item] = field(default_factory=list)
    releases: list[Item] = field(default_factory=list)
    cancellations: list[Item] = field(default_factory=list)
    progress: Item | None = None

    @property
    def any_entry(self) -> str:
        found = [*self.captures, *self.releases, *self.cancellations, *([self.progress] if self.progress else [])]
        return str(found[0]["sk"])


def check_payments(partition: Partition, findings: Findings) -> None:
    courses = _courses(partition, findings)
    for digest, course in courses.items():
        payment = partition.payments.get(digest)
        if payment is None or payment.get("status") not in ("approved", "held"):
            findings.add("payment_missing", course.any_entry, f"the approved or held payment {digest} is missing")
            continue
        findings.each([payment], lambda paid, course=course: _check(partition, paid, course, findings))  # type: ignore[misc]


def _courses(partition: Partition, findings: Findings) -> dict[Digest, Course]:
    """By payment: all holds, and every other payment with later entries."""
    courses: dict[Digest, Course] = {}
    for digest, payment in partition.payments.items():
        if payment.get("status") == "held":
            courses[digest] = Course()

    def of(digest: Digest) -> Course:
        return courses.setdefault(digest, Course())

    findings.each(partition.by_kind["capture"], lambda item: of(item["payment"]).captures.append(item))
    findings.each(partition.by_kind["cancellation"], lambda item: of(item["payment"]).cancellations.append(item))
    for item in partition.by_kind["release"]:
        of(digest_in(item)).releases.append(item)
    for item in partition.by_kind["progress"]:
        of(digest_in(item)).progress = item
    return courses


def _check(partition: Partition, payment: Item, course: Course, findings: Findings) -> None:
    held = payment["status"] == "held"
    if not held and (course.captures or course.releases):
        findings.add("not_a_hold", course.any_entry, f"{payment['sk']} was captured when it was authorised")
        return
    course.captures.sort(key=lambda item: item["capture"])
    captured = [(0, payment["amount"], payment["month"])]
    if held:
        captured = _check_captures(partition, payment, course, findings)
    total = sum(won for _, won, _ in captured)
    released = _check_release(partition, payment, course, total, findings) if held else 0
    if total + released > payment["amount"]:
        what = f"{total} won are captured and {released} released of {payment['amount']}"
        findings.add("more_than_held", payment["sk"], what)
    cancelled = _check_cancellations(captured, course, findings)
    if course.cancellations and not held:
        check_cancelled_discounts(payment, course.cancellations, sum(cancelled.values()), findings)
    if course.progress is None:
        if held or course.cancellations:
            findings.add("progress_missing", payment["sk"], "it has later entries, but no progress")
        return
    _check_progress(payment, course, captured, cancelled, released, findings)


def _check_captures(
    partition: Partition, payment: Item, course: Course, findings: Findings
) -> list[tuple[int, int, str]]:
    """Capture number, won and month of each capture of a hold."""
    position = 0
    captured = []
    for number, item in enumerate(course.captures, 1):
        start, end = item["slice"]
        sk = item["sk"]
        findings.unequal("capture_number", sk, "its number", item["capture"], number)
        findings.unequal("capture_slice", sk, "its slice", [start, end], [position, position + item["amount"]])
        came_from = between(payment["paid_from"], start, end)
        findings.unequal("capture_slice", sk, "its purses", item["paid_from"], came_from)
        findings.unequal("capture_of_another_payment", sk, "its merchant", item["paid_to"], payment["merchant_id"])
        judged_by, of_hold = _known(item["facts"]), _known(payment["facts"])
        findings.unequal("capture_of_another_payment", sk, "its payment facts", judged_by, of_hold)
        findings.unequal("hold_changed", sk, "the hash of its hold", item["hold_hash"], partition.hash_of(payment))
        if item["accepted_at"] >= payment["expires_at"]:
            findings.add(
                "captured_after_expiry",
                sk,
                f"it was accepted at {item['accepted_at']}; the hold expired at {payment['expires_at']}",
            )
        position += item["amount"]
        captured.append((number, item["amount"], item["month"]))
    return captured


def _known(facts: Any) -> dict[str, Any]:
    """Facts by name, from either form of the codec."""
    return {name: value for name, value in facts_by_name(facts).items() if value is not None}


def _check_release(partition: Partition, payment: Item, course: Course, captured: int, findings: Findings) -> int:
    """Check the release of a hold; return the won released."""
    for item in course.releases:
        returned = between(payment["paid_from"], captured, payment["amount"])
        sk = item["sk"]
        findings.unequal("release_amount", sk, "its amount", item["amount"], sum(won for _, won in item["returned"]))
        going = sent_on(returned, item.get("repaid", ()))
        findings.unequal("release_amount", sk, "its release", dict(map(tuple, item["returned"])), going)
        findings.unequal("hold_changed", sk, "the hash of its hold", item["hold_hash"], partition.hash_of(payment))
    return sum(item["amount"] for item in course.releases)


def _check_cancellations(captured: list[tuple[int, int, str]], course: Course, findings: Findings) -> dict[int, int]:
    """Won cancelled of each capture, by capture number."""
    months = {number: month for number, _, month in captured}
    cancelled = dict.fromkeys(months, 0)
    for item in course.cancellations:
        for number, won, month, *_ in item["of"]:
            if number not in months:
                findings.add("capture_missing", item["sk"], f"it cancels capture {number}, which is missing")
                continue
            findings.unequal(
                "month_of_another_capture", item["sk"], "the month of the cancelled capture", month, months[number]
            )
            cancelled[number] += won
    for number, won, _ in captured:
        if cancelled[number] > won:
            what = f"{cancelled[number]} won of capture {number} are cancelled, but it captured {won}"
            findings.add("more_than_captured", course.cancellations[-1]["sk"], what)
    return cancelled


def _check_progress(
    payment: Item,
    course: Course,
    captured: list[tuple[int, int, str]],
    cancelled: dict[int, int],
    released: int,
    findings: Findings,
) -> None:
    assert course.progress is not None
    stored, sk = course.progress, course.progress["sk"]
    held = payment["status"] == "held"
    still_held = payment["amount"] - sum(won for _, won, _ in captured) - released if held else 0
    changes = len(course.captures) + len(course.releases) + len(course.cancellations) + held
    expected = [[won, cancelled[number], month] for number, won, month in captured]
    check = "progress_disagrees"
    findings.unequal(check, sk, "its amount", stored["amount"], payment["amount"])
    findings.unequal(check, sk, "its amount held", stored["held"], still_held)
    findings.unequal(check, sk, "its captures", stored["captures"], expected)
    findings.unequal(check, sk, "its version", stored["version"], changes)
    findings.unequal(check, sk, "its end", stored.get("expires_at"), payment.get("expires_at"))
    findings.unequal(check, sk, "whether it expires", "expiring" in stored, still_held > 0)
    if "ended_by" in stored:
        left = still_held + sum(won - cancelled[number] for number, won, _ in captured)
        expected_end = _ended_by(findings.wallet_id, course) if left == 0 else None
        findings.unequal(check, sk, "the entry that ended it", stored["ended_by"], expected_end)


def _ended_by(wallet_id: str, course: Course) -> str:
    """The entry that ended a payment of which nothing is left."""
    if not course.captures and course.releases:
        return str(course.releases[0]["reason"])
    payment = str(course.cancellations[0]["payment"]) if course.cancellations else ""
    by_reversal = request_digest("reversed", wallet_id, payment)
    return "reversed" if any(digest_in(item) == by_reversal for item in course.cancellations) else "cancelled"
