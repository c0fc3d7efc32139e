"""What people want, as they type it at the beginning: rules and model together."""

import pytest

from bot.understanding import Context, understand
from bot.understanding.utterance import Intent
from tests.builders import NOW, a_business

WANTED = {
    (Intent.CANCEL_BOOKING, "de"): [
        "ich muss leider absagen", "kann morgen nicht kommen",
        "ich schaff es nicht am freitag", "bitte storniert meine buchung",
        "den termin brauche ich nicht mehr", "ich möchte meinen termin streichen",
        "termin löschen", "ich sage hiermit ab", "can't come on friday, sorry",
    ],
    (Intent.CANCEL_BOOKING, "en"): [
        "i have to cancel", "cant make it tomorrow", "please delete my booking",
        "i no longer need the appointment", "call off my appointment",
        "i need to cancel tomorrow",
    ],
    (Intent.RESCHEDULE, "de"): [
        "kann ich den termin verlegen", "ich möchte umbuchen", "geht mein termin auch später",
        "können wir verschieben", "hab um 9 nen termin, kann ich später kommen?",
        "ich brauche einen anderen tag für meinen termin", "termin vorziehen",
        "bitte eine stunde nach hinten",
    ],
    (Intent.RESCHEDULE, "en"): [
        "move my booking to friday", "can we reschedule", "i need to change my appointment",
        "could i come an hour later instead", "push my appointment back",
        "can i switch my slot to monday",
    ],
    (Intent.LIST, "de"): [
        "wann ist mein termin", "welche termine hab ich", "habe ich morgen einen termin?",
        "was hab ich gebucht", "zeig mir meine buchungen",
        "ich weiß nicht mehr wann ich kommen soll",
        "ich hab einen termin, find ihn aber nicht mehr",
    ],
    (Intent.LIST, "en"): [
        "when is my appointment", "do i have a booking tomorrow", "what have i booked",
        "show my appointments", "i forgot when my appointment is", "am i booked for friday?",
    ],
    (Intent.BOOK, "de"): [
        "ich brauche einen termin", "kann ich vorbeikommen", "haben sie noch was frei",
        "einen termin bitte", "würde gern was ausmachen",
    ],
    (Intent.BOOK, "en"): [
        "i need an appointment", "can i come in", "book me in please",
        "i'd like to see someone",
    ],
    (Intent.HUMAN, "de"): [
        "ich will mit jemandem reden", "gibt es hier auch menschen", "rufen sie mich an",
        "ich möchte mich beschweren",
    ],
    (Intent.HUMAN, "en"): [
        "i want to talk to a person", "get me a human", "can someone call me",
        "your bot is useless", "i want to complain",
    ],
    (Intent.HELP, "de"): [
        "was kannst du", "wie geht das hier", "ich komm nicht weiter",
        "ich verstehe das nicht", "hilf mir mal",
    ],
    (Intent.HELP, "en"): [
        "what can you do", "how does this work", "i don't get it",
    ],
    (Intent.THANKS, "de"): [
        "danke dir", "vielen lieben dank", "super vielen dank", "danke für die hilfe",
    ],
    (Intent.THANKS, "en"): [
        "thanks so much", "cheers mate", "much appreciated",
    ],
    (Intent.GOODBYE, "de"): [
        "tschau", "bis morgen", "bis zum nächsten mal", "schönes wochenende",
    ],
    (Intent.GOODBYE, "en"): [
        "see you tomorrow", "have a good one", "bye for now",
    ],
    (Intent.OUT_OF_SCOPE, "de"): [
        "wie wird das wetter", "erzähl einen witz", "wer ist bundeskanzler", "spiel musik",
    ],
    (Intent.OUT_OF_SCOPE, "en"): [
        "what's the weather", "how tall is the eiffel tower", "order me a pizza",
    ],
    (Intent.BOT_CHALLENGE, "de"): [
        "bist du echt", "bist du eine ki", "spreche ich mit einem roboter", "wer bist du",
    ],
    (Intent.BOT_CHALLENGE, "en"): [
        "are you a bot", "am i talking to a computer",
    ],
    (Intent.NO, "de"): [
        "nein danke", "lieber nicht", "auf keinen fall", "nö lass mal",
    ],
    (Intent.NO, "en"): [
        "no way", "not really",
    ],
    (Intent.STOP, "de"): [
        "hör auf", "lass es", "vergiss es", "abbrechen bitte",
    ],
    (Intent.STOP, "en"): [
        "stop it", "forget it", "quit this",
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "language", "intent"),
    [(text, language, intent) for (intent, language), texts in WANTED.items() for text in texts],
)
def test_a_first_message_is_heard_for_what_it_wants(text, language, intent):
    assert understand(text, None, Context(a_business(), NOW, language)).intent is intent


@pytest.mark.parametrize("text", ["kann morgen nicht kommen", "cant make it tomorrow"])
@pytest.mark.parametrize("step", ["slot", "review"])
def test_who_cannot_come_while_times_are_chosen_cancels_no_booking(text, step):
    heard = understand(text, None, Context(a_business(), NOW, step=step))
    assert heard.intent is not Intent.CANCEL_BOOKING
