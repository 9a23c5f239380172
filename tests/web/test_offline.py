"""The installed app: its shell without a connection, and an update while a tab is open."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Page, Route, expect

from tests.web.fixtures import NewVisit
from tests.web.place import Place

WORKER = re.compile(r"/resident/worker\.js$")


def installed(page: Page) -> None:
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    page.wait_for_function("caches.keys().then(names => names.length === 1)")


def test_the_shell_opens_without_a_connection_and_comes_back_with_it(place: Place, new_visit: NewVisit) -> None:
    visit = new_visit(service_workers="allow")
    page = visit.open("")
    installed(page)
    page.reload()
    page.context.set_offline(True)
    page.goto(f"{place.address}/resident/history")
    expect(page.locator("h1")).to_have_text("인터넷에 연결되어 있지 않습니다")
    page.context.set_offline(False)
    expect(page.get_by_role("button", name="로그인")).to_be_visible()


def test_without_a_connection_the_last_balance_is_shown_with_its_time(place: Place, new_visit: NewVisit) -> None:
    page = new_visit(service_workers="allow").sign_in(place.member(charged=50_000))
    expect(page.locator(".won-big")).to_have_text("50,000원")
    page.context.set_offline(True)
    expect(page.locator("h1")).to_have_text("인터넷에 연결되어 있지 않습니다")
    expect(page.locator("main")).to_contain_text("에 확인한 잔액")
    expect(page.locator(".won-big")).to_have_text("50,000원")
    page.context.set_offline(False)
    expect(page.locator(".balance")).to_be_visible()


def test_no_answer_of_the_api_is_kept(place: Place, new_visit: NewVisit) -> None:
    page = new_visit(service_workers="allow").sign_in(place.member(charged=50_000))
    installed(page)
    kept = page.evaluate(
        "caches.keys().then(names => Promise.all(names.map(name => caches.open(name).then(cache => cache.keys()))))"
        ".then(all => all.flat().map(request => new URL(request.url).pathname))"
    )
    assert "/resident/" in kept
    assert [path for path in kept if path.startswith(("/api", "/config", "/oauth2"))] == []


def test_a_deployment_under_an_open_tab_loses_nothing(place: Place, new_visit: NewVisit) -> None:
    """A new worker is deployed: the page keeps working and announces it, and typed text is there after the update."""
    visit = new_visit(service_workers="allow")
    member = place.member(charged=50_000)
    page = visit.sign_in(member, f"pay/{place.shops['송도 다방']}")
    installed(page)
    page.reload()
    page.get_by_role("button", name="로그인", exact=True).click()
    visit.fill_in(member)
    page.fill("#amount", "4400")
    bucket = place.city.stack.outputs["WebBucket"]
    storage = place.city.emulator.client("s3")
    object_ = storage.get_object(Bucket=bucket, Key="resident/worker.js")
    code = object_["Body"].read()
    another = re.sub(rb"eeum-resident-[^`\"']*", b"eeum-resident-another", code, count=1)
    kind = {"ContentType": object_["ContentType"], "CacheControl": object_["CacheControl"]}
    assert another != code
    try:
        storage.put_object(Bucket=bucket, Key="resident/worker.js", Body=another, **kind)
        page.evaluate("navigator.serviceWorker.getRegistration().then(each => each.update()).then(() => undefined)")
        prompt = page.get_by_text("새 버전이 있습니다.")
        expect(prompt).to_be_visible()
        expect(page.locator("#amount")).to_have_value("4,400")
        page.get_by_role("button", name="지금 바꾸기").click()
        page.get_by_role("button", name="로그인", exact=True).click()
        visit.fill_in(member)
        expect(page.locator("#amount")).to_have_value("4,400")
    finally:
        storage.put_object(Bucket=bucket, Key="resident/worker.js", Body=code, **kind)


def test_a_worker_can_be_switched_off(place: Place, new_visit: NewVisit) -> None:
    """`"worker": false` in `/config.json` removes the worker and all that it stored."""
    visit = new_visit(service_workers="allow")
    page = visit.open("")
    installed(page)

    def without(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=json.dumps({**answer.json(), "worker": False}))

    page.route("**/config.json", without)
    page.reload()
    page.wait_for_function(
        "navigator.serviceWorker.getRegistrations().then(async all => all.length + (await caches.keys()).length === 0)"
    )


def test_the_first_view_is_there_within_a_second_once_the_shell_is_kept(place: Place, new_visit: NewVisit) -> None:
    page = new_visit(service_workers="allow").open("")
    installed(page)
    page.reload()
    expect(page.locator("h1")).to_be_visible()
    painted = page.evaluate(
        "new Promise(found => new PerformanceObserver(list => found(list.getEntries().at(-1).startTime))"
        ".observe({ type: 'largest-contentful-paint', buffered: true }))"
    )
    assert painted < 1_000
