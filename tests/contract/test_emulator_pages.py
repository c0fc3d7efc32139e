"""The emulator's pages: what a person sees, and that foreign text can do nothing there."""

import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import pytest

from tests.contract.emulator_world import ANNA, BEN, World, an_event, moment

EVIL = "<script>alert(1)</script>"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with World() as running:
        yield running


async def page(world: World, path: str, **headers: str) -> str:
    answer = await world.http.get(path, headers=headers)
    assert answer.status == 200, path
    assert "script" not in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    return await answer.text()


def link(text: str, pattern: str) -> str:
    found = re.search(f'href="({pattern}[^"]*)"', text)
    assert found, text
    return unescape(found[1])


def today(**changes: Any) -> dict[str, Any]:
    times = {"start": moment("2026-11-24T09:00:00"), "end": moment("2026-11-24T09:30:00")}
    return an_event(**times, **changes)


async def send(world: World, **changes: Any) -> None:
    message = {
        "subject": "Ihr Termin",
        "body": {"contentType": "html", "content": f"<p style='color:red'>Hallo</p>{EVIL}"},
        "toRecipients": [{"emailAddress": {"address": "alex@example.com"}}],
        "attachments": [{"name": "Termin ä.ics", "contentBytes": "QkVHSU4="}],
        **changes,
    }
    status, _ = await world.call("POST", f"/users/{ANNA}/sendMail", {"message": message})
    assert status == 202


async def test_the_week_shows_the_booking_in_local_time_and_marks_it(world: World) -> None:
    await world.create(today())
    text = await page(world, "/?lang=de")
    assert 'class="item booking"' in text
    assert "10:00–10:30" in text


async def test_the_booking_leads_to_its_details(world: World) -> None:
    await world.create(today(body={"contentType": "text", "content": EVIL}))
    details = await page(world, link(await page(world, "/"), "/events/"))
    assert "BookingId = b1" in details
    assert 'sandbox=""' in details


async def test_the_web_link_of_an_event_is_its_page(world: World) -> None:
    event = await world.create(today())
    assert "Erstberatung" in await page(world, event["webLink"].split("/", 3)[3].join(["/", ""]))


async def test_subjects_and_names_are_never_html(world: World) -> None:
    await world.create(today(subject=EVIL, location={"displayName": EVIL}))
    week = await page(world, "/")
    details = await page(world, link(week, "/events/"))
    assert EVIL not in week + details


async def test_private_subjects_stay_private(world: World) -> None:
    await world.create(today(subject="Zahnarzt", sensitivity="private"))
    assert "Zahnarzt" not in await page(world, "/")


async def test_an_event_over_midnight_stands_on_both_days(world: World) -> None:
    times = {"start": moment("2026-11-24T21:00:00"), "end": moment("2026-11-25T02:00:00")}
    await world.create(an_event(**times))
    assert (await page(world, "/")).count("Erstberatung") == 2


async def test_other_weeks_are_one_link_away(world: World) -> None:
    await world.create()
    text = await page(world, "/?lang=en")
    assert "Erstberatung" not in text
    assert "Erstberatung" in await page(world, link(text, r"/\?week=2026-11-30"))


@pytest.mark.parametrize("week", ["x", "0001-01-01", "9999-12-31", ""])
async def test_a_bad_week_shows_this_one(world: World, week: str) -> None:
    assert "48" in await page(world, f"/?week={week}")


@pytest.mark.parametrize(
    ("query", "accepted", "word"),
    [
        ("?lang=de", "en", "Kalender"),
        ("", "de-DE,de;q=0.9", "Kalender"),
        ("", "fr,en;q=0.5", "Calendar"),
        ("?lang=xx", "", "Calendar"),
    ],
)
async def test_pages_speak_the_language_wanted(
    world: World, query: str, accepted: str, word: str
) -> None:
    assert word in await page(world, f"/{query}", **{"Accept-Language": accepted})


async def test_a_mail_shows_its_text_in_a_frame_that_can_do_nothing(world: World) -> None:
    await send(world)
    mail = await page(world, link(await page(world, "/mail"), "/mail/"))
    frame = re.search(r'<iframe src="([^"]*)" sandbox=""', mail)
    assert frame
    answer = await world.http.get(unescape(frame[1]))
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "Hallo" in await answer.text()


async def test_an_attachment_is_downloaded_under_its_name(world: World) -> None:
    await send(world)
    mail = await page(world, link(await page(world, "/mail"), "/mail/"))
    answer = await world.http.get(link(mail, '/mail/[^"]*/attachments/'))
    assert await answer.read() == b"BEGIN"
    assert answer.headers["Content-Disposition"].endswith("Termin%20%C3%A4.ics")


async def test_an_invitation_of_exchange_is_shown_but_is_no_message(world: World) -> None:
    await world.create(today(attendees=[{"emailAddress": {"address": BEN}}]))
    assert "Invitation" in await page(world, "/mail?lang=en")
    _, messages = await world.call("GET", f"/users/{ANNA}/messages")
    assert messages["value"] == []


@pytest.mark.parametrize(
    "path", ["/mail/none", "/mail/none/text", "/mail/none/attachments/0", "/events/x/y"]
)
async def test_what_is_gone_is_404(world: World, path: str) -> None:
    assert (await world.http.get(path)).status == 404


async def test_a_button_breaks_the_calendar_and_another_mends_it(world: World) -> None:
    await world.http.post("/faults", data={"switch": "calendar_down"})
    assert (await world.schedule(ANNA))[0] == 503
    await world.http.post("/faults", data={"switch": "all_well"})
    assert (await world.schedule(ANNA))[0] == 200


async def test_a_button_makes_a_mailbox_disappear(world: World) -> None:
    await world.http.post("/faults", data={"switch": "dead_mailbox", "mailbox": BEN})
    assert (await world.call("GET", f"/users/{BEN}/calendar"))[0] == 404
    assert BEN in await page(world, "/faults")


async def test_another_site_cannot_press_the_buttons(world: World) -> None:
    foreign = {"Origin": "https://evil.example"}
    answer = await world.http.post("/faults", data={"switch": "mail_down"}, headers=foreign)
    assert answer.status == 403
    assert world.tenant.faults.active == []


async def test_the_pages_have_their_style(world: World) -> None:
    answer = await world.http.get("/style.css")
    assert answer.content_type == "text/css"


async def edited(world: World, **form: str) -> int:
    path = link(await page(world, "/"), "/events/")
    answer = await world.http.post(path, data=form, allow_redirects=False)
    return answer.status


async def test_an_event_is_moved_on_its_page_and_keeps_its_length(world: World) -> None:
    await world.create(today())
    assert await edited(world, do="move", start="2026-11-24T14:15") == 303
    assert "14:15–14:45" in await page(world, "/?lang=de")


async def test_an_event_is_deleted_on_its_page(world: World) -> None:
    await world.create(today())
    assert await edited(world, do="delete") == 303
    assert "Erstberatung" not in await page(world, "/")


@pytest.mark.parametrize("start", ["", "tomorrow"])
async def test_an_unreadable_start_moves_nothing(world: World, start: str) -> None:
    await world.create(today())
    assert await edited(world, do="move", start=start) == 303
    assert "10:00–10:30" in await page(world, "/?lang=de")


async def test_another_site_edits_no_event(world: World) -> None:
    await world.create(today())
    path = link(await page(world, "/"), "/events/")
    foreign = {"Origin": "https://evil.example"}
    answer = await world.http.post(path, data={"do": "delete"}, headers=foreign)
    assert answer.status == 403
    assert "Erstberatung" in await page(world, "/")
