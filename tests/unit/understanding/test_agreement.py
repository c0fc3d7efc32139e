"""A yes at a confirmation: many ways to say it, and many more that only look like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding import Context, understand
from bot.understanding.agreement import is_yes
from bot.understanding.cleaning import clean, fold
from bot.understanding.utterance import Intent
from tests.builders import NOW, a_business

A_YES = [
    "ja, alles richtig so",
    "ja", "Ja", "JA", "ja!", "ja.", "jaa", "jaaa", "Jaaaa", "jaja", "ja ja", "jo", "joo",
    "jup", "jupp", "jep", "jap", "joa", "jau", "jawohl", "jawoll", "ja bitte", "ja, bitte",
    "ja gern", "ja gerne", "ja sehr gerne", "sehr gerne", "sehr gern", "gerne", "passt",
    "passt!", "passt so", "passt mir", "passt gut", "passt perfekt", "ja passt",
    "ja, passt so", "ja das passt", "das passt", "das passt mir", "das passt so",
    "das passt gut", "perfekt", "super", "prima", "top", "klasse", "wunderbar", "alles klar",
    "geht klar", "in ordnung", "ist ok", "ist okay", "ist in ordnung", "das ist richtig",
    "das stimmt", "ja das stimmt", "stimmt so", "alles richtig", "alles korrekt", "korrekt",
    "richtig", "genau", "genau so", "ganz genau", "einverstanden", "abgemacht", "bestätigt",
    "bestätigen", "ich bestätige", "ja ich bestätige", "buchen", "bitte buchen",
    "ja bitte buchen", "jetzt buchen", "jetzt verbindlich buchen", "verbindlich buchen",
    "buch das", "buchen sie das", "bitte so buchen", "ja so buchen", "mach das",
    "machen sie das", "machen wir so", "so machen wir das", "ja machen wir so", "klar",
    "na klar", "aber klar", "logisch", "logo", "natürlich", "selbstverständlich", "sicher",
    "unbedingt", "absolut", "auf jeden fall", "ok", "Ok.", "okay", "oki", "okey", "okidoki",
    "k", "ok gut", "ok super", "gut", "sehr gut", "ja super", "ja perfekt", "ja genau",
    "ja richtig", "ja klar", "ja natürlich", "ja ok", "ja okay", "jaa bitte", "yes", "Yes!",
    "YES", "yess", "yesss", "yes please", "yes, please", "yep", "yepp", "yup", "yupp", "yeah",
    "yea", "yeh", "ya", "sure", "sure thing", "kk", "alright", "all right", "fine",
    "that's fine", "thats fine", "that is fine", "sounds good", "sounds great",
    "sounds good to me", "looks good", "looks right", "looks correct", "that works",
    "that works for me", "works for me", "perfect", "great", "good", "very good", "correct",
    "that's correct", "thats correct", "that is correct", "right", "that's right",
    "thats right", "exactly", "absolutely", "definitely", "of course", "certainly", "confirm",
    "confirmed", "i confirm", "yes i confirm", "please confirm", "book it", "book it please",
    "please book", "please book it", "yes book it", "book", "go ahead", "yes go ahead",
    "please go ahead", "go for it", "do it", "yes do it", "please do", "yes please do",
    "let's do it", "lets do it", "agreed", "i agree", "all good", "all correct",
    "yes that's right", "yes thats right", "yes that works", "yes that's fine", "yes perfect",
    "yes correct", "👍", "👍🏻", "✅", "👌", "ja 👍", "ok 👍", "y", "j", "by all means",
]  # fmt: skip
NO_YES = [
    "ja aber um 11", "ja, aber lieber um 11", "ja nein", "nein", "nö", "nee", "nein danke",
    "noch nicht", "nicht buchen", "bitte nicht buchen", "nicht so", "passt nicht",
    "das passt nicht", "passt mir nicht", "stimmt nicht", "das stimmt nicht", "falsch",
    "nicht richtig", "nicht ok", "vielleicht", "mal sehen", "weiß nicht", "ich weiß nicht",
    "warte", "moment", "moment noch", "ja, wenn es eine Stunde später geht", "ja um 11",
    "ja am Freitag", "ja aber bei Anna", "passt es auch um 12?", "ok aber später",
    "ok, und um 3?", "buchen wir lieber später", "ist das richtig?", "stimmt das?", "richtig?",
    "wirklich?", "ja?", "ok?", "passt das?", "sicher?", "ja was denn nun", "ja ja, von wegen",
    "sicher nicht", "auf keinen Fall", "absolut nicht", "klar ist mir das nicht",
    "gut, aber früher", "ja, ändern", "ja abbrechen", "ja stornieren", "ja, hilfe", "no",
    "nope", "nah", "naw", "not yet", "no thanks", "don't book", "do not book it",
    "please don't", "doesn't work", "that doesn't work", "not right", "that's not right",
    "that's wrong", "wrong", "incorrect", "maybe", "not sure", "i don't know", "wait",
    "hold on", "hang on", "yes but at 11", "yes, but not on friday", "yes if it can be later",
    "ok but later", "yes at 11", "sounds good but later", "is that right?", "is that correct?",
    "correct?", "right?", "are you sure?", "sure?", "really?", "yes?", "looks wrong",
    "not good", "not great", "absolutely not", "of course not", "definitely not",
    "book another one", "book it for 11", "book it with anna", "cancel", "stop", "yes cancel",
    "help", "yeah right", "yeah right, as if", "yes and no", "jein", "ja oder nein",
    "yes or no", "wieso ja",
    "ok warum", "why yes", "was heißt ja", "what does yes do", "if i say yes what happens",
    "ich sage nicht ja", "i'm not saying yes", "ja hallo", "ja wie heißen Sie",
    "genau das nicht", "gerne nicht", "lieber nicht", "buchen?", "super?", "ok, wer ist das?",
    "ja äh", "jaguar", "yesterday", "okay dann lieber Freitag", "nehme ich nicht",
    "das passt gar nicht", "book me a taxi", "that looks fine but later", "k. o.",
    "gut dass Sie fragen", "ja danke nein", "please don't do it",
    "ich bin nicht einverstanden",
]  # fmt: skip
PRAISE = ["super", "perfekt", "great", "good", "buchen", "book", "k", "bitte so buchen"]


def at(step, text, language="de"):
    return understand(text, None, Context(a_business(), NOW, language, step=step)).intent


@pytest.mark.parametrize("text", A_YES)
def test_a_yes_in_any_words_confirms_what_is_shown(text):
    assert at("review", text) is Intent.YES


@pytest.mark.parametrize("text", NO_YES)
@pytest.mark.parametrize("language", ["de", "en"])
def test_half_a_yes_confirms_nothing(text, language):
    assert at("review", text, language) is not Intent.YES


@pytest.mark.parametrize("text", PRAISE)
@pytest.mark.parametrize("step", ["start", "done", "slot"])
def test_praise_and_orders_are_a_yes_only_where_a_booking_lies_open(text, step):
    assert at(step, text) is not Intent.YES


@given(st.lists(st.sampled_from(A_YES), max_size=30), st.text(max_size=20))
def test_whatever_follows_that_is_no_yes_takes_it_back(words, more):
    text = fold(clean(f"{' '.join(words)} nicht {more}"))
    assert not is_yes(text, at_review=True)
