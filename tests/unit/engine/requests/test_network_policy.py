import ipaddress

import pytest

from engine.requests.network_policy import Forbidden, NetworkPolicy

PUBLIC_ONLY = NetworkPolicy()


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.0.0.1", "loopback"),
        ("127.8.9.10", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::127.0.0.1", "reserved"),
        ("64:ff9b::7f00:1", "loopback"),
        ("64:ff9b::a9fe:a9fe", "link-local"),
        ("2002:7f00:1::", "special"),
        ("0.0.0.0", "unspecified"),
        ("::", "unspecified"),
        ("169.254.169.254", "link-local"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("fec0::1", "site-local"),
        ("10.0.0.1", "private"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("::ffff:192.168.1.1", "private"),
        ("100.64.0.1", "carrier"),
        ("192.0.0.8", "special"),
        ("198.18.0.1", "special"),
        ("fd00::1", "private"),
        ("64:ff9b:1::1", "reserved"),
        ("224.0.0.1", "multicast"),
        ("ff02::1", "multicast"),
        ("255.255.255.255", "reserved"),
        ("240.0.0.1", "reserved"),
        ("2001:db8::1", "documentation"),
        ("203.0.113.9", "documentation"),
        ("2001::1", "special"),
        ("4000::1", "reserved"),
    ],
)
def test_addresses_that_are_not_public_are_forbidden(address, kind):
    with pytest.raises(Forbidden, match=f"is a {kind} address; .*allow_networks"):
        PUBLIC_ONLY.check_host(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1"]
)
def test_public_addresses_pass(address):
    PUBLIC_ONLY.check_host(address)


@pytest.mark.hostile("W8", sent="private addresses in disguise")
@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "127.0.0.1.", "1.2.3", "0", "00000000001"],
)
def test_addresses_in_disguise_are_forbidden_whatever_they_mean(host):
    with pytest.raises(Forbidden, match="in disguise"):
        NetworkPolicy(allow_networks=(ipaddress.ip_network("0.0.0.0/0"),)).check_host(host)


@pytest.mark.parametrize("host", ["example.com", "localhost", "1a.example", "a1", "x0.y1"])
def test_names_are_left_to_the_resolver(host):
    PUBLIC_ONLY.check_host(host)


def test_an_allowed_network_is_allowed_in_each_of_its_forms():
    policy = NetworkPolicy(
        allow_networks=(ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::1/128"))
    )
    policy.check_host("10.1.2.3")
    policy.check_host("::ffff:10.1.2.3")
    policy.check_host("::1")
    for other in ("127.0.0.1", "192.168.0.1", "fd00::1"):
        with pytest.raises(Forbidden):
            policy.check_host(other)


def test_only_the_origins_that_the_operator_wrote_are_trusted():
    policy = NetworkPolicy(origins=frozenset({("app.local", 9000)}))
    assert policy.trusts("APP.local", 9000)
    assert not policy.trusts("app.local", 9001)
    assert not policy.trusts("xapp.local", 9000)
