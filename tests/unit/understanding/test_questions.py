"""Questions about an offer, and what only looks like one."""

import pytest

from bot.understanding import Context, understand
from bot.understanding.utterance import Intent
from tests.builders import NOW
from tests.conversations.world import a_talkative_business


@pytest.mark.parametrize(
    ("text", "language", "intent"),
    [
        ("was kostet das?", "de", Intent.PRICE),
        ("muss ich dafür was bezahlen", "de", Intent.PRICE),
        ("how much is a repair", "en", Intent.PRICE),
        ("is it free?", "en", Intent.PRICE),
        ("wie lange dauert eine Beratung", "de", Intent.LENGTH),
        ("how long does it take", "en", Intent.LENGTH),
        ("wo muss ich hin?", "de", Intent.PLACE),
        ("where are you located", "en", Intent.PLACE),
        ("habt ihr samstags auf?", "de", Intent.OPENING),
        ("when are you open", "en", Intent.OPENING),
        ("kann ich kostenlos absagen?", "de", Intent.CANCEL_TERMS),
        ("do i have to pay if i cancel", "en", Intent.CANCEL_TERMS),
        ("are you human?", "en", Intent.BOT_CHALLENGE),
        ("bist du ein Bot oder wie", "de", Intent.BOT_CHALLENGE),
        ("is this a computer right now or a human being", "en", Intent.BOT_CHALLENGE),
        ("am i talking to a real person", "en", Intent.BOT_CHALLENGE),
        ("ich kann nicht kommen, muss ich bei Absage was bezahlen?", "de", Intent.CANCEL_TERMS),
    ],
)
def test_a_question_about_an_offer_is_heard(text: str, language: str, intent: Intent) -> None:
    assert _intent(text, language) is intent


@pytest.mark.parametrize(
    ("text", "language", "intent"),
    [
        ("I'm not free on Friday any more, please cancel my appointment", "en", "cancel_booking"),
        ("haben Sie morgen noch was offen?", "de", "none"),
        ("do you have anything open tomorrow", "en", "none"),
        ("is 10 o'clock free?", "en", "none"),
        ("delete my data of the last appointment", "en", "privacy"),
        ("kann ich mit einem Menschen sprechen", "de", "human"),
        ("why am i wasting time with a machine, let me talk to a real person", "en", "human"),
        ("is this the repair for my computer?", "en", "none"),
        ("Ist das eine Reparatur für Computer?", "de", "none"),
        ("bitte stornieren, ich zahle die Gebühr", "de", "cancel_booking"),
        ("leider muss ich meinen Termin absagen, die Kosten trage ich", "de", "cancel_booking"),
        ("please cancel my appointment, I can't pay", "en", "cancel_booking"),
        ("when are you open for an appointment next week?", "en", "none"),
        ("are you open to a meeting tomorrow at 10?", "en", "none"),
        ("how long does it take to get an appointment?", "en", "none"),
        ("was macht das für einen Unterschied", "de", "help"),
        ("der Termin passt nicht mehr, bitte stornieren", "de", "cancel_booking"),
        ("the day doesn't work, please cancel my appointment", "en", "cancel_booking"),
        ("i need to change the time of my appointment", "en", "reschedule"),
        ("can I drop in for an appointment tomorrow at 10?", "en", "none"),
        ("tragen Sie mich bitte für Freitag ein, ich komme aus Bonn", "de", "none"),
        ("ich nehme den Termin am Freitag, danach muss ich raus", "de", "none"),
    ],
)
def test_what_only_sounds_like_one_is_not(text: str, language: str, intent: str) -> None:
    assert _intent(text, language) in {intent, Intent.BOOK if intent == "none" else intent}


@pytest.mark.parametrize(
    ("text", "step", "field", "hour"),
    [
        ("no wait, make it 11", "details", "name", 11),
        ("doch lieber 11", "details", "email", 11),
        ("make it 3", "review", "", 15),
        ("kann ich das auf 11 schieben", "done", "", 11),
        ("doch 2", "details", "q_os", None),
        ("make it 2", "start", "", None),
        ("wir sind doch 3", "details", "name", None),
        ("change the number of people to 3", "review", "", None),
        ("Personenzahl auf 4 ändern", "review", "", None),
    ],
)
def test_a_bare_figure_is_an_hour_where_it_can_be_nothing_else(
    text: str, step: str, field: str, hour: int | None
) -> None:
    context = Context(a_talkative_business(), NOW, step=step, next_field=field)
    windows = [w for c in understand(text, None, context).wish.alternatives for w in c.windows]
    assert [w.start.hour for w in windows] == ([] if hour is None else [hour])


def _intent(text: str, language: str) -> Intent:
    return understand(text, None, Context(a_talkative_business(), NOW, language)).intent
