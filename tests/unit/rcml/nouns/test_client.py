"""Client: rows of rcml.md 5.7."""

import pytest

from rcml.dialling import ClientTarget
from rcml.nouns.client import Client
from rcml.parser import parse_xml
from rcml.verbs.dial import Dial


def read(text: str) -> tuple[ClientTarget | None, list[str]]:
    document = parse_xml(f"<Dial><Client>{text}</Client></Dial>", "http://app.test/")
    (dial,) = document.verbs
    assert isinstance(dial, Dial)
    (client,) = dial.nouns
    assert isinstance(client, Client)
    return client.target(), [str(warning) for warning in document.warnings]


@pytest.mark.parametrize("text", ["alice", "client:alice"])
def test_a_client_is_its_login_with_or_without_prefix(text: str):
    assert read(text) == (ClientTarget(login="alice"), [])


def test_headers_are_sent_whose_ampersand_is_bare():
    headers = (("X-H1", "v1"), ("X-H2", "v2"))
    assert read("alice?X-H1=v1&X-H2=v2") == (ClientTarget(login="alice", headers=headers), [])


def test_a_header_without_x_is_left_out_with_a_warning():
    target, (warning,) = read("alice?Foo=1&X-B=2")
    assert target == ClientTarget(login="alice", headers=(("X-B", "2"),))
    assert warning.endswith("'alice' is taken")
