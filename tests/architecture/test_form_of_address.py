"""Whoever chooses texts for customers asks how the business addresses them."""

import json
import re

from bot.channels.wire import SORRY
from manifest.package import build
from tests.address import FORMAL, INFORMAL
from tests.integration.processes import ROOT
from tests.unit.manifest.test_manifest_checks import an_identity

BOT = ROOT / "bot"
STAFF = {"web/decision_page.py", "evidence_command.py", "outage_report.py"}
"""What these show is read by the staff, the operator or a court."""
SESSIONS = "web/booking_session.py"
ASKS = re.compile(r"\b(?:addressed|language_for)\(")
SHOWS = re.compile(r"\bcards\.(?:render|frozen)\(|\bpages\.render\(|\basked_language\(request")


def modules_with(pattern: re.Pattern[str]) -> set[str]:
    files = (file for file in BOT.rglob("*.py") if "understanding" not in file.parts)
    return {
        file.relative_to(BOT).as_posix()
        for file in files
        if pattern.search(file.read_text(encoding="utf-8"))
    }


def test_the_language_of_a_customer_is_read_where_the_form_of_address_is_added() -> None:
    assert modules_with(re.compile(r"\bcustomer\.language\b")) == {"texts/addressing.py"}


def test_whoever_shows_something_to_customers_asks_for_the_form_of_address() -> None:
    showing = modules_with(SHOWS) - STAFF - {SESSIONS}
    assert len(showing) >= 7
    assert showing - modules_with(ASKS) == set()


def test_where_no_business_is_known_nobody_is_addressed_in_german() -> None:
    package = json.dumps(build(an_identity(), "1.0.0").manifest, ensure_ascii=False)
    for said in (SORRY, package):
        assert (FORMAL.findall(said), INFORMAL.findall(said)) == ([], [])
