"""Signed checkpoints: what can be read again, and which changes of the file are seen."""

import json
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scheduling.errors import StoreUnavailable
from scheduling.ledger import Head
from scheduling.store.checkpoints import (
    PRIVATE_KEY,
    PUBLIC_KEY,
    TAIL,
    CheckpointFile,
    CheckpointsInvalid,
    read_checkpoints,
)

NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)
HEADS = [Head(0, 7, "a" * 64), Head(3, 2, "b" * 64)]


@pytest.fixture
def file(tmp_path):
    return CheckpointFile(tmp_path / "audit")


def signed(file, count=3):
    return [file.append(HEADS, NOON + timedelta(hours=n)) for n in range(count)]


def lines_of(file):
    return file.path.read_text().splitlines(keepends=True)


def test_what_was_signed_is_read_again_in_order(file):
    made = signed(file)
    assert read_checkpoints(file.path) == made


def test_the_key_is_made_once_and_for_this_user_alone(file, tmp_path):
    first = file.key()
    private = tmp_path / "audit" / PRIVATE_KEY
    assert CheckpointFile(tmp_path / "audit").key() == first
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert (tmp_path / "audit" / PUBLIC_KEY).read_text() == f"{first}\n"


def test_every_character_of_a_line_is_covered(file):
    signed(file, 1)
    line = file.path.read_text()
    for at in range(len(line) - 1):
        file.path.write_text(line[:at] + ("0" if line[at] != "0" else "1") + line[at + 1 :])
        with pytest.raises(CheckpointsInvalid):
            read_checkpoints(file.path, CheckpointFile(file.path.parent).key())


def test_a_line_taken_out_is_missed_by_the_next(file):
    signed(file)
    first, _, third = lines_of(file)
    file.path.write_text(first + third)
    with pytest.raises(CheckpointsInvalid, match="line 2"):
        read_checkpoints(file.path)


def test_another_key_is_refused_whoever_signed_the_file(file, tmp_path):
    signed(file, 1)
    other = CheckpointFile(tmp_path / "other")
    with pytest.raises(CheckpointsInvalid, match="another key"):
        read_checkpoints(file.path, other.key())


def test_a_line_signed_by_another_key_does_not_go_on(file, tmp_path):
    (made,) = signed(file, 1)
    stranger = CheckpointFile(tmp_path / "other").append(HEADS, NOON)
    file.path.write_text(f"{made.line}\n{stranger.line}\n")
    with pytest.raises(CheckpointsInvalid, match="line 2"):
        read_checkpoints(file.path)


def test_a_signature_is_over_the_heads(file):
    (made,) = signed(file, 1)
    assert made.is_signed()
    assert not replace(made, heads=(Head(0, 7, "c" * 64),)).is_signed()


def test_a_line_that_a_killed_process_began_is_written_over(file):
    made = signed(file, 1)
    with file.path.open("a") as torn:
        torn.write('{"at":"20')
    assert read_checkpoints(file.path) == made
    made += signed(file, 1)
    assert read_checkpoints(file.path) == made


def test_the_same_content_written_otherwise_is_no_checkpoint(file):
    signed(file, 1)
    file.path.write_text(json.dumps(json.loads(file.path.read_text())) + "\n")
    with pytest.raises(CheckpointsInvalid, match="not written as"):
        read_checkpoints(file.path)


def test_a_key_file_that_holds_no_key_is_named(file, tmp_path):
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / PRIVATE_KEY).write_text("no key")
    with pytest.raises(StoreUnavailable, match=PRIVATE_KEY):
        file.append(HEADS, NOON)


def test_a_long_file_goes_on_from_its_last_line(file):
    signed(file, 400)
    assert file.path.stat().st_size > 2 * TAIL
    assert len(read_checkpoints(file.path)) == 400
