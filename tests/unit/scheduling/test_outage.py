"""When calendars are away altogether, and what is kept of it."""

from datetime import timedelta

from scheduling.outage import SAMPLES, Exchange, News, Outage, OutageKind, OutageWatch, with_news
from tests.builders import NOW

SECOND = timedelta(seconds=1)


def failure(box: str = "anna", second: int = 0, **changes: object) -> Exchange:
    known = {"status": 503, "code": "ServiceUnavailable", "request_id": "r"} | changes
    return Exchange(box, NOW + second * SECOND, **known)


def answer(second: int = 9) -> Exchange:
    return Exchange("bernd", NOW + second * SECOND, 200)


def heard(*exchanges: Exchange, mailboxes: int = 2) -> OutageWatch:
    watch = OutageWatch(mailboxes)
    for each in exchanges:
        watch.heard(each)
    return watch


def test_three_failures_over_two_mailboxes_are_an_outage_since_the_first():
    watch = heard(failure(), failure(second=1), failure("bernd", 2))
    assert (watch.since, watch.detected_at) == (NOW, NOW + 2 * SECOND)


def test_f14_one_dead_mailbox_is_no_outage():
    watch = heard(*(failure(second=n) for n in range(20)))
    assert not watch.is_away


def test_a_business_with_one_calendar_can_have_an_outage_too():
    assert heard(failure(), failure(), failure(), mailboxes=1).is_away


def test_an_answer_in_between_begins_the_count_anew():
    assert not heard(failure(), failure("bernd"), answer(), failure()).is_away


def test_a_refusal_is_an_answer():
    gone = failure(status=404, code="ErrorItemNotFound")
    assert not heard(failure(), failure("bernd"), gone, failure(), failure("bernd")).is_away


def test_being_throttled_is_neither():
    slow = failure(status=429, code="ApplicationThrottled")
    assert not heard(*(failure(b, status=429) for b in "abcdef")).is_away
    assert heard(failure(), slow, failure("bernd"), slow, failure()).is_away


def test_a_login_that_gives_no_token_is_an_outage_of_tokens():
    login = {"status": 500, "code": "login_unreachable", "is_login": True}
    watch = heard(*(failure(**login) for _ in range(3)))
    assert (watch.is_away, watch.kind) == (True, OutageKind.TOKENS)
    assert [each.outcome for each in watch.take_news().failed] == ["login 500"] * 3


def test_a_page_told_as_a_success_is_a_failure():
    page = {"status": 200, "code": "not_json"}
    assert heard(*(failure(box, **page) for box in ("anna", "bernd", "anna"))).is_away


def test_no_answer_at_all_is_counted_by_its_code():
    watch = heard(*(failure(box, status=0, code="timeout") for box in ("a", "b", "a")))
    assert {each.outcome for each in watch.take_news().failed} == {"timeout"}


def test_the_first_success_ends_it():
    watch = heard(failure(), failure("bernd"), failure(), answer(30))
    assert not watch.is_away
    assert watch.ended_by == answer(30)


def test_nobody_is_asked_again_for_ten_seconds_after_a_failure():
    watch = heard(failure(), failure("bernd"), failure(second=5))
    assert watch.spares(NOW + 14 * SECOND)
    assert not watch.spares(NOW + 15 * SECOND)


def test_questions_without_an_offer_count_only_while_it_lasts():
    watch = heard(failure())
    watch.refuse()
    watch.heard(failure("bernd"))
    watch.heard(failure())
    watch.refuse()
    assert watch.take_news().refused == 1


def test_of_many_failures_the_first_and_the_last_are_kept_whole_and_all_are_counted():
    outage = Outage("o1", OutageKind.GRAPH, NOW, NOW)
    for n in range(0, 50, 5):
        outage = with_news(outage, News([failure(second=n + k) for k in range(5)]))
    assert (outage.failed, outage.outcomes, outage.with_request_id) == (50, {"503": 50}, 50)
    assert [(s.at - NOW) // SECOND for s in outage.first] == list(range(SAMPLES))
    assert [(s.at - NOW) // SECOND for s in outage.last] == list(range(40, 50))


def test_what_two_processes_heard_adds_up_from_the_earlier_beginning():
    outage = Outage("o1", OutageKind.GRAPH, NOW, NOW)
    outage = with_news(outage, News([failure(second=3)], refused=1))
    outage = with_news(outage, News([failure(second=-4)], refused=2))
    assert (outage.since, outage.failed, outage.refused) == (NOW - 4 * SECOND, 2, 3)
