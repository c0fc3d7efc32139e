from datetime import datetime
from time import process_time

import pytest

from bot.understanding import Context, clean, understand, warm_up
from bot.understanding.model import model_of
from bot.understanding.utterance import Intent, Press, Utterance
from scheduling.catalog import LocalText
from tests.builders import NOW, a_business, a_service, a_staff_member


def business():
    return a_business(
        services=(
            a_service(
                name=LocalText("Erstberatung", "Consultation"), staff_ids=("anna", "bernd", "ole")
            ),
            a_service(id="onsite", name=LocalText("Beratung vor Ort", "Visit on site")),
            a_service(id="repair", name=LocalText("Gerät reparieren", "Repair")),
        ),
        staff=(
            a_staff_member("anna", name="Anna Schmidt"),
            a_staff_member("bernd", name="Bernd Schmidt"),
            a_staff_member("ole", name="Ole Müller"),
        ),
    )


def said(text: str, **context) -> Utterance:
    return understand(text, None, Context(business(), NOW, **context))


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Hilfe", Intent.HELP),
        ("Abbrechen!", Intent.STOP),
        ("stop", Intent.STOP),
        ("Von vorn", Intent.START_OVER),
        ("start over", Intent.START_OVER),
        ("Meine Termine", Intent.LIST),
        ("my bookings", Intent.LIST),
        ("Verschieben", Intent.RESCHEDULE),
        ("Absagen", Intent.CANCEL_BOOKING),
        ("cancel booking", Intent.CANCEL_BOOKING),
        ("Kontakt", Intent.HUMAN),
        ("Sprache", Intent.LANGUAGE),
        ("Datenschutz", Intent.PRIVACY),
        ("delete my data", Intent.PRIVACY),
        ("zurück", Intent.BACK),
        ("Hilfe bitte", Intent.HELP),
    ],
)
@pytest.mark.parametrize("field", ["", "name", "q_topic", "privacy"])
def test_reserved_words_work_in_every_state(text: str, intent: Intent, field: str) -> None:
    assert said(text, step="details", next_field=field).intent is intent


def test_cancel_stops_inside_a_dialogue_and_asks_for_a_booking_outside() -> None:
    assert said("cancel", step="slot").intent is Intent.STOP
    assert said("cancel", step="start").intent is Intent.CANCEL_BOOKING


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("eine Erstberattung bitte", ("advice",)),
        ("Consulation", ("advice",)),
        ("Beratung vor Ort", ("onsite",)),
        ("geraet reparieren", ("repair",)),
        ("Guten Tag, wie geht es", ()),
    ],
)
def test_services_are_found_despite_typos_and_umlauts(text: str, ids: tuple[str, ...]) -> None:
    assert said(text).service_ids == ids


def test_two_names_too_close_are_both_given() -> None:
    assert set(said("bei Schmidt").staff_ids) == {"anna", "bernd"}
    assert said("bei Anna Schmidt").staff_ids == ("anna",)
    assert said("bei Herrn Mueller").staff_ids == ("ole",)


def test_staff_whom_nobody_can_choose_are_not_searched_for_names() -> None:
    unasked = a_business(
        services=(a_service(staff_ids=("anna",), staff_choice=False),),
        staff=(a_staff_member("anna", name="Anna Schmidt"),),
    )
    assert understand("bei Anna Schmidt", None, Context(unasked, NOW)).staff_ids == ()


def test_other_words_for_a_service_name_it() -> None:
    repair = a_service(name=LocalText("Technikertermin", "Visit"), aliases=("Entstörung",))
    context = Context(a_business(services=(repair,)), NOW)
    assert understand("eine Entstoerung bitte", None, context).service_ids == (repair.id,)


