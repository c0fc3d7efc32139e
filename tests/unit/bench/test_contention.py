"""Every race of the bench has one winner, and the table says when a bar is missed."""

from bench.contention import BAR_MS, Race, as_text, races


def test_each_race_has_one_winner():
    found = races(8, "sqlite")
    names = ["create", "confirm", "approve", "move", "reassign"]
    assert [(race.name, race.wrong) for race in found] == [(name, "") for name in names]


def test_a_bar_that_is_missed_and_a_wrong_end_are_said():
    slow, wrong = Race("move", 8, 1, BAR_MS + 1, 1), Race("create", 8, 1, 1, 1, "2 won, 1 kept")
    text = as_text([slow, wrong], "sqlite")
    assert "NO" in text
    assert "2 won" in text
