"""The sign-in page with the local city's people: the emulator's own form, filled in."""

from __future__ import annotations

from local import sign_in
from local.front.sign_in_page import with_people

FORM = """<html><div class="error">Incorrect username or password.</div><form method="POST" action="/login">
<input type="hidden" name="client_id" value="c1">
<input type="hidden" name="state" value="a&quot;&gt;&lt;script&gt;b">
<input type="text" id="username" name="username"><input type="password" id="password" name="password"></form></html>"""
HTML = [("Content-Type", "text/html; charset=utf-8")]


def people(client: str) -> list[str]:
    return {"c1": ["resident-1", "resident-2"]}.get(client, [])


def test_each_person_of_the_client_has_a_form_that_signs_in() -> None:
    status, headers, contents = with_people((200, HTML, FORM.encode()), people)
    page = contents.decode()

    assert status == 200
    assert page.count('<form method="post" action="/login">') == 3
    assert sign_in.form_fields(page)["state"] == 'a"><script>b'
    assert sign_in.form_fields(page)["username"] == sign_in.address("resident-2")
    assert "<script" not in page
    assert "Incorrect username or password." in page
    policy = dict(headers)["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_an_answer_that_is_no_form_stays_as_it_is() -> None:
    for answer in (
        (302, [("Location", "http://localhost/resident/signed-in?code=1")], b""),
        (400, [("Content-Type", "application/json")], b'{"error": "invalid_request"}'),
        (200, HTML, b"<form>another page of the pool's</form>"),
    ):
        assert with_people(answer, people) == answer