def test_a_name_after_not_with_is_an_exclusion() -> None:
    result = said("bitte nicht bei Frau Müller")
    assert result.staff_ids == ()
    assert result.excluded_staff_ids == ("ole",)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ich bin Eva Maier und möchte einen Termin", "Eva Maier"),
        ("Ich heiße Jean-Luc von der Au, eva@maier.de", "Jean-Luc von der Au"),
        ("my name is Eva O'Neill.", "Eva O'Neill"),
        ("ich bin krank", ""),
        ("I'm looking for an appointment", ""),
        ("45 Min, das zweite, ich bin die Ina Roth, ina@roth.de", "Ina Roth"),
        ("der Name ist Ina Rothe", "Ina Rothe"),
        ("change the name to Zed Kay", "Zed Kay"),
        ("der Name ist richtig", ""),
        ("der Name ist mir egal, Beratung morgen um 10", ""),
        ("the name to be used is wrong", ""),
        ("my name should be correct", ""),
        ("MfG Ina Roth, ina@roth.de", ""),
    ],
)
def test_a_customer_introduces_themselves(text: str, name: str) -> None:
    assert said(text).name == name


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ("Alles Klar, ina@roth.de", {"step": "details", "next_field": "email"}),
        ("Send It ina@roth.de", {"step": "details", "next_field": "email"}),
        ("Falsche Mailadresse, ina@roth.de", {"step": "review"}),
        ("Sounds Good, ina@roth.de", {}),
    ],
)
def test_words_before_an_address_change_no_name_that_is_known(
    text: str, context: dict[str, str]
) -> None:
    result = said(text, **context)
    assert (result.name, result.email) == ("", "ina@roth.de")


def test_contact_fields_are_found_in_a_sentence() -> None:
    result = said("Mail an eva@maier.de oder Telefon 0228 / 12 34 56")
    assert (result.email, result.phone) == ("eva@maier.de", "+49228123456")
    assert result.wish.is_empty


@pytest.mark.parametrize("text", ["Anna Freitag", "Freitag April", "Zoë Ünal", "Müller"])
def test_an_answer_to_the_name_is_a_name(text: str) -> None:
    context = Context(a_business(), NOW, step="details", next_field="name")
    assert understand(text, None, context).name == text


@pytest.mark.parametrize(
    "text",
    [
        "doch lieber mittwochs",
        "Freitag nachmittag",
        "was kostet das",
        "date and time",
        "yes go ahead and make it",
        "I am the customer",
    ],
)
def test_a_correction_is_no_name(text: str) -> None:
    assert said(text, step="details", next_field="name").name == ""


def test_an_answer_in_own_words_is_neither_date_nor_service() -> None:
    result = said("Erstberatung am Montag um 10", step="details", next_field="q_topic")
    assert result == Utterance("Erstberatung am Montag um 10")


def test_digits_asked_for_as_a_phone_number_are_no_date() -> None:
    result = said("030 12.12.12", step="details", next_field="phone")
    assert result.phone == "030 12.12.12"
    assert result.wish.is_empty


def test_a_sentence_agrees_to_a_wording_only_where_it_is_asked_for() -> None:
    text = "Ja, ich stimme dem Datenschutz zu"
    assert said(text, step="details", next_field="privacy").intent is Intent.YES
    refusal = "ich stimme dem Datenschutz nicht zu"
    assert said(refusal, step="details", next_field="privacy").intent is not Intent.YES
    assert said(text, step="review").intent is not Intent.YES


def test_a_pressed_verb_decides_and_its_text_does_not() -> None:
    press = Press("flow.help", {"service": "advice"})
    context = Context(business(), NOW)
    assert understand("Abbrechen", press, context) == Utterance(press=press, intent=Intent.HELP)


def test_the_language_is_told_by_words_of_only_one_language() -> None:
    assert said("I would like an appointment").language == "en"
    assert said("Ich hätte gern einen Termin").language == "de"
    assert said("Termin").language is None


def test_a_length_is_read_and_a_delay_is_none() -> None:
    assert said("eine Stunde").duration_minutes == 60
    assert said("30 Minuten bitte").duration_minutes == 30
    assert said("in 30 Minuten").duration_minutes is None


def test_what_cannot_be_seen_is_taken_out() -> None:
    assert clean("Eva\u202e\u0000 Ma\u00adier\nx") == "Eva Maier x"
    assert clean("e\u0301" * 3) == "ééé"
    assert len(clean("x" * 10_000)) == 2000


