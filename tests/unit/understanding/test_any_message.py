"""Whatever is written, in whatever state, is understood without an error and within bounds."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.understanding import Context
from bot.understanding.cleaning import MAX_CHARACTERS
from tests.fuzz.messages import BUSINESS, FIELDS, HEAD, MOMENTS, STEPS, Written, check, written

contexts = st.builds(
    Context,
    st.just(BUSINESS),
    st.sampled_from(MOMENTS),
    st.sampled_from(["de", "en"]),
    st.sampled_from(STEPS),
    next_field=st.sampled_from(FIELDS),
)


@given(st.text(max_size=300), contexts)
@settings(max_examples=300, deadline=None)
def test_any_text_is_understood_in_any_state(text: str, context: Context) -> None:
    check(Written(text, context))


@given(st.binary(min_size=HEAD, max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_words_the_grammar_knows_are_understood_in_any_state(data: bytes) -> None:
    check(written(data[: HEAD - 1] + b"\1" + data[HEAD:]))


@given(contexts)
@settings(max_examples=40, deadline=None)
def test_a_megabyte_is_understood_as_far_as_a_message_goes(context: Context) -> None:
    text = "am 3.12. um 10 oder nicht am Montag bei Schmidt, " * 20_000
    assert len(check(Written(text, context)).text) <= MAX_CHARACTERS
