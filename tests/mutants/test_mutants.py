"""Each guard is taken out of a copy of the sources, and the tests that stand for it must fail.

A mutant replaces a text that stands exactly once: when the code changes, this table has to follow.
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("scheduling", "graph", "bot", "bench", "tests", "examples", "manifest")
LAST_LINE = "scheduling/store/migrations/versions/0006_moves.py"
RACES = "tests/integration/test_contention.py"
QUEUE = "tests/contract/test_store_queue.py"


@dataclass(frozen=True)
class Mutant:
    """What is changed, and who must notice."""

    name: str
    file: str
    guard: str
    instead: str
    noticed_by: tuple[str, ...]


MUTANTS = [
    Mutant(
        "check, then insert",
        LAST_LINE,
        "f\"WHEN NEW.occupying = 1 BEGIN {refuse.format(but_itself='')} END",
        "f\"WHEN 0 BEGIN {refuse.format(but_itself='')} END",
        (f"{RACES}::test_200_holds_on_one_slot_have_one_winner[sqlite]",),
    ),
    Mutant(
        "last line on INSERT only",
        LAST_LINE,
        "f\"WHEN NEW.occupying = 1 BEGIN {refuse.format(but_itself='AND other.id <> OLD.id')} END",
        "f\"WHEN 0 BEGIN {refuse.format(but_itself='AND other.id <> OLD.id')} END",
        ("tests/contract/test_store_sqlite.py::test_no_statement_whatsoever_can_make_an_overlap",),
    ),
    Mutant(
        "no fence on completion",
        "scheduling/store/outbox.py",
        "    if changed.rowcount != 1:\n        raise StaleLease",
        "    if changed.rowcount > 1:\n        raise StaleLease",
        (
            f"{QUEUE}::test_a_frozen_workers_job_is_taken_and_its_late_result_thrown_away[sqlite]",
            f"{QUEUE}::test_a_completed_job_is_not_done_again[sqlite]",
        ),
    ),
    Mutant(
        "a fence that does not ask for the attempt",
        "scheduling/store/outbox.py",
        '    outbox.c.attempts == bindparam("attempt"),\n)',
        '    bindparam("attempt") == bindparam("attempt"),\n)',
        (f"{QUEUE}::test_a_worker_that_takes_its_own_job_again_is_fenced_by_the_attempt[sqlite]",),
    ),
    Mutant(
        "no transactionId",
        "graph/wire.py",
        '        "transactionId": f"{draft.booking_id}:{draft.version}",\n',
        "",
        (
            "tests/unit/graph/test_wire.py",
            "tests/contract/test_calendar_on_emulator.py::"
            "test_a_transaction_id_used_before_adopts_the_event_it_made",
        ),
    ),
    Mutant(
        "confirm without the state guard",
        "scheduling/store/statements.py",
        '    bookings.c.owner == bindparam("of_owner"),\n'
        "    bookings.c.state == BookingState.HELD,\n)",
        '    bookings.c.owner == bindparam("of_owner"),\n)',
        (
            "tests/contract/test_store_bookings.py::"
            "test_a_hold_that_is_over_gives_way_and_cannot_come_back",
        ),
    ),
    Mutant(
        "holds are given away before they are over",
        "scheduling/store/statements.py",
        '    bookings.c.hold_until <= bindparam("present", type_=Moment),\n)',
        '    bookings.c.hold_until > bindparam("present", type_=Moment),\n)',
        ("tests/contract/test_store_bookings.py",),
    ),
    Mutant(
        "approve without the state guard",
        "scheduling/store/statements.py",
        '.where(bookings.c.id == bindparam("of_booking"), '
        "bookings.c.state == BookingState.REQUESTED)",
        '.where(bookings.c.id == bindparam("of_booking"))',
        ("tests/contract/test_store_requests.py",),
    ),
    Mutant(
        "promised after the commit",
        "scheduling/store/bookings.py",
        "            self._write_down(connection, fact, promises, now)\n"
        "            return confirmed\n\n        return await self._database.write(confirm)",
        "            self._write_down(connection, fact, (), now)\n"
        "            return confirmed\n\n"
        "        done = await self._database.write(confirm)\n"
        "        for each in promises:\n"
        "            await self._database.write(\n"
        "                lambda c, each=each: enqueue(c, self._database, each, now)\n"
        "            )\n"
        "        return done",
        (
            "tests/contract/test_store_bookings.py::"
            "test_a_promise_that_cannot_be_kept_leaves_the_hold_unconfirmed",
        ),
    ),
    Mutant(
        "told before the commit",
        "scheduling/store/sqlite.py",
        "            return [_attempt(connection, unit) for unit in batch]",
        "            for unit in batch:\n"
        "                tell = _attempt(connection, unit)\n"
        "                unit.outcome.get_loop().call_soon_threadsafe(tell)\n"
        "            return []",
        (
            "tests/contract/test_store_sqlite.py::"
            "test_a_full_disk_tells_nobody_of_the_same_commit_a_wrong_yes",
        ),
    ),
    Mutant(
        "constraints without the ordered locks",
        "scheduling/store/postgres.py",
        '        connection.execute(LOCKS, {"names": list(names)})\n',
        "",
        (
            "tests/integration/test_contention_changes.py::"
            "test_teams_that_cross_never_deadlock[postgres]",
        ),
    ),
    Mutant(
        "a reminder that outlives a move",
        "scheduling/reminding.py",
        "    if booking.state is not BookingState.BOOKED or booking.version != version:\n",
        "    if booking.state is not BookingState.BOOKED:\n",
        (
            "tests/unit/scheduling/test_reminding.py::"
            "test_f42_a_reminder_from_before_a_move_says_nothing",
            "tests/unit/test_reminders.py::"
            "test_f42_a_reminder_of_what_was_moved_or_cancelled_is_dropped",
        ),
    ),
    Mutant(
        "own writes taken for changes of the staff",
        "bot/jobs/following.py",
        'stands = where.get(booking.event_id or "") == booking.span',
        "stands = False",
        (
            "tests/unit/jobs/test_following.py::"
            "test_f21_what_we_wrote_ourselves_costs_no_look_and_changes_nothing",
        ),
    ),
    Mutant(
        "a late move is written over what was entered meanwhile",
        "bot/replays.py",
        "            JobKind.MOVE_EVENT: self._look_and_write,\n",
        "",
        (
            "tests/unit/test_move_replays.py::"
            "test_a_late_move_is_not_written_over_what_was_entered_meanwhile",
        ),
    ),
    Mutant(
        "a mailbox that is gone taken for deleted events",
        "graph/calendar.py",
        "        except ItemNotFound:\n            return None\n",
        "        except NotFound:\n            return None\n",
        (
            "tests/contract/test_calendar_on_emulator.py::"
            "test_f12_a_mailbox_that_is_gone_does_not_say_that_its_events_are",
        ),
    ),
    Mutant(
        "an event that a move goes on with is taken out",
        "bot/events.py",
        "if found and not await self._is_left(found.event_id) else",
        "if found else",
        (
            "tests/integration/test_move_races.py::"
            "test_moved_back_while_what_was_left_is_taken_out_one_event_stands_for_good",
        ),
    ),
]


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    copy = tmp_path_factory.mktemp("sources")
    for package in COPIED:
        shutil.copytree(
            ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__", "shots")
        )
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def run(folder, tests):
    """Run tests of a copy; return the exit code of pytest and what it said."""
    quietly = ("-q", "-x", "-p", "no:cacheprovider", "--no-header", "-W", "ignore")
    ended = subprocess.run(
        [sys.executable, "-B", "-m", "pytest", *quietly, *tests],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


TESTS_FAILED = 1


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_without_the_guard_its_tests_fail(mutant, sources):
    file = sources / mutant.file
    sound = file.read_text(encoding="utf-8")
    assert sound.count(mutant.guard) == 1, "the guard is written otherwise by now"
    file.write_text(sound.replace(mutant.guard, mutant.instead), encoding="utf-8")
    try:
        for test in mutant.noticed_by:
            code, words = run(sources, [test])
            assert code == TESTS_FAILED, f"{test} did not notice:\n{words[-3000:]}"
    finally:
        file.write_text(sound, encoding="utf-8")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_with_all_guards_the_same_tests_pass(sources):
    tests = sorted({test for mutant in MUTANTS for test in mutant.noticed_by})
    code, words = run(sources, tests)
    assert code == 0, words[-3000:]
