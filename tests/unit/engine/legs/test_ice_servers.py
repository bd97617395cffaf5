"""Which servers a browser is told of, and with which credentials."""

import pytest
from pydantic import ValidationError

from engine.config.ice_section import IceSettings
from engine.legs.ice_servers import ice_servers, relay_user, short_lived

ENDS = 1_795_000_000
OURS, THEIRS = "turn:relay.example.com:3478?transport=udp", "turns:pages.example.com:5349?transport=tcp"


def told(**settings: object) -> list[dict[str, str]]:
    section = IceSettings.model_validate(settings)
    return [dict(each) for each in ice_servers(section, relay_user(section, "alice", ENDS))]


def test_short_lived_credentials_are_those_of_coturn():
    """Made with: printf '1795000000:alice' | openssl dgst -sha1 -hmac north -binary | base64."""
    user = short_lived("north", "alice", ENDS)
    assert user.username == "1795000000:alice"
    assert user.password == "EpVmky0DRZIXviMz9MhE+MQ18cU="


def test_without_servers_nothing_is_told():
    assert told() == []


def test_stun_servers_are_told_without_credentials():
    assert told(stun_servers=["stun.example.com:3478"]) == [{"urls": "stun:stun.example.com:3478"}]


def test_relays_with_a_secret_are_told_with_credentials_that_end():
    user = short_lived("north", "alice", ENDS)
    assert told(turn_servers=[OURS], turn_secret="north") == [
        {"urls": OURS, "username": user.username, "credential": user.password}
    ]


def test_a_password_without_end_is_told_only_for_relays_that_were_named_for_browsers():
    password = {"turn_username": "us", "turn_password": "relayed"}
    assert told(turn_servers=[OURS], **password) == []
    assert told(turn_servers=[OURS], browser_turn_servers=[THEIRS], **password) == [
        {"urls": THEIRS, "username": "us", "credential": "relayed"}
    ]


@pytest.mark.parametrize(
    ("settings", "cure"),
    [
        ({"turn_secret": "north", "turn_username": "us"}, "leave turn_username"),
        ({"turn_secret": "north", "turn_password": "x"}, "leave turn_username"),
        ({"browser_turn_servers": [THEIRS]}, "needs turn_secret"),
    ],
)
def test_credentials_that_contradict_each_other_are_refused(settings: dict[str, object], cure: str):
    with pytest.raises(ValidationError, match=cure):
        IceSettings.model_validate(settings)
