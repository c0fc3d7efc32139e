"""The DocumentStore port: compare-and-set, and logs without gaps."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from scheduling.errors import DocumentConflict
from scheduling.ports import Document
from tests.contract.store_world import DATABASES, SetClock, a_keeper

NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
BODY = {"text": "grüße \U0001f642 ' \" \\ \n", "list": [1, None, True], "deep": {"x": 0.5}}


@pytest.fixture(params=DATABASES)
async def documents(request, tmp_path):
    async with a_keeper(request.param, tmp_path, SetClock()) as store:
        yield store.documents


async def test_what_was_never_stored_is_empty_at_version_0(documents):
    assert await documents.read("draft", "eva") == Document({}, 0)


async def test_a_document_comes_back_with_its_version(documents):
    assert await documents.write("draft", "eva", BODY, 0, NOW) == Document(BODY, 1)
    assert await documents.read("draft", "eva") == Document(BODY, 1)
    assert await documents.write("draft", "eva", {}, 1, NOW) == Document({}, 2)


@pytest.mark.parametrize("version", [0, 2, 7])
async def test_a_write_from_an_old_reading_is_refused(documents, version):
    await documents.write("draft", "eva", {"now": 1}, 0, NOW)
    with pytest.raises(DocumentConflict):
        await documents.write("draft", "eva", {"now": 2}, version, NOW)
    assert (await documents.read("draft", "eva")).body == {"now": 1}


async def test_a_write_to_a_removed_document_is_refused(documents):
    await documents.write("draft", "eva", BODY, 0, NOW)
    await documents.remove("draft", "eva")
    assert await documents.read("draft", "eva") == Document({}, 0)
    with pytest.raises(DocumentConflict):
        await documents.write("draft", "eva", BODY, 1, NOW)


async def test_what_was_last_written_before_a_moment_is_forgotten_of_one_kind(documents):
    for key, at in (("old", NOW - DAY), ("then", NOW), ("again", NOW - DAY)):
        await documents.write("told", key, BODY, 0, at)
    await documents.write("told", "again", BODY, 1, NOW)
    await documents.write("draft", "old", BODY, 0, NOW - DAY)
    await documents.forget("told", NOW)
    assert set(await documents.all("told")) == {"then", "again"}
    assert set(await documents.all("draft")) == {"old"}


async def test_a_log_is_forgotten_as_a_whole_once_nothing_was_added_for_long(documents):
    for log, at in (
        ("chat:old", NOW - 2 * DAY),
        ("chat:old", NOW - DAY),
        ("chat:on", NOW - 2 * DAY),
        ("chat:on", NOW),
        ("chat_%", NOW - DAY),
    ):
        await documents.append(log, BODY, at)
    await documents.forget_logs("chat:", NOW)
    assert [await documents.last(log) for log in ("chat:old", "chat:on", "chat_%")] == [0, 2, 1]
    assert await documents.append("chat:old", BODY, NOW) == 1


async def test_kinds_and_keys_do_not_mix(documents):
    await documents.write("draft", "eva", BODY, 0, NOW)
    assert (await documents.read("told", "eva")).version == 0
    assert (await documents.read("draft", "max")).version == 0


@pytest.mark.parametrize("version", [0, 1])
async def test_of_many_writes_from_one_reading_one_wins(documents, version):
    if version:
        await documents.write("draft", "eva", {}, 0, NOW)
    tries = [documents.write("draft", "eva", {"by": n}, version, NOW) for n in range(50)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, Document) for result in results) == 1
    assert sum(isinstance(result, DocumentConflict) for result in results) == 49


async def test_a_log_has_no_gaps_however_many_write(documents):
    positions = await asyncio.gather(
        *(documents.append(f"log-{n % 2}", {"n": n}, NOW) for n in range(100))
    )
    assert sorted(positions) == sorted([*range(1, 51)] * 2)
    entries = await documents.entries("log-0", 0)
    assert [position for position, _ in entries] == list(range(1, 51))
    assert {body["n"] for _, body in entries} == set(range(0, 100, 2))


async def test_entries_come_after_a_position_and_in_portions(documents):
    for n in range(5):
        await documents.append("log", {"n": n}, NOW)
    assert await documents.entries("log", 2, limit=2) == [(3, {"n": 2}), (4, {"n": 3})]
    assert await documents.entries("log", 5) == []