@pytest.mark.parametrize(
    "piece", ["x@", "am ", "1 ", "12.12.", "von 1 bis ", "nicht ", "ich bin A "]
)
def test_no_repeated_piece_makes_a_message_slow(piece: str) -> None:
    said("warm up")
    before = process_time()
    said(piece * 2000)
    assert process_time() - before < 0.5


def test_a_bot_that_starts_reads_ahead_what_the_first_message_needs():
    model_of.cache_clear()
    warm_up(a_business(), NOW)
    assert model_of.cache_info().misses == 2


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("setzen Sie mich auf die Warteliste", Intent.WAIT_LIST),
        ("sagen Sie mir Bescheid, wenn was frei wird", Intent.WAIT_LIST),
        ("is there a waitlist?", Intent.WAIT_LIST),
        ("call me if someone cancels", Intent.WAIT_LIST),
        ("was passiert mit meinen Daten?", Intent.PRIVACY),
        ("was für Daten speichern Sie?", Intent.PRIVACY),
        ("what data do you keep?", Intent.PRIVACY),
        ("meine Daten ändern", Intent.EDIT_DETAILS),
        ("please correct my details", Intent.EDIT_DETAILS),
        ("tschüss", Intent.GOODBYE),
        ("bye", Intent.GOODBYE),
        ("danke", Intent.THANKS),
    ],
)
def test_what_is_wanted_is_heard_in_a_sentence(text, intent):
    assert said(text).intent is intent


@pytest.mark.parametrize("field", ["name", "email", "privacy"])
def test_a_question_is_no_answer_to_the_field_asked_for(field):
    heard = said("wie funktioniert das hier?", step="details", next_field=field)
    assert heard.intent is Intent.HELP
    assert not heard.name


def test_how_many_come_is_no_name():
    heard = said("wir kommen zu dritt", step="details", next_field="name")
    assert (heard.name, heard.people) == ("", 3)


@pytest.mark.parametrize(
    "text",
    ["actually no", "Sie können mich mal", "no wait", "weiß nicht", "hmm, moment", "what's next"],
)
def test_a_sentence_is_not_taken_for_a_name(text):
    assert not said(text, step="details", next_field="name").name


@pytest.mark.parametrize(
    "name",
    ["Can Öz", "An Nguyen", "Will Young", "Maria May", "Jan Gut", "Mark Wright"],
)
def test_a_name_with_a_word_of_sentences_in_it_is_a_name(name):
    assert said(name, step="details", next_field="name").name == name


@pytest.mark.parametrize(
    "text",
    [
        "wann ist mein Termin?",
        "wann hab ich nochmal meinen nächsten Termin",
        "where is my appointment?",
        "what time is my next booking",
    ],
)
@pytest.mark.parametrize("step", ["start", "service", "done"])
def test_asking_for_their_booking_is_no_new_one(text, step):
    assert said(text, step=step).intent is Intent.LIST


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("the second one, how much is it?", 2),
        ("ok, the first", 1),
        ("the earliest one, but with Weber", 1),
        ("cancel my last request, I know the answer", None),
        ("not the first, the others are fine", None),
        ("it is the last time, I promise", None),
        ("nicht den ersten", None),
        ("nicht den ersten, den zweiten", 2),
        ("the first, no, the second is fine", None),
    ],
)
def test_a_place_chooses_where_nothing_else_is_said_of_it(text: str, place: int | None) -> None:
    offered = tuple(datetime.fromisoformat(f"2026-11-10T{hour}:00") for hour in (10, 11, 14))
    assert said(text, step="slot", offered=offered).choice == place


@pytest.mark.parametrize(
    ("text", "is_heard"),
    [
        ("nicht per Mail, ich komme lieber am Freitag um 10", True),
        ("no mail please, my name is Eva Lang", True),
        ("what about email? can I move it to Friday", True),
        ("ich habe heute keine Mail dabei", False),
        ("wozu brauchen Sie die Mail?", False),
    ],
)
def test_what_is_told_beside_a_missing_address_is_heard(text: str, is_heard: bool) -> None:
    result = said(text, step="details", next_field="email")
    assert (result != Utterance(text)) is is_heard
