"""The wordings that customers agree to, and their digests."""

from dataclasses import replace

from scheduling.catalog import Consent, LocalText
from scheduling.wordings import agreed, all_of, consents_of, digest_of, text_of
from tests.builders import a_business, a_service

PRIVACY = Consent("3", LocalText(de="Datenschutz", en="Privacy"), "https://example.org/p")
TARIFF = Consent("7", LocalText(de="Tarif", en="Tariff"))
SERVICE = a_service(consent=TARIFF)
BUSINESS = replace(a_business(services=(SERVICE,)), privacy=PRIVACY)


def test_what_was_agreed_to_is_named_by_the_digest_of_its_text():
    consents = {"privacy": "3", "consent": "7"}
    assert agreed(BUSINESS, SERVICE, consents) == {
        "privacy": digest_of(text_of(PRIVACY)),
        "consent": digest_of(text_of(TARIFF)),
    }


def test_another_version_was_not_agreed_to():
    assert agreed(BUSINESS, SERVICE, {"privacy": "2"}) == {}


def test_every_part_of_a_wording_changes_its_digest():
    others = [
        replace(PRIVACY, version="4"),
        replace(PRIVACY, text=LocalText(de="Datenschutz.", en="Privacy")),
        replace(PRIVACY, text=LocalText(de="Datenschutz", en="Privacy.")),
        replace(PRIVACY, url=None),
    ]
    digests = {digest_of(text_of(each)) for each in (PRIVACY, *others)}
    assert len(digests) == 1 + len(others)


def test_all_wordings_of_a_business_can_be_kept():
    assert set(all_of(BUSINESS)) == {text_of(PRIVACY), text_of(TARIFF)}


def test_a_business_without_wordings_asks_for_none():
    business = a_business(services=(a_service(),))
    assert consents_of(business, business.services[0]) == {}
