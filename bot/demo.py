"""The demo's credentials, open to everybody, and the tenant it invents for a business.

The credentials open nothing but an emulator on this computer; bot/settings.py refuses them
everywhere else.
"""

from pathlib import Path

from scheduling.catalog import Business

TENANT = "11111111-1111-4111-8111-111111111111"
CLIENT = "22222222-2222-4222-8222-222222222222"
SECRET = "demo-secret-for-the-local-emulator"  # noqa: S105 - documented, opens nothing else

DEMO_CREDENTIALS = frozenset({TENANT, CLIENT, SECRET})


EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def examples() -> list[str]:
    """Return the names of the examples that come with the product."""
    return sorted(file.parent.name for file in EXAMPLES.glob("*/business.yaml"))


def tenant_of(business: Business) -> dict[str, object]:
    """Return the emulator's tenant file: mailboxes of staff, rooms and the sender."""
    mailboxes = [
        {
            "mail": member.mailbox,
            "displayName": member.name,
            "timeZone": member.zone.key,
            "kind": "user",
        }
        for member in business.staff
    ]
    mailboxes += [
        {
            "mail": resource.mailbox,
            "displayName": resource.name.in_language(business.language),
            "timeZone": business.zone.key,
            "kind": "room",
        }
        for resource in business.resources
        if resource.mailbox
    ]
    known = {member.mailbox.lower() for member in business.staff}
    if business.mail_from and business.mail_from.lower() not in known:
        mailboxes.append(
            {
                "mail": business.mail_from,
                "displayName": business.name.de,
                "timeZone": business.zone.key,
                "kind": "shared",
            }
        )
    return {
        "tenant": TENANT,
        "clients": [{"client_id": CLIENT, "client_secret": SECRET}],
        "mailboxes": mailboxes,
    }
