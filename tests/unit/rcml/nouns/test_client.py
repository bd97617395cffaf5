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


def test_identity_names_the_client_and_parameters_are_headers():
    parameters = '<Parameter name="ticket" value="a 12"/><Parameter name="X-Q" value="g"/>'
    headers = (("X-ticket", "a 12"), ("X-Q", "g"))
    assert read(f"<Identity>client:alice</Identity>{parameters}") == (
        ClientTarget(login="alice", headers=headers),
        [],
    )


def test_parameters_go_along_with_a_login_that_is_the_text():
    target, warnings = read('alice?X-A=1<Parameter name="b" value="2"/>')
    assert target == ClientTarget(login="alice", headers=(("X-A", "1"), ("X-b", "2")))
    assert warnings == []


@pytest.mark.parametrize("name", ["", "two words", "a:b", "é"])
def test_a_parameter_that_is_no_header_is_not_sent_with_a_warning(name: str):
    target, (warning,) = read(f'<Identity>alice</Identity><Parameter name="{name}" value="1"/>')
    assert target == ClientTarget(login="alice")
    assert warning.endswith("fits no SIP header and is not sent")


def test_parameters_beyond_1024_characters_are_not_sent_with_a_warning():
    many = "".join(f'<Parameter name="p{number}" value="{"v" * 500}"/>' for number in range(3))
    target, (warning,) = read(f"<Identity>alice</Identity>{many}")
    assert target is not None
    assert [name for name, _ in target.headers] == ["X-p0", "X-p1"]
    assert "'p2'" in warning


def test_a_client_without_login_and_identity_names_nobody():
    target, (warning,) = read('<Parameter name="a" value="1"/>')
    assert target is None
    assert "names nobody" in warning
