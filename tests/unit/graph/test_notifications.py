"""What is posted to the webhook: read whole, or refused whole."""

import json

import pytest

from graph.errors import Permanent
from graph.notifications import (
    LARGEST_BODY,
    MOST_NOTIFICATIONS,
    ChangeType,
    LifecycleEvent,
    Notification,
    read_notifications,
)

CHANGE = {
    "id": "n1",
    "subscriptionId": "7f105c7d-2dc5-4530-97cd-4e7ae6534c07",
    "subscriptionExpirationDateTime": "2030-05-12T00:00:00.0000000Z",
    "clientState": "secret",
    "changeType": "updated",
    "resource": "Users/0d1f/Events/AAMk=",
    "tenantId": "84bd8158-6d4d-4958-8b9f-9d6445542f95",
    "resourceData": {
        "@odata.type": "#Microsoft.Graph.Event",
        "@odata.id": "Users/0d1f/Events/AAMk=",
        "@odata.etag": 'W/"1"',
        "id": "AAMk=",
    },
}
LIFECYCLE = {
    "subscriptionId": "s1",
    "subscriptionExpirationDateTime": "2030-05-12T00:00:00Z",
    "tenantId": "t",
    "clientState": "secret",
    "lifecycleEvent": "missed",
}


def posted(*entries: object) -> bytes:
    return json.dumps({"value": entries, "validationTokens": None}).encode()


def test_a_change_names_subscription_secret_kind_and_event():
    assert read_notifications(posted(CHANGE)) == (
        Notification(CHANGE["subscriptionId"], "secret", ChangeType.UPDATED, None, "AAMk="),
    )


def test_news_of_a_subscription_name_no_event():
    assert read_notifications(posted(LIFECYCLE)) == (
        Notification("s1", "secret", None, LifecycleEvent.MISSED, ""),
    )


@pytest.mark.parametrize("event", list(LifecycleEvent))
def test_every_lifecycle_event_is_known_in_either_case(event):
    body = posted({**LIFECYCLE, "lifecycleEvent": event.value.upper()})
    assert read_notifications(body)[0].lifecycle_event is event


def test_several_subscriptions_in_one_post_keep_their_order():
    body = posted(CHANGE, LIFECYCLE, {**CHANGE, "changeType": "deleted"})
    kinds = [n.change_type for n in read_notifications(body)]
    assert kinds == [ChangeType.UPDATED, None, ChangeType.DELETED]


@pytest.mark.parametrize("resource", ["Users/0d1f/Events/A/B=", "users/0d1f/events/A/B="])
def test_without_resource_data_the_event_is_read_from_the_resource(resource):
    entry = {**CHANGE, "resourceData": None, "resource": resource}
    assert read_notifications(posted(entry))[0].event_id == "A/B="


def test_an_event_that_is_not_named_is_no_fault():
    entry = {**CHANGE, "resourceData": {}, "resource": "Users/0d1f"}
    assert read_notifications(posted(entry))[0].event_id == ""


def test_a_missing_secret_is_an_empty_one():
    assert read_notifications(posted({**CHANGE, "clientState": None}))[0].client_state == ""


def test_kinds_that_are_new_ask_for_the_most():
    changed, lived = read_notifications(
        posted({**CHANGE, "changeType": "moved"}, {**LIFECYCLE, "lifecycleEvent": "paused"})
    )
    assert changed.change_type is ChangeType.UPDATED
    assert lived.lifecycle_event is LifecycleEvent.MISSED


def test_an_empty_post_says_nothing():
    assert read_notifications(posted()) == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"null",
        b"[]",
        b"{}",
        b'{"value": null}',
        b'{"value": {}}',
        b'{"value": ["x"]}',
        b"\xff\xfe",
        b'{"value": [',
        b"[" * 100_000,
        posted({**CHANGE, "subscriptionId": ""}),
        posted({**CHANGE, "subscriptionId": 7}),
        posted({**CHANGE, "subscriptionId": "x" * 129}),
        posted({**CHANGE, "clientState": "x" * 129}),
        posted({**CHANGE, "resourceData": {"id": "x" * 1025}}),
        posted({**CHANGE, "changeType": None}),
        posted({**CHANGE, "clientState": "\ud800"}),
        posted(CHANGE, {}),
        posted(*[LIFECYCLE] * (MOST_NOTIFICATIONS + 1)),
        posted(LIFECYCLE) + b" " * LARGEST_BODY,
    ],
    ids=lambda body: repr(body[:40]),
)
def test_anything_malformed_is_one_refusal_that_repeats_nothing(body):
    with pytest.raises(Permanent, match="unreadable_notification") as caught:
        read_notifications(body)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_as_many_as_allowed_are_read():
    body = posted(*[LIFECYCLE] * MOST_NOTIFICATIONS)
    assert len(read_notifications(body)) == MOST_NOTIFICATIONS
