"""`evidence` as an operator meets it, and what a third person makes of the files."""

import hashlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import evidence_check
from scheduling.booking import Booking, CancelledBy
from scheduling.desk import HoldOrder
from scheduling.ledger import lane_of
from scheduling.ports import WrittenEvent
from tests.builders import NOW, at
from tests.integration.test_backup_command import DEMO, EVA, desk_over, home_in, open_in
from tests.integration.test_slots_command import bot

NOTED = replace(EVA, note="<b>leise</b>")
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def booking(tmp_path: Path) -> Booking:
    """A booking that was written and cancelled, among many holds of others, in a demo's store."""
    home = home_in(tmp_path)
    home.mkdir(parents=True)
    (home / ".terminbot-demo").touch()
    store = await open_in(home)
    desk = desk_over(store)
    order = HoldOrder("advice", None, at("10"), "anna", "eva", offered=(at("10"), at("11")))
    held = await desk.hold(order)
    await _others(desk, "before")
    booking = await desk.confirm(held.id, "eva", NOTED)
    (job,) = await store.queue.claim(1, MINUTE, NOW)
    event = WrittenEvent("event-1", booking.id, booking.span)
    await store.queue.complete(job, NOW, written=event)
    await store.bookings.cancel(booking.id, "eva", CancelledBy.CUSTOMER, (), NOW)
    await _others(desk, "after")
    await store.close()
    return booking


async def _others(desk: Any, who: str) -> None:
    for n in range(40):
        held = await desk.hold(HoldOrder("advice", None, at("12"), "anna", f"{who}-{n}"))
        await desk.release(held.id, f"{who}-{n}")


async def evidence_of(booking: Booking, folder: Path) -> Path:
    told = await bot("evidence", booking.number, "--out", "out", *DEMO, folder=folder)
    assert (told.code, told.err) == (0, "")
    assert told.out.rstrip().endswith("Sound.")
    return folder / "out"


def read(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "evidence.json").read_text(encoding="utf-8"))
    return found


