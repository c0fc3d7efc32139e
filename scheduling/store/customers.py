"""A key for each customer: what the ledger keeps of a person can be read only with it.

The pseudonym is drawn by lot, so that nothing leads from it to an address once its row is gone.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, bindparam, select

from scheduling.booking import Details
from scheduling.ledger import Value
from scheduling.store import rows
from scheduling.store.engine import Database
from scheduling.store.tables import customer_keys

SALT = NONCE = 16
_FIND = select(customer_keys.c.pseudonym, customer_keys.c.key).where(
    customer_keys.c.customer == bindparam("of_customer")
)
_BY_PSEUDONYM = select(customer_keys.c.key).where(
    customer_keys.c.pseudonym == bindparam("of_pseudonym")
)


@dataclass(frozen=True, slots=True)
class CustomerKey:
    """What the ledger calls a customer, and the AES-256 key to what it keeps of them."""

    pseudonym: str
    key: bytes


def key_of(
    connection: Connection, database: Database, customer: str, now: datetime
) -> CustomerKey:
    """Return the key of the customer with this digest, made inside the caller's transaction."""
    found = connection.execute(_FIND, {"of_customer": customer}).first()
    if found is None:
        new = {
            "pseudonym": secrets.token_hex(16),
            "customer": customer,
            "key": secrets.token_hex(32),
            "created_at": now,
        }
        connection.execute(database.insert_missing(customer_keys), new)
        # of two who come at the same time, one made it
        found = connection.execute(_FIND, {"of_customer": customer}).one()
    return CustomerKey(found.pseudonym, bytes.fromhex(found.key))


def key_by_pseudonym(connection: Connection, pseudonym: str) -> bytes | None:
    """Return the key, or None where it was destroyed."""
    found = connection.execute(_BY_PSEUDONYM, {"of_pseudonym": pseudonym}).first()
    return None if found is None else bytes.fromhex(found.key)


def sealed_values(customer: CustomerKey, booking_id: str, details: Details) -> dict[str, Value]:
    """Return what a fact keeps of the details.

    `customer`: the pseudonym. `commitment`: SHA-256 over salt and details, by which who has the
    key can prove what they were. `sealed`: salt and details, encrypted for this booking.
    """
    salt, nonce = secrets.token_bytes(SALT), secrets.token_bytes(NONCE)
    told = salt + rows.details_text(details).encode()
    closed = AESGCM(customer.key).encrypt(nonce, told, booking_id.encode())
    return {
        "customer": customer.pseudonym,
        "commitment": hashlib.sha256(told).hexdigest(),
        "sealed": base64.b64encode(nonce + closed).decode(),
    }


def unsealed(key: bytes, booking_id: str, sealed: str) -> bytes:
    """Return salt and details; ValueError where key, booking and text do not belong together."""
    content = base64.b64decode(sealed, validate=True)
    try:
        return AESGCM(key).decrypt(content[:NONCE], content[NONCE:], booking_id.encode())
    except InvalidTag:
        raise ValueError("sealed with another key, or changed") from None
