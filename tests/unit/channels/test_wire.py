import gzip

import pytest

from bot.channels.wire import MAX_NESTING, Refused, parse_object, shape_of

ACTIVITY = {
    "type": "message",
    "id": "1",
    "channelId": "msteams",
    "serviceUrl": "https://smba.trafficmanager.net/de/",
    "from": {"id": "29:a"},
    "recipient": {"id": "28:b"},
    "conversation": {"id": "a:1"},
}


def nested(levels: int) -> bytes:
    return b'{"a":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":' + b"9" * 5000 + b"}",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b'{"a":"\x00"}',
        gzip.compress(b"{}"),
        nested(MAX_NESTING + 1),
        nested(100_000),
    ],
)
def test_what_is_no_plain_json_object_is_refused_with_400(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        parse_object(body)
    assert refused.value.status == 400


def test_nesting_up_to_the_limit_is_read() -> None:
    assert "a" in parse_object(nested(MAX_NESTING))


def test_brackets_inside_a_text_are_no_nesting() -> None:
    assert parse_object(b'{"text":"' + b"[" * 500 + b'\\"{"}')["text"].startswith("[[[")


def test_escaped_nul_and_lone_surrogates_are_dropped_everywhere() -> None:
    parsed = parse_object(b'{"t\\u0000":"a\\u0000b\\ud800c","l":[{"x":"\\udfff!"}]}')
    assert parsed == {"t": "abc", "l": [{"x": "!"}]}


def test_a_surrogate_pair_is_one_character_and_stays() -> None:
    assert parse_object(b'{"t":"\\ud83d\\ude00"}') == {"t": "\U0001f600"}


@pytest.mark.parametrize("field", ["type", "channelId", "serviceUrl", "from", "conversation"])
@pytest.mark.parametrize("value", [None, 5, [], "", {"id": 7}])
def test_a_wrong_field_is_named_and_refused_with_400(field: str, value: object) -> None:
    with pytest.raises(Refused, match=field) as refused:
        shape_of({**ACTIVITY, field: value})
    assert refused.value.status == 400


def test_an_activity_without_id_has_a_shape() -> None:
    assert shape_of({k: v for k, v in ACTIVITY.items() if k != "id"}).id is None


def test_odd_fields_nobody_relies_on_are_let_through() -> None:
    odd = {"timestamp": "gestern", "entities": [None], "channelData": 5, "text": ["a"]}
    assert shape_of({**ACTIVITY, **odd}).type == "message"
