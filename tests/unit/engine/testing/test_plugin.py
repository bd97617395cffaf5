"""The fixture `dial` in an application's own test suite."""

import pytest

pytest_plugins = ["pytester"]

SUITE = """
    def test_it(dial):
        caller = dial({arguments})
        caller.expect_said("Hello")
        caller.expect_hung_up()
"""


def run(pytester: pytest.Pytester, arguments: str = "", *options: str) -> pytest.RunResult:
    pytester.makepyfile(SUITE.format(arguments=arguments))
    return pytester.runpytest_inprocess("-p", "engine.testing.plugin", "-p", "no:asyncio", *options)


def test_a_suite_names_the_application_in_its_test(pytester: pytest.Pytester):
    run(pytester, '"<Response><Say>Hello</Say></Response>"').assert_outcomes(passed=1)


def test_a_suite_names_the_application_in_its_settings_or_on_the_command_line(pytester: pytest.Pytester):
    pytester.path.joinpath("hello.xml").write_text("<Response><Say>Hello</Say></Response>")
    pytester.makeini("[pytest]\ndialplane_application = hello.xml")
    run(pytester).assert_outcomes(passed=1)
    pytester.path.joinpath("other.xml").write_text("<Response><Say>Goodbye</Say></Response>")
    failed = run(pytester, "", "--dialplane-application", "other.xml")
    failed.assert_outcomes(failed=1)
    failed.stdout.fnmatch_lines(["*expected said 'Hello'*", "*said 'Goodbye'*"])


def test_a_suite_without_an_application_is_told_what_to_set(pytester: pytest.Pytester):
    failed = run(pytester)
    failed.assert_outcomes(failed=1)
    failed.stdout.fnmatch_lines(["*dialplane_application*"])


def test_a_suite_says_in_whose_words_its_application_is_told_of_calls(pytester: pytest.Pytester):
    pytester.makepyfile(
        """
        DOCUMENTS = {"/": "<Response><Redirect>/next</Redirect></Response>", "/next": "<Response/>"}

        def version(caller):
            return caller.expect_requested("/next").parameters["ApiVersion"]

        def test_it(dial):
            assert version(dial(DOCUMENTS)) == "2010-04-01"
            assert version(dial(DOCUMENTS, api_version="2012-04-24")) == "2012-04-24"
        """
    )
    pytester.makeini("[pytest]\ndialplane_api_version = 2010-04-01")
    pytester.runpytest_inprocess("-p", "engine.testing.plugin", "-p", "no:asyncio").assert_outcomes(passed=1)


def test_a_suite_with_an_unknown_version_is_told_the_known_ones(pytester: pytest.Pytester):
    pytester.makeini("[pytest]\ndialplane_api_version = 2008-08-01")
    failed = run(pytester, '"<Response><Say>Hello</Say></Response>"')
    failed.assert_outcomes(failed=1)
    failed.stdout.fnmatch_lines(["*'2008-08-01': write 2012-04-24 or 2010-04-01*"])
