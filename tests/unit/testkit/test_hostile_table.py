from tests.testkit.hostile_table import sentence, table


def report(
    name: str, outcome: str = "passed", **properties: str
) -> tuple[str, str, list[tuple[str, object]]]:
    return f"tests/unit/test_x.py::{name}", outcome, list(properties.items())


def test_tests_of_one_attack_are_one_row_with_their_figures():
    made = table(
        [
            report("test_t12_b[INVITE]", attack="T12", sent="a flood", held="INVITE: 200 answered"),
            report("test_other"),
            report("test_t12_b[REGISTER]", attack="T12", sent="a flood", held="REGISTER: 200 answered"),
            report("test_t5_calls_come_about[0.2]", attack="T5", sent="loss"),
        ]
    )
    assert [(attack.row, attack.tests, attack.held) for attack in made] == [
        ("T5", 1, ["calls come about"]),
        ("T12", 2, ["INVITE: 200 answered", "REGISTER: 200 answered"]),
    ]


def test_an_attack_that_was_not_held_is_seen():
    (attack,) = table(
        [
            report("test_m1_x[a]", "failed", attack="M1", sent="RTP"),
            report("test_m1_x[b]", attack="M1", sent="RTP"),
        ]
    )
    (line,) = attack.lines()
    assert line.endswith("1 of 2 FAILED")


def test_a_test_without_figures_says_its_name():
    assert sentence("tests/a.py::test_t7_nobody_is_found[x]") == "nobody is found"
    assert sentence("tests/a.py::test_rfc4475_datagram[wsinv]") == "rfc4475 datagram"
