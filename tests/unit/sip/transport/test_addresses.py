import pytest

from sip.transport.addresses import near_end


@pytest.mark.parametrize(
    ("bound", "reached"),
    [("192.0.2.7", "192.0.2.7"), ("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("2001:db8::1", "2001:db8::1")],
)
def test_this_machine_reaches_what_is_bound_to_every_address_over_loopback(bound, reached):
    assert near_end(bound) == reached
