"""The wordings that customers agree to, by the digest of their text. Pure."""

import hashlib
from collections.abc import Iterator, Mapping

from scheduling.catalog import Business, Consent, Service
from scheduling.ledger import canonical


def consents_of(business: Business, service: Service) -> Mapping[str, Consent]:
    """Return the wordings to agree to, by kind."""
    asked = {"privacy": business.privacy, "consent": service.consent}
    return {kind: consent for kind, consent in asked.items() if consent}


def text_of(consent: Consent) -> str:
    """Return all that the customer is shown of a wording, in both languages, as canonical JSON."""
    return canonical(
        {
            "version": consent.version,
            "de": consent.text.in_language("de"),
            "en": consent.text.in_language("en"),
            "url": consent.url,
        }
    )


def digest_of(text: str) -> str:
    """Return the SHA-256 of a wording's text, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def agreed(business: Business, service: Service, consents: Mapping[str, str]) -> Mapping[str, str]:
    """Return the digests of the wordings whose versions were agreed to, by kind."""
    return {
        kind: digest_of(text_of(consent))
        for kind, consent in consents_of(business, service).items()
        if consents.get(kind) == consent.version
    }


def all_of(business: Business) -> Iterator[str]:
    """Yield the text of every wording that somebody may be asked to agree to now."""
    for service in business.services:
        for consent in consents_of(business, service).values():
            yield text_of(consent)