def checked(out: Path, evidence: Mapping[str, Any], *more: str) -> tuple[int, str]:
    """Run the check as a stranger would: without anything of the program."""
    (out / "asked.json").write_text(json.dumps(evidence), encoding="utf-8")
    command = [sys.executable, "-I", "verify.py", "asked.json", *more]
    done = subprocess.run(command, cwd=out, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


async def test_a_third_person_can_check_every_fact(tmp_path: Path, booking: Booking) -> None:
    out = await evidence_of(booking, tmp_path)
    evidence = read(out)
    code, told = checked(out, evidence, "--key", evidence["key"])
    assert code == 0
    kinds = [line.split()[1] for line in told.splitlines()[:-1]]
    assert kinds == ["held", "confirmed", "written", "cancelled"]


def forge_details(evidence: dict[str, Any]) -> None:
    """Give only the digest of a record, which is right, and beside it values that are not."""
    (chain,) = evidence["chains"]
    (opened,) = chain["opened"]
    (link,) = (each for each in chain["links"] if each["seq"] == opened["seq"])
    body = [chain["lane"], *(link[name] for name in ("seq", "at", "kind", "booking", "values"))]
    link["content"] = evidence_check.sha256(json.dumps(body, separators=(",", ":")))
    opened["details"] = "{}"
    commitment = hashlib.sha256(bytes.fromhex(opened["salt"]) + b"{}").hexdigest()
    link["values"] = json.dumps({"commitment": commitment})


def cut_details(evidence: dict[str, Any]) -> None:
    """Let the details lose their beginning to the salt."""
    opened = evidence["chains"][0]["opened"][0]
    opened["salt"] += opened["details"][:9].encode().hex()
    opened["details"] = opened["details"][9:]


async def test_any_change_of_the_evidence_is_found(tmp_path: Path, booking: Booking) -> None:
    out = await evidence_of(booking, tmp_path)
    changes = []
    for change in (
        lambda e: e["chains"][0]["links"][0].update(at=1),
        lambda e: e["chains"][0]["links"][0].update(kind="expired"),
        lambda e: e["chains"][0]["links"].pop(0),
        lambda e: e["chains"][0]["links"].pop(-1),
        lambda e: e["chains"][0].update(before="0" * 64),
        lambda e: e["chains"][0]["opened"][0].update(details="{}"),
        lambda e: e["checkpoints"][-1].update(at="2020-01-01T00:00:00+00:00"),
        lambda e: e["checkpoints"][-1]["heads"].pop(),
        lambda e: e["checkpoints"].clear(),
        lambda e: e["chains"].clear(),
        lambda e: e.update(booking="another"),
        lambda e: e.update(number="B-2222-2222"),
        forge_details,
        cut_details,
        lambda e: e.update(key="0" * 64),
        lambda e: e.update(wordings={"0" * 64: "another text"}),
    ):
        evidence = read(out)
        change(evidence)
        (out / "changed.json").write_text(json.dumps(evidence), encoding="utf-8")
        changes.append(evidence_check.main([str(out / "changed.json")]))
    assert changes == [1] * len(changes)


async def test_another_key_than_the_published_one_is_refused(
    tmp_path: Path, booking: Booking
) -> None:
    out = await evidence_of(booking, tmp_path)
    assert checked(out, read(out), "--key", "ab" * 32)[0] == 1


async def test_the_evidence_names_nobody_else(tmp_path: Path, booking: Booking) -> None:
    evidence = read(await evidence_of(booking, tmp_path))
    (chain,) = evidence["chains"]
    named = {link["booking"] for link in chain["links"] if "booking" in link}
    assert named == {booking.id}
    strangers = [link for link in chain["links"] if "content" in link]
    assert strangers
    assert all(set(link) == {"seq", "content"} for link in strangers)


async def test_people_read_it_in_both_languages(tmp_path: Path, booking: Booking) -> None:
    out = await evidence_of(booking, tmp_path)
    german = (out / "evidence.de.html").read_text(encoding="utf-8")
    english = (out / "evidence.en.html").read_text(encoding="utf-8")
    assert "Im Kalender eingetragen und dort zurückgelesen" in german
    assert "Written to the calendar and read back" in english
    assert "Times offered" in english
    for page in (german, english):
        assert booking.number in page
        assert "Eva Kanari" in page
        assert "&lt;b&gt;leise&lt;/b&gt;" in page
        assert "evidence_" not in page


async def test_of_an_erased_customer_the_facts_are_left(tmp_path: Path, booking: Booking) -> None:
    await bot("erase-customer", booking.number, "--yes", *DEMO, folder=tmp_path)
    out = await evidence_of(booking, tmp_path)
    for file in out.iterdir():
        assert b"canary" not in file.read_bytes().lower(), file
    evidence = read(out)
    assert evidence["chains"][0]["opened"] == []
    assert checked(out, evidence)[0] == 0


async def test_evidence_of_changed_records_says_so(tmp_path: Path, booking: Booking) -> None:
    raw = sqlite3.connect(home_in(tmp_path) / "terminbot.sqlite3")
    raw.execute("DROP TRIGGER ledger_not_changed")
    raw.execute(
        "UPDATE ledger SET at = at + 1 WHERE booking_id = ? AND kind = 'confirmed'", (booking.id,)
    )
    raw.commit()
    raw.close()
    told = await bot("evidence", booking.id, "--out", "out", *DEMO, folder=tmp_path)
    assert told.code == 1
    assert "NOT SOUND" in told.out
    assert checked(tmp_path / "out", read(tmp_path / "out"))[0] == 1
    assert f"lane {lane_of(booking.id)}" in read(tmp_path / "out")["flaws"][0]


async def test_a_booking_that_is_not_known_and_a_folder_that_is_there_are_refused(
    tmp_path: Path, booking: Booking
) -> None:
    told = await bot("evidence", "B-XXXX-XXXX", *DEMO, folder=tmp_path)
    assert (told.code, told.err) == (1, "There is no booking B-XXXX-XXXX.\n")
    (tmp_path / "out").mkdir()
    told = await bot("evidence", booking.number, "--out", "out", *DEMO, folder=tmp_path)
    assert told.code == 2
