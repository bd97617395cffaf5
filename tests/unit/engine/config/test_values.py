import ipaddress

import pytest
from pydantic import TypeAdapter, ValidationError

from engine.config.values import (
    ApplicationUrl,
    HostPort,
    Network,
    Pattern,
    PortRange,
    SipListener,
)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:5060", "127.0.0.1", 5060),
        ("[::1]:80", "::1", 80),
        ("voice.example.com:0", "voice.example.com", 0),
    ],
)
def test_an_address_is_read_and_printed_alike(text, host, port):
    assert HostPort.parse(text) == HostPort(host, port)
    assert str(HostPort(host, port)) == text


@pytest.mark.parametrize(
    "text", ["127.0.0.1", ":80", "::1:80", "host:70000", "host:", "[host]:80", "a b:1", ""]
)
def test_what_is_no_address_says_how_to_write_one(text):
    with pytest.raises(ValueError, match=r"HOST:PORT|at most 65535"):
        HostPort.parse(text)


def test_a_listener_has_a_transport_in_any_case():
    assert SipListener.parse("UDP:[::]:5060") == SipListener("udp", HostPort("::", 5060))
    assert str(SipListener.parse("tls:10.0.0.1:5061")) == "tls:10.0.0.1:5061"


@pytest.mark.parametrize("text", ["127.0.0.1:5060", "ws:127.0.0.1:80", "sctp:1.2.3.4:5060"])
def test_an_unknown_transport_is_refused_with_the_known_ones(text):
    with pytest.raises(ValueError, match="udp, tcp or tls"):
        SipListener.parse(text)


def test_a_port_range_includes_both_ends():
    ports = PortRange.parse("20000 - 20003")
    assert list(ports.range) == [20000, 20001, 20002, 20003]
    assert str(ports) == "20000-20003"


@pytest.mark.parametrize("text", ["20000", "20001-20000", "80-90", "20000-70000", "a-b", "20000-20000"])
def test_a_port_range_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match=r"write FIRST-LAST|both ports"):
        PortRange.parse(text)


def test_a_network_may_be_a_single_address_or_have_host_bits():
    read = TypeAdapter(Network).validate_python
    assert read("192.0.2.7") == ipaddress.ip_network("192.0.2.7/32")
    assert read("10.1.2.3/8") == ipaddress.ip_network("10.0.0.0/8")
    assert read("fd00::/8") == ipaddress.ip_network("fd00::/8")


@pytest.mark.parametrize("url", ["", "/demos/hello.xml", "http://a/x", "HTTPS://u:p@a:8443/x?y#rc=1"])
def test_application_urls_are_http_or_paths_of_this_server(url):
    assert TypeAdapter(ApplicationUrl).validate_python(url) == url


@pytest.mark.parametrize(
    "url", ["ftp://a/x", "http://", "a.example.com/x", "file:///etc/passwd", "http://a:99999/"]
)
def test_other_urls_are_refused(url):
    with pytest.raises(ValidationError, match="http:// or https://"):
        TypeAdapter(ApplicationUrl).validate_python(url)


@pytest.mark.parametrize("pattern", ["*", "+1555.*", "*72.*", "[0-9]+", "7777|8888"])
def test_patterns_of_numbers_are_those_that_routing_understands(pattern):
    assert TypeAdapter(Pattern).validate_python(pattern) == pattern


def test_a_broken_pattern_is_refused_with_its_fault():
    with pytest.raises(ValidationError, match="regular expression"):
        TypeAdapter(Pattern).validate_python("+1[")
