"""`run.py understand`: one sentence for people, files of rows for measuring."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.understand_command import RowsUnreadable, read_rows, shown

NOW = datetime.fromisoformat("2025-11-25 10:00")


def rows(folder: Path, *lines: str) -> Path:
    file = folder / "rows.jsonl"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def answers(source: Path, target: Path, *, intents: bool = False) -> list[dict]:
    read_rows(source, target, intents=intents)
    return [json.loads(line) for line in target.read_text("utf-8").splitlines()]


def predicted(tmp_path: Path, text: str, lang: str = "de", locale: str = "de-DE") -> dict | None:
    row = {"id": "1", "text": text, "lang": lang, "locale": locale,
           "reference": "2013-02-12T04:30:00-02:00"}  # fmt: skip
    return answers(rows(tmp_path, json.dumps(row)), tmp_path / "out.jsonl")[0]["prediction"]


def test_a_sentence_is_shown_with_what_was_read() -> None:
    text = shown("außer Freitag, ab 14 Uhr", NOW, "de", colour=False)
    assert "exclusion    'Freitag'" in text
    assert "read as      ab 14:00 Uhr; nicht freitags" in text


def test_colours_underline_what_was_read() -> None:
    assert "\x1b[4;36m" in shown("am 3.12.", NOW, "de", colour=True)


def test_several_readings_are_shown_as_a_question() -> None:
    assert "is asked back" in shown("Dienstag den 3.", NOW, "de", colour=False)


def test_a_sentence_without_a_time_says_so() -> None:
    assert "nothing about a time" in shown("Guten Tag", NOW, "de", colour=False)


@pytest.mark.parametrize(
    ("text", "prediction"),
    [
        ("morgen um 15 Uhr", {"start": "2013-02-13T15:00:00", "end": None, "has_time": True,
                              "open": None, "preference": None}),
        ("bis 12 Uhr", {"start": None, "end": "2013-02-12T12:00:00", "has_time": True,
                        "open": "start", "preference": None}),
        ("vor Freitag", {"start": None, "end": "2013-02-15T00:00:00", "has_time": False,
                         "open": "start", "preference": None}),
        ("ab Montag", {"start": "2013-02-18T00:00:00", "end": None, "has_time": False,
                       "open": "end", "preference": None}),
        ("14.-15.7.", {"start": "2013-07-14T00:00:00", "end": "2013-07-16T00:00:00",
                       "has_time": False, "open": None, "preference": None}),
        ("abends", {"start": "2013-02-12T17:00:00", "end": "2013-02-12T22:00:00",
                    "has_time": True, "open": None, "preference": None}),
        ("so früh wie möglich am 3.3.", {"start": "2013-03-03T00:00:00",
                                         "end": "2013-03-04T00:00:00", "has_time": False,
                                         "open": None, "preference": "earliest"}),
        ("außer Freitag", None),
        ("Guten Tag", None),
    ],
)  # fmt: skip
def test_a_row_of_dates_becomes_the_first_span_wished(
    tmp_path: Path, text: str, prediction: dict | None
) -> None:
    assert predicted(tmp_path, text) == prediction


def test_the_locale_of_a_row_says_which_number_is_the_month(tmp_path: Path) -> None:
    american = predicted(tmp_path, "3/4", "en", "en-US")
    british = predicted(tmp_path, "3/4", "en", "en-GB")
    assert american is not None
    assert british is not None
    assert (american["start"][:10], british["start"][:10]) == ("2013-03-04", "2013-04-03")


def test_a_row_of_intents_gets_the_name_labels_have(tmp_path: Path) -> None:
    source = rows(tmp_path, '{"id": "a", "text": "Termin absagen", "lang": "de"}')
    assert answers(source, tmp_path / "out", intents=True) == [{"id": "a", "intent": "cancel"}]


@pytest.mark.parametrize("line", ["{", "[]", '{"id": "1"}', '{"id": 1, "text": "x"}'])
def test_a_row_that_is_none_is_named_with_its_line(tmp_path: Path, line: str) -> None:
    good = '{"id": "1", "text": "x", "reference": "2013-02-12T04:30:00"}'
    with pytest.raises(RowsUnreadable, match=r"rows\.jsonl:2: "):
        read_rows(rows(tmp_path, good, line), tmp_path / "out", intents=False)


def test_the_command_refuses_a_sentence_together_with_files(tmp_path: Path) -> None:
    files = [str(tmp_path / "in"), str(tmp_path / "out")]
    assert CliRunner().invoke(app, ["understand"]).exit_code == 1
    assert CliRunner().invoke(app, ["understand", "heute", "--jsonl", *files]).exit_code == 1


def test_the_command_reads_a_sentence_and_a_file(tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["understand", "übermorgen", "--now", "2025-11-25T10:00"])
    assert "Do., 27. Nov." in said.stdout
    source = rows(tmp_path, '{"id": "1", "text": "x", "reference": "2013-02-12T04:30:00"}')
    out = tmp_path / "out.jsonl"
    done = CliRunner().invoke(app, ["understand", "--jsonl", str(source), str(out)])
    assert (done.exit_code, out.read_text("utf-8")) == (0, '{"id": "1", "prediction": null}\n')


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = CliRunner().invoke(
        app, ["understand", "--jsonl", str(tmp_path / "in"), str(tmp_path / "out")]
    )
    assert missing.exit_code == 2
    assert "in: No such file" in missing.output
