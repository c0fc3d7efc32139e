"""Pages and the confirmation mail: every fact in words, nothing of a customer as markup."""

from dataclasses import replace

import pytest
from jinja2 import UndefinedError

from bot import pages
from bot.cards import Links
from scheduling.booking import Booking, BookingState, Customer
from scheduling.errors import UnknownBooking
from tests.builders import a_booking, a_business, some_details

LINKS = Links("https://book.example.test")
JOIN = "https://teams.example.test/l/1"
HOSTILE = 'Eva <img src=x onerror=alert(1)> {{ 7*7 }} "Muster"'


def booked(name: str = "Eva Muster", language: str = "de", **changes: object) -> Booking:
    details = some_details(customer=Customer(name, "eva@example.test", language=language))
    return replace(
        a_booking(), state=BookingState.BOOKED, details=details, join_url=JOIN, **changes
    )


def mail(booking: Booking, links: Links = LINKS) -> tuple[str, str]:
    business = a_business(phone="+49 228 1234", email="office@example.test")
    return pages.confirmation_mail(booking, business, links, "t0ken")


def test_the_mail_names_when_what_with_whom_and_the_number() -> None:
    booking = booked()
    subject, html = mail(booking)
    assert subject.startswith("Termin gebucht: ")
    assert '<html lang="de">' in html
    assert "Montag, 9. November 2026" in html
    assert "10:00–10:30 Uhr · Berlin (MEZ, UTC+1)" in html
    assert booking.number in html
    assert f'href="{JOIN}"' in html
    assert f'href="https://book.example.test/b/{booking.id}.ics"' in html
    assert 'href="https://book.example.test/manage/t0ken"' in html
    assert "+49 228 1234" in html


def test_the_mail_speaks_the_customers_language() -> None:
    subject, html = mail(booked(language="en"))
    assert subject.startswith("Booked: ")
    assert "Monday, November 9, 2026" in html
    assert "10:00 AM – 10:30 AM · Berlin (UTC+1)" in html
    assert "gebucht" not in html


def test_a_hostile_name_is_text_in_the_mail() -> None:
    _, html = mail(booked(HOSTILE))
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt; {{ 7*7 }}" in html


@pytest.mark.parametrize("demo", [True, False])
def test_only_a_demo_says_that_nothing_is_sent(demo: bool) -> None:
    _, html = mail(booked(), links=Links("https://book.example.test", demo=demo))
    assert ("Demo: Es wird nichts verschickt." in html) is demo


def test_a_mere_hold_gets_no_confirmation() -> None:
    with pytest.raises(UnknownBooking):
        mail(replace(booked(), state=BookingState.HELD, details=None))


def test_a_name_no_template_was_given_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        pages.render("mail_confirmation.html", language="de")
