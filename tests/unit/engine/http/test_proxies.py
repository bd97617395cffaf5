import ipaddress

import pytest

from engine.http.proxies import is_trusted, source_of

PROXIES = (ipaddress.ip_network("127.0.0.1/32"), ipaddress.ip_network("10.0.0.0/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "source"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["192.0.2.66, 198.51.100.1, 10.0.0.7"], "198.51.100.1"),
        ("127.0.0.1", ["192.0.2.66", "198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["2001:db8::7"], "2001:db8::7"),
        ("127.0.0.1", ["198.51.100.1, nonsense"], "127.0.0.1"),
    ],
)
def test_only_what_trusted_proxies_heard_themselves_counts(peer, forwarded, source):
    assert source_of(peer, forwarded, PROXIES) == source


def test_a_name_is_no_proxy():
    assert not is_trusted("localhost", PROXIES)
    assert is_trusted("10.1.2.3", PROXIES)
