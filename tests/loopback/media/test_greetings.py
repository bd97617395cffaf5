"""Greetings spoken by espeak-ng over lines of many kinds, told apart; the figures are in the benchmarks."""

from collections import Counter

from tests.testkit.greetings import TERSE_MACHINES, WORDY_PEOPLE, Answers, greetings, judge


async def test_people_and_machines_are_told_apart_and_beeps_are_heard():
    answers, wrong = Answers(), Counter[str]()
    for seed, greeting in enumerate(greetings()):
        line = await answers.line(greeting, seed)
        early, end = (judge(line, until_message_end=waits)[0] for waits in (False, True))
        kind = "machine" if greeting.is_machine else "human"
        if not early.startswith(kind) or end != greeting.expected:
            wrong[greeting.text] += 1
    await answers.close()
    assert len(greetings()) >= 44
    # Only those who answer as the others do may be taken for them.
    assert set(wrong) <= {*WORDY_PEOPLE, *TERSE_MACHINES}


async def test_a_noisy_line_is_no_speech():
    answers = Answers()
    people = [greeting for greeting in greetings() if not greeting.is_machine][:6]
    lines = [await answers.line(greeting, seed, noise_dbfs=-38.0) for seed, greeting in enumerate(people)]
    await answers.close()
    assert [judge(line, until_message_end=True)[0] for line in lines] == ["human"] * 6
