"""The weights in the package are what the sentences beside give."""

import hashlib
from importlib import resources

import pytest

from bot.training import LANGUAGES, PUBLIC_TIMES, SUMS, sentences_of
from bot.training.fitting import fit
from bot.training.patterns import Example, examples, sentences
from bot.understanding.cleaning import clean, fold
from bot.understanding.model import model_of, read_model, written

WEIGHTS = resources.files("bot.understanding.weights")
LEAST_AGREEMENT = 0.995
"""Another processor may round one weight in a thousand differently."""


def test_a_pattern_gives_each_of_its_sentences_once():
    assert sorted(sentences("(Please |)cancel (it|this)")) == [
        "Please cancel it", "Please cancel this", "cancel it", "cancel this",
    ]  # fmt: skip


def test_a_pattern_gives_the_same_sentences_each_time():
    pattern = "(a|b|c|d|e|f) (1|2|3|4|5|6|7|8) (x|y|z)"
    assert sentences(pattern) == sentences(pattern)
    assert len(set(sentences(pattern))) == 30


def test_patterns_belong_to_the_label_above_them():
    text = "# words\n[cancel]\nCancel (it|that)\n\n[book]\nBook it\n"
    assert [(each.text, each.label) for each in examples(text)][-1] == ("Book it", "book")
    assert sum(each.label == "cancel" for each in examples(text)) == 2


def test_weights_survive_being_written():
    model = fit([Example("book a table", "book"), Example("cancel the table", "cancel")] * 2)
    again = read_model(written(model))
    assert again.guess("please cancel") == model.guess("please cancel")
    assert again.guess("please cancel").label == "cancel"


def test_no_source_that_forbids_it_is_among_the_sentences():
    rows = (resources.files("bot.training.sentences") / "rows.jsonl").read_text(encoding="utf-8")
    assert not [name for name in ("sgd", "xsid") if name in rows]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_weights_have_the_sum_that_was_written_with_them(language):
    stored = (WEIGHTS / f"{language}.json").read_bytes()
    assert f"{hashlib.sha256(stored).hexdigest()}  {language}.json" in (WEIGHTS / SUMS).read_text(
        encoding="utf-8"
    )


def test_the_weights_of_both_languages_take_less_than_two_megabytes():
    sizes = [len((WEIGHTS / f"{language}.json").read_bytes()) for language in LANGUAGES]
    assert sum(sizes) < 2_000_000


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_training_again_gives_the_same_weights(language):
    own, public = sentences_of(language)
    anew, stored = fit([*own, *public * PUBLIC_TIMES]), model_of(language)
    assert (anew.labels, list(anew.importance)) == (
        tuple(stored.labels), list(stored.importance)
    )  # fmt: skip
    pairs = [
        (one, other)
        for name in anew.rows
        for one, other in zip(anew.rows[name], stored.rows[name], strict=True)
    ]
    assert max(abs(one - other) for one, other in pairs) <= 1
    assert sum(one == other for one, other in pairs) >= LEAST_AGREEMENT * len(pairs)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_model_knows_what_it_was_taught(language):
    own, _ = sentences_of(language)
    model = model_of(language)
    read = [model.guess(fold(clean(each.text))) for each in own[::7]]
    right = sum(
        guess is not None and guess.label == each.label
        for guess, each in zip(read, own[::7], strict=True)
    )
    assert right >= 0.97 * len(read)
