import tomllib

import pytest

from engine.config import Settings, Sources
from engine.config.settings import toml_value
from engine.config.show import as_toml


def test_embedded_settings_allow_loopback_applications():
    settings = Settings.embedded(store={"url": "sqlite:///x.db"})
    assert [str(network) for network in settings.webhooks.allow_networks] == ["127.0.0.0/8", "::1/128"]
    assert settings.store.url == "sqlite:///x.db"


@pytest.mark.parametrize(
    ("sections", "url"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"http": {"public_url": "https://voice.example.com/"}}, "https://voice.example.com"),
        ({"http": {"listen": "[::1]:81"}}, "http://[::1]:81"),
        ({"http": {"listen": "0.0.0.0:80"}}, "http://127.0.0.1:80"),
        (
            {"http": {"listen": "0.0.0.0:80"}, "media": {"external_address": "192.0.2.1"}},
            "http://192.0.2.1:80",
        ),
        (
            {"http": {"listen": "[::]:80"}, "sip": {"external_address": "sip.example.com:5060"}},
            "http://sip.example.com:80",
        ),
    ],
)
def test_the_public_url_is_what_others_can_reach(sections, url):
    assert Settings.embedded(**sections).public_url == url


@pytest.mark.parametrize(
    ("sections", "music"),
    [
        ({}, ""),
        ({"conferences": {"music_url": "/ours.wav"}}, "/ours.wav"),
        ({"conferences": {"music_url": "/ours.wav"}, "dial": {"hold_music_url": "/held.wav"}}, "/held.wav"),
    ],
)
def test_who_is_held_hears_the_music_of_the_server_unless_a_hold_has_its_own(sections, music):
    assert Settings.embedded(**sections).hold_music_url == music


def test_what_the_operator_wrote_is_trusted_and_paths_are_not_counted():
    settings = Settings.embedded(
        rcml={"app_url": "https://App.example.com/x"},
        numbers=[{"number": "1", "voice_url": "/local", "voice_fallback_url": "http://b:81/"}],
        clients=[{"login": "a", "password": "p", "voice_url": "http://c/"}],
    )
    assert settings.trusted_origins == {
        ("127.0.0.1", 8080), ("app.example.com", 443), ("b", 81), ("c", 80),
    }  # fmt: skip


@pytest.mark.parametrize("text", ["plain", 'a"b\\c', "tab\tline\n\x00\x7f", "ünïcödé"])
def test_texts_survive_being_written_as_toml(text):
    assert tomllib.loads(f"x = {toml_value(text)}")["x"] == text


def test_the_effective_configuration_is_toml_with_origins_and_without_secrets(tmp_path):
    path = tmp_path / "d.toml"
    path.write_text(
        f'[account]\nsid = "AC{"0" * 32}"\nauth_token = "hunter2"\n'
        '[[clients]]\nlogin = "alice"\npassword = "hunter2"\n'
        '[[clients]]\nlogin = "bob"\npassword = "hunter2"\n'
    )
    shown = as_toml(Sources(path, environ={"DIALPLANE_SIP__REALM": "r"}).load())
    assert "hunter2" not in shown
    tree = tomllib.loads(shown)
    assert tree["sip"]["realm"] == "r"
    assert [client["login"] for client in tree["clients"]] == ["alice", "bob"]
    assert f"# {path}:3" in shown
    assert "# DIALPLANE_SIP__REALM" in shown


def test_what_is_shown_can_be_read_again(tmp_path):
    path = tmp_path / "again.toml"
    path.write_text(as_toml(Sources(environ={}, file=None).load()))
    again = Sources(path, environ={}).load()
    assert again.model_dump() == Sources(environ={}).load().model_dump()
