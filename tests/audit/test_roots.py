"""Daily roots find what chains cannot: a person who changes an entry can recompute its chain, but not the root of an earlier day."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from moto import mock_aws

from eeum.audit.partition import Deviation
from eeum.audit.report import in_memory
from eeum.audit.root_folder import RootFolder
from eeum.audit.roots import (
    MOST_NAMED,
    AnotherRoot,
    Root,
    RootStore,
    document_hash,
    last_midnight,
    merkle_root,
    store_root,
    verify_root,
)
from eeum.aws.roots import RootBucket
from eeum.calendar import text_of
from eeum.journal.chain import Head, entry_hash, linked
from eeum.storage import Key, Table
from eeum.wallet.rules import DebitOrder
from eeum.wallet.use_cases import OpenWallet, open_wallet
from tests.audit.life import DAY, FEBRUARY, JANUARY, Items, report_of, several, store_history, stored
from tests.use_cases.world import World

BUCKET = "records"
HEADS = [f"{number:08} {number} {number:x}" for number in range(5)]


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = botocore.session.get_session().create_client(
            "s3", "us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        client.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
        yield client
        client.close()


@pytest.fixture(params=["folder", "bucket"])
def roots(request: pytest.FixtureRequest, tmp_path: Path) -> RootStore:
    if request.param == "folder":
        return RootFolder(tmp_path / "roots")
    return RootBucket(request.getfixturevalue("s3"), BUCKET)


def _wrong(deviations: list[Deviation]) -> list[tuple[str, str, str]]:
    return [(each.check, each.wallet_id, each.entry) for each in deviations]


# --- storage ----------------------------------------------------------------------------------------------


def test_a_root_is_stored_with_its_heads(roots: RootStore) -> None:
    assert (roots.dates(), roots.root("2021-02-03"), list(roots.heads("2021-02-03"))) == ([], None, [])
    first = store_root(roots, last_midnight(FEBRUARY), iter(HEADS), None)
    second = store_root(roots, last_midnight(FEBRUARY + DAY), iter(HEADS[:2]), first)
    assert roots.dates() == ["2021-02-02", "2021-02-03"]
    assert (roots.root("2021-02-02"), list(roots.heads("2021-02-02"))) == (first, HEADS)
    assert (roots.root("2021-02-03"), list(roots.heads("2021-02-03"))) == (second, HEADS[:2])
    assert (first.as_of, first.wallets, first.previous) == ("2021-02-03T00:00:00.000+09:00", 5, "")
    assert first.root == merkle_root(HEADS)
    assert second.previous == document_hash(first)


def test_a_city_without_wallets_has_a_root(roots: RootStore) -> None:
    root = store_root(roots, last_midnight(FEBRUARY), iter(()), None)
    assert (root.wallets, root.root, list(roots.heads(root.date))) == (0, merkle_root([]), [])
    assert verify_root(root, roots.heads(root.date), []) == []


def test_a_root_is_never_overwritten_by_another(roots: RootStore) -> None:
    midnight = last_midnight(FEBRUARY)
    root = store_root(roots, midnight, HEADS, None)
    assert store_root(roots, midnight, HEADS, None) == root
    with pytest.raises(AnotherRoot):
        store_root(roots, midnight, HEADS[:3], None)
    with pytest.raises(AnotherRoot):
        roots.add(replace(root, previous="x"))
    assert (roots.root(root.date), list(roots.heads(root.date))) == (root, HEADS)


def test_later_versions_of_a_root_in_the_bucket_do_not_count(s3: Any) -> None:
    roots = RootBucket(s3, BUCKET)
    root = store_root(roots, last_midnight(FEBRUARY), HEADS, None)
    s3.put_object(Bucket=BUCKET, Key=f"roots/{root.date}.json", Body=replace(root, root="x").document().encode())
    s3.delete_object(Bucket=BUCKET, Key=f"heads/{root.date}.txt")
    assert (roots.dates(), roots.root(root.date), list(roots.heads(root.date))) == ([root.date], root, HEADS)


def test_heads_of_many_wallets_are_stored_and_read_in_parts(s3: Any, tmp_path: Path) -> None:
    """As one object, in the form that earlier releases stored at once."""
    many = [f"{number:026} {number} {number:064x}" for number in range(120_000)]
    sent: list[str] = []
    s3.meta.events.register("before-call.s3", lambda model, **_: sent.append(model.name))
    roots = RootBucket(s3, BUCKET)
    root = store_root(roots, last_midnight(FEBRUARY), iter(many), None)
    assert (sent.count("UploadPart"), sent.count("CompleteMultipartUpload")) == (2, 1)
    body = s3.get_object(Bucket=BUCKET, Key=f"heads/{root.date}.txt")["Body"].read()
    assert body == "".join(f"{line}\n" for line in many).encode()
    assert verify_root(root, roots.heads(root.date), many) == []
    assert store_root(roots, last_midnight(FEBRUARY), iter(many), None) == root
    with pytest.raises(AnotherRoot):
        store_root(roots, last_midnight(FEBRUARY), iter([*many[:-1], HEADS[0]]), None)
    # The folder's root is the same.
    assert store_root(RootFolder(tmp_path), last_midnight(FEBRUARY), iter(many), None) == root


def test_a_report_is_kept(s3: Any, life: Items) -> None:
    roots = RootBucket(s3, BUCKET)
    key = roots.add_report(report_of(stored(life), roots))
    assert key == f"reports/{text_of(FEBRUARY + DAY)}.json"
    kept = json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    assert (kept["checked"]["wallets"], kept["deviations"], kept["root"]["wallets"]) == (1, [], 1)


# --- contents ----------------------------------------------------------------------------------------------------


def test_a_merkle_root_depends_on_every_line_and_their_order() -> None:
    """The empty tree, and trees of one and two leaves, are as in RFC 6962; any change gives another root."""
    assert merkle_root([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle_root([""]) == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    for count in range(1, 18):
        lines = [f"line {number}" for number in range(count)]
        others = [[*lines[:place], "x", *lines[place + 1 :]] for place in range(count)]
        others += [lines[:-1], [*lines, lines[-1]], [*lines[1:], lines[0]] if count > 1 else []]
        assert merkle_root(lines) not in {merkle_root(other) for other in others}


def test_a_merkle_root_is_that_of_its_levels() -> None:
    """Computed level by level: pairs of nodes are hashed together, and an odd one moves up."""
    for count in [*range(1, 70), 1_000]:
        lines = [f"line {number}" for number in range(count)]
        level = [hashlib.sha256(b"\0" + line.encode()).digest() for line in lines]
        while len(level) > 1:
            pairs = zip(level[::2], level[1::2], strict=False)
            level = [hashlib.sha256(b"\1" + one + other).digest() for one, other in pairs] + level[len(level) & ~1 :]
        assert merkle_root(lines) == level[0].hex()


def test_each_wallet_that_disagrees_with_a_root_is_named(tmp_path: Path) -> None:
    roots = RootFolder(tmp_path)
    root = store_root(roots, last_midnight(FEBRUARY), HEADS, None)
    now = ["00000000 9 f", *HEADS[1:2], *HEADS[3:], "00000007 1 a"]
    wrong = verify_root(root, roots.heads(root.date), now)
    assert [each.wallet_id for each in wrong] == ["00000000", "00000002", "00000007"]
    assert [each.detail.rpartition("now ends with ")[2] for each in wrong] == [
        "link 9 (f)", "no wallet", "link 1 (a)",
    ]  # fmt: skip
    assert "no wallet" in wrong[2].detail.partition("; ")[0]


def test_most_wallets_that_disagree_are_counted_alone(tmp_path: Path) -> None:
    roots = RootFolder(tmp_path)
    many = [f"{number:026} 1 a" for number in range(MOST_NAMED + 7)]
    root = store_root(roots, last_midnight(FEBRUARY), many, None)
    wrong = verify_root(root, roots.heads(root.date), [line.replace(" 1 a", " 2 b") for line in many])
    assert len(wrong) == MOST_NAMED + 1
    assert (wrong[-1].wallet_id, wrong[-1].detail) == ("", "7 further wallets disagree with it")


def test_heads_in_memory_are_read_in_order_and_more_than_once() -> None:
    heads = in_memory({"one": HEADS[::-1], "other": []})
    assert [list(heads["one"]()), list(heads["one"]()), list(heads["other"]())] == [HEADS, HEADS, []]


def test_a_day_s_root_is_stored_once_and_verified_by_every_later_audit(roots: RootStore) -> None:
    world = World()
    store_history(world)
    several(world, 3)
    first = report_of(world.memory, roots, FEBRUARY + DAY)
    assert first.deviations == []
    assert first.root is not None
    assert (first.root.date, first.root.wallets) == ("2021-02-03", 4)
    again = report_of(world.memory, roots, FEBRUARY + DAY * 1.1)
    assert (again.root, again.roots_verified, again.deviations) == (None, ["2021-02-03"], [])
    world.now = FEBRUARY + DAY * 1.2
    open_wallet(OpenWallet("newcomer", DebitOrder.CHARGED_FIRST), world.holding)
    world.top_up(world.wallet(world.entries("wallet")[0]["pk"][7:]), 10_000)
    later = report_of(world.memory, roots, FEBRUARY + 2 * DAY)
    assert (later.roots_verified, later.deviations) == (["2021-02-03"], [])
    assert later.root is not None
    assert (later.root.date, later.root.previous) == ("2021-02-04", document_hash(first.root))


def test_a_root_is_stored_only_some_time_after_midnight(life: Items, roots: RootStore) -> None:
    midnight = last_midnight(FEBRUARY + DAY)
    assert report_of(stored(life), roots, midnight + DAY / 24 / 60).root is None
    assert report_of(stored(life), roots, midnight + DAY / 24 / 4).root is not None


# --- findings ---------------------------------------------------------------------------------------------------


def _relink(items: Items) -> None:
    """Recompute the whole chain, as an attacker with the right to write everything could."""
    head = Head()
    keys = [key for key, item in items.items() if "chain" in item and key.sk != "WALLET"]
    for key in sorted(keys, key=lambda key: items[key]["chain"]["length"]):
        source = items[key]["chain"]["source"]
        kind, *parts = key.sk.split("#")
        if kind == "CORRECTION":
            source = entry_hash(_item(items, f"CANCELLATION#{parts[1]}"))
        elif kind == "EARNING" and parts[2] == "0":
            source = entry_hash(_item(items, f"PAYMENT#{parts[1]}"))
        head, items[key] = linked(head, items[key], source)
    _item(items, "WALLET")["chain"] = {"length": head.length, "head": head.hash}


def _item(items: Items, sk: str) -> dict[str, Any]:
    return next(item for key, item in items.items() if key.sk == sk)


def _first(items: Items, start: str, **attributes: Any) -> Key:
    return next(
        key
        for key in sorted(items)
        if key.sk.startswith(start) and all(items[key].get(name) == value for name, value in attributes.items())
    )


def _changed(start: str, **attributes: Any) -> Callable[[Items], Any]:
    return lambda items: items[_first(items, start, **attributes)].update(note="added later")


def _top_up_removed(items: Items) -> None:
    """Remove a top-up with its money, so that there is no other deviation."""
    top_up = items.pop(_first(items, "TOP_UP#", status="completed"))
    del items[_first(items, "CLAIM", top_up=top_up["sk"].removeprefix("TOP_UP#"))]
    _item(items, "WALLET")["purses"]["charged"]["amount"] -= top_up["amount"]


TAMPERING: dict[str, Callable[[Items], Any]] = {
    "a top-up": _changed("TOP_UP#", status="completed"),
    "a payment": _changed("PAYMENT#", status="approved"),
    "a cancellation": _changed("CANCELLATION#"),
    "an earning": _changed("EARNING#"),
    "a correction": _changed("CORRECTION#"),
    "a release": _changed("RELEASE#"),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_only_the_root_shows_a_recomputed_chain(life: Items, tmp_path: Path, what: str) -> None:
    roots = RootFolder(tmp_path)
    assert report_of(stored(life), roots).deviations == []
    TAMPERING[what](life)
    _relink(life)
    (wallet_id,) = {key.pk.removeprefix("WALLET#") for key in life if key.pk.startswith("WALLET#")}
    report = report_of(stored(life), roots, FEBRUARY + 2 * DAY)
    assert _wrong(report.deviations) == [("root_disagrees", wallet_id, "WALLET")]
    assert "2021-02-03" in report.deviations[0].detail


def test_the_root_shows_removed_last_entries_and_removed_wallets(tmp_path: Path) -> None:
    world = World()
    world.now = JANUARY
    payer, other = world.member("payer"), world.member("other")
    for wallet in (payer, other):
        world.top_up(wallet, 100_000)
    roots = RootFolder(tmp_path)
    report_of(world.memory, roots)
    items: Items = {Key(Table.LEDGER, each["pk"], each["sk"]): each for each in world.memory.items(Table.LEDGER)}
    # The claims of bank references are removed too, so that there is no other deviation.
    of_payer = {
        key: item for key, item in items.items() if payer.id in (key.pk.removeprefix("WALLET#"), item.get("wallet_id"))
    }
    rest = {key: item for key, item in items.items() if key not in of_payer}
    gone = report_of(stored(rest), roots, FEBRUARY + 2 * DAY)
    assert _wrong(gone.deviations) == [("root_disagrees", payer.id, "WALLET")]
    _top_up_removed(of_payer)
    _relink(of_payer)
    shorter = report_of(stored({**rest, **of_payer}), roots, FEBRUARY + 2 * DAY)
    # The root of the day before shows it, and that of the day on which the wallet was missing.
    assert _wrong(shorter.deviations) == [("root_disagrees", payer.id, "WALLET")] * 2


def test_the_root_shows_a_backdated_entry(tmp_path: Path) -> None:
    """The entry is linked at the end of the chain, with an instant before the root's."""
    world = World()
    world.now = JANUARY
    payer = world.member("payer")
    world.top_up(payer, 100_000)
    roots = RootFolder(tmp_path)
    report_of(world.memory, roots)
    world.top_up(payer, 50_000)
    report = report_of(world.memory, roots, FEBRUARY + 2 * DAY)
    assert _wrong(report.deviations) == [("root_disagrees", payer.id, "WALLET")]


def test_a_root_that_was_changed_is_found(life: Items, tmp_path: Path) -> None:
    roots = RootFolder(tmp_path)
    for days in (1, 2, 3):
        assert report_of(stored(life), roots, FEBRUARY + days * DAY).deviations == []
    heads, document = tmp_path / "2021-02-04.heads", tmp_path / "2021-02-04.json"
    kept_heads, kept = heads.read_text(), document.read_text()
    for path, contents in (
        (heads, kept_heads.replace(" ", " 1", 1)),
        (heads, ""),
        (document, replace(Root(**json.loads(kept)), root="0" * 64).document()),
        (document, replace(Root(**json.loads(kept)), previous="0" * 64).document()),
        (document, "{}"),
    ):
        path.chmod(0o644)
        before = path.read_text()
        path.write_text(contents)
        report = report_of(stored(life), roots, FEBRUARY + DAY * 3.1)
        assert {each.check for each in report.deviations} == {"root_damaged"}, contents
        path.write_text(before)
    assert report_of(stored(life), roots, FEBRUARY + DAY * 3.1).deviations == []
