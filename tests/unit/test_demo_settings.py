"""Commands that ask a running demo find it where it was last started."""

import pytest

from bot.demo_program import DemoImpossible, DemoOptions, demo_settings, folder_of, prepare


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def started(port: int = 3978, emulator_port: int = 3979) -> None:
    folder = folder_of("practice")
    prepare(DemoOptions("practice", folder, "127.0.0.1", port, emulator_port, reset=False))


def test_the_ports_are_those_of_the_last_start():
    started()
    started(5978, 5979)
    settings = demo_settings("practice")
    assert settings.port == 5978
    assert settings.graph_base_url == "http://127.0.0.1:5979/v1.0"


def test_a_folder_of_an_earlier_version_means_the_usual_ports():
    started()
    (folder_of("practice") / ".terminbot-demo").write_text("")
    assert demo_settings("practice").port == 3978


def test_a_demo_that_was_never_started_is_said():
    with pytest.raises(DemoImpossible, match="Start it first"):
        demo_settings("practice")
    with pytest.raises(DemoImpossible, match="There is no example"):
        demo_settings("bakery")
