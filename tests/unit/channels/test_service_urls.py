import pytest

from bot.channels.tokens import DEFAULT_HOSTS, is_allowed_service

HOSTS = (*DEFAULT_HOSTS, "127.0.0.1")


@pytest.mark.parametrize(
    "url",
    [
        "https://smba.trafficmanager.net/de/",
        "https://smba.trafficmanager.net:443/emea/tenant",
        "https://webchat.botframework.com",
        "http://127.0.0.1:4000/teams",
    ],
)
def test_listed_services_are_written_to(url: str) -> None:
    assert is_allowed_service(url, HOSTS)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "smba.trafficmanager.net",
        "http://smba.trafficmanager.net/",
        "https://smba.trafficmanager.net:8443/",
        "https://smba.trafficmanager.net.evil.example/",
        "https://smba.trafficmanager.net./",
        "https://user@smba.trafficmanager.net/",
        "https://smba.trafficmanager.net@evil.example/",
        "https://smba.trafficmanager.net\\@evil.example/",
        "https://smba.trafficmanager.net#@evil.example/",
        "https://smba.trafficmanager.net/?next=//evil.example",
        "https://evil.example/smba.trafficmanager.net",
        "https://botframework.com.evil.example/",
        "https://evilbotframework.com/",
        "https://smba.trafficmanager.nét/",
        "https://smbа.trafficmanager.net/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://0x7f.1/",
        "https://localhost/",
        "https://smba.trafficmanager.net:99999/",
        "https://[broken/",
        "https://smba.trafficmanager.net/\r\nHost: evil.example",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
    ],
)
def test_other_services_are_never_written_to(url: str) -> None:
    assert not is_allowed_service(url, HOSTS)


def test_this_computer_is_written_to_only_where_it_is_listed() -> None:
    assert not is_allowed_service("http://127.0.0.1:4000/", DEFAULT_HOSTS)
