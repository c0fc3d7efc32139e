"""What the ledger keeps of a person: sealed under a key of their own, and nothing beside it."""

import hashlib
import json
from dataclasses import replace

import pytest

from scheduling.booking import Customer
from scheduling.store import customers, rows
from tests.contract.store_world import (
    DATABASES,
    EVA,
    NOW,
    SetClock,
    a_keeper,
    a_request,
    address_of,
    at,
    rows_of,
)
from tests.contract.test_store_ledger import confirmed, entries_of, said

BEN = replace(EVA, customer=Customer("Ben Roth", "ben@example.org"))


@pytest.fixture(params=DATABASES)
async def store(request, tmp_path):
    async with a_keeper(request.param, tmp_path, SetClock()) as store:
        yield store


async def key_of(store, pseudonym):
    return await store.database.read(lambda c: customers.key_by_pseudonym(c, pseudonym))


async def test_who_has_the_key_reads_what_was_confirmed_and_can_prove_it(store):
    booking = await confirmed(store)
    told = said(store, booking, "confirmed")
    key = await key_of(store, told["customer"])
    opened = customers.unsealed(key, booking.id, told["sealed"])
    assert opened[customers.SALT :].decode() == rows.details_text(EVA)
    assert hashlib.sha256(opened).hexdigest() == told["commitment"]


async def test_a_customer_keeps_one_pseudonym_however_the_address_is_written(store):
    shouting = replace(EVA, customer=replace(EVA.customer, email=" EVA@Example.org"))
    names = []
    for n, details in enumerate((EVA, shouting, BEN)):
        held = await store.bookings.hold(a_request(n * 60), NOW)
        await store.bookings.confirm(held.id, "eva", details, (), NOW)
        names.append(said(store, held, "confirmed")["customer"])
    assert names[0] == names[1] != names[2]


async def test_what_is_sealed_for_one_booking_does_not_open_for_another(store):
    booking = await confirmed(store)
    told = said(store, booking, "confirmed")
    key = await key_of(store, told["customer"])
    with pytest.raises(ValueError, match="another key"):
        customers.unsealed(key, "another", told["sealed"])


async def test_the_same_details_never_look_the_same(store):
    first = await confirmed(store)
    second = await confirmed(store, request=a_request(60))
    one, two = (said(store, each, "confirmed") for each in (first, second))
    assert {one["commitment"], one["sealed"]}.isdisjoint({two["commitment"], two["sealed"]})


async def test_nothing_leads_from_the_pseudonym_to_the_address(store):
    booking = await confirmed(store)
    digest = rows.customer_digest(EVA)
    told = json.dumps([entry.values for entry in entries_of(store)])
    assert digest not in told
    pseudonym = said(store, booking, "confirmed")["customer"]
    assert pseudonym not in digest


async def test_a_confirmation_that_is_refused_makes_no_key(store):
    held = await store.bookings.hold(a_request(), NOW)
    await store.bookings.release_hold(held.id, "eva", NOW)
    with pytest.raises(Exception, match=held.id):
        await store.bookings.confirm(held.id, "eva", EVA, (), NOW)
    assert list(rows_of(address_of(store), "SELECT 1 FROM customer_keys")) == []


async def test_a_hold_names_what_was_offered_beside_it(store):
    shown = (at(0).start, at(60).start)
    held = await store.bookings.hold(a_request(offer_id="offer-1", offered=shown), NOW)
    fact = said(store, held, "held")
    assert fact["offered"] == [start.isoformat() for start in shown]
    assert fact["offer"] == "offer-1"


async def test_a_wording_is_kept_once_under_its_digest(store):
    for _ in range(2):
        await store.ledger.keep_wordings({'{"version":"1"}'}, NOW)
    digest = hashlib.sha256(b'{"version":"1"}').hexdigest()
    assert await store.ledger.wordings([digest, "unknown"]) == {digest: '{"version":"1"}'}
