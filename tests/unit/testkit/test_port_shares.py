"""Ports for programs that bind them later."""

from tests.testkit.ports import free_port, free_udp_range


def test_no_port_is_drawn_again_soon_nor_the_second_of_a_pair():
    drawn: list[int] = []
    for _ in range(60):
        first = free_port(with_next=True)
        drawn += [first, first + 1, free_port()]
    assert len(set(drawn)) == len(drawn)


def test_rows_that_are_drawn_one_after_the_other_lie_apart():
    ports: list[int] = []
    for _ in range(8):
        first, last = free_udp_range(120)
        ports += range(first, last + 1)
    assert len(set(ports)) == len(ports)
