import pytest

from engine.config import environment
from engine.errors import ConfigurationError


def test_variables_of_keys_are_read_and_others_left_alone():
    found = environment.read({"DIALPLANE_SIP__REALM": "x", "PATH": "/bin", "DIALPLANE_IMAGE": "debian"})
    assert found == {("sip", "realm"): ("x", "DIALPLANE_SIP__REALM")}


@pytest.mark.parametrize("text", ["10.0.0.0/8, 192.0.2.7", '["10.0.0.0/8", "192.0.2.7"]'])
def test_a_list_is_written_with_commas_or_as_json(text):
    found = environment.read({"DIALPLANE_WEBHOOKS__ALLOW_NETWORKS": text})
    assert found["webhooks", "allow_networks"][0] == ["10.0.0.0/8", "192.0.2.7"]


def test_entries_are_a_json_list_of_objects():
    found = environment.read({"DIALPLANE_NUMBERS": '[{"number": "1", "voice_url": "http://a/"}]'})
    assert found["numbers", ""][0] == [{"number": "1", "voice_url": "http://a/"}]


@pytest.mark.parametrize("text", ["number=1", '{"number": "1"}', "[" * 100_000])
def test_entries_in_another_form_are_refused(text):
    with pytest.raises(ConfigurationError, match=r"DIALPLANE_NUMBERS: .* is not a list; write JSON"):
        environment.read({"DIALPLANE_NUMBERS": text})


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("DIALPLANE_SIP__LISEN", "DIALPLANE_SIP__LISTEN"),
        ("DIALPLANE_SIP_LISTEN", "DIALPLANE_SIP__LISTEN"),
        ("DIALPLANE_HTTP__PUBLICURL", "DIALPLANE_HTTP__PUBLIC_URL"),
    ],
)
def test_a_misspelt_variable_is_refused_with_the_nearest(name, near):
    with pytest.raises(ConfigurationError, match=rf"{name}: there is no such key; did you mean {near}\?"):
        environment.read({name: "1"})


def test_all_misspelt_variables_are_named_at_once():
    with pytest.raises(ConfigurationError) as caught:
        environment.read({"DIALPLANE_QQ__ZZ": "1", "DIALPLANE_SIP__LISEN": "1"})
    assert len(caught.value.problems) == 2
