"""Requests to send a text or a mail: what is refused, in words and codes, before anything is stored."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.config import Settings
from engine.config.email_section import EmailSection
from engine.http.dialect import RESTCOMM
from engine.http.forms import checked
from engine.http.message_operations import Desks, EmailOperations, TextOperations
from engine.http.operations import Asked
from engine.http.permissions import Principal, Role
from engine.http.problems import Problem
from engine.http.resources.message_forms import EmailCreation, TextChange, TextCreation
from engine.messages.mail_desk import MailDesk
from engine.messages.text_desk import TextDesk
from engine.store import AccountRow, EmailRow, MessageRow, MessageStatus
from rcml.messaging import Sent
from tests.testkit.post_office import ACCOUNT, PostOffice

OWNER = AccountRow(sid=ACCOUNT, auth_token="t")
ASKED = Asked(OWNER, RESTCOMM, Principal(OWNER, Role.ADMINISTRATOR))
TEXT = {"To": "alice", "From": "+15550100", "Body": "Hello"}
MAIL = {"To": "a@example.com", "Body": "Hello"}


class Office(PostOffice):
    """The operations with desks that send nothing."""

    def __init__(self, **email: Any) -> None:
        super().__init__()
        section = EmailSection.model_validate({"host": "mail.test", "from": "pbx@example.com", **email})
        parts = cast(Any, self.store), cast(Any, self.outbox), cast(Any, self.notifications), self.metrics
        texts, mails = TextDesk(*parts), MailDesk(lambda: section, *parts)
        self.dispatched: list[Any] = []
        for desk in (texts, mails):
            cast(Any, desk).dispatch = self._dispatch
        more = (lambda: Desks(texts, mails)), Settings.embedded
        self.texts = TextOperations(cast(Any, self.store), *more)
        self.mails = EmailOperations(cast(Any, self.store), *more)

    async def _dispatch(self, row: Any) -> Sent:
        assert row.sid in self.store.rows, "what is sent is stored first"
        self.dispatched.append(row)
        return Sent()

    def text(self, **changes: str) -> MessageRow:
        form = checked({name: [value] for name, value in {**TEXT, **changes}.items() if value}, TextCreation)
        return asyncio.run(self.texts.create(ASKED, form))[0]

    def mail(self, **changes: str) -> EmailRow:
        form = checked({name: [value] for name, value in {**MAIL, **changes}.items() if value}, EmailCreation)
        return asyncio.run(self.mails.create(ASKED, form))[0]


def test_a_text_is_stored_and_then_sent_with_its_headers():
    office = Office()
    row = office.text(**{"X-Ticket": "12", "StatusCallback": "http://app.test/told", "Body": " Γειά\n"})
    assert (row.to, row.from_, row.body, row.direction) == ("alice", "+15550100", " Γειά\n", "outbound-api")
    assert (row.headers, row.status_callback) == ([["X-Ticket", "12"]], "http://app.test/told")
    assert office.dispatched == [row]


@pytest.mark.parametrize(
    ("changes", "said", "code"),
    [
        ({"To": ""}, "To can not be null", 21218),
        ({"From": ""}, "From can not be null", 21218),
        ({"To": "two words"}, "To = 'two words'", 21211),
        ({"From": "a b"}, "From = 'a b'", 21212),
        ({"Body": ""}, "Body can not be null", 21602),
        ({"Body": "x" * 10_001}, "Body has 10001 characters", 21617),
        ({"SendAt": "2030-01-01T00:00:00Z"}, "SendAt: texts are sent at once here", 35114),
        ({"StatusCallback": "ftp://x"}, "StatusCallback = 'ftp://x'", 21218),
        ({"X-A": "1\r\nVia: x"}, "'X-A' is no SIP header", 20001),
        ({"X-A:b": "1"}, "'X-A:b' is no SIP header", 20001),
        ({"X-A": "x" * 2000}, "X-A is longer than 1024", 20001),
        ({f"X-{number}": "1" for number in range(40)}, "40 parameters begin with X-", 20001),
    ],
)
def test_a_text_that_cannot_be_sent_is_refused_with_the_parameter_and_the_cure(changes, said, code):
    office = Office()
    with pytest.raises(Problem) as refused:
        office.text(**changes)
    assert said in refused.value.message
    assert (refused.value.status, refused.value.twilio) == (400, (400, code))
    assert office.store.rows == {}


def test_a_mail_has_one_line_of_subject_and_the_configured_sender():
    row = Office().mail(Subject="News\r\nBcc: x@example.com", Cc="c@example.com")
    assert (row.subject, row.from_, row.cc) == ("News Bcc: x@example.com", "pbx@example.com", "c@example.com")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"To": "nobody"}, "To = 'nobody'"),
        ({"Bcc": "a@b\nCc: x@y.z"}, "Bcc = "),
        ({"From": "x"}, "From = 'x'"),
        ({"Body": ""}, "Body can not be null"),
    ],
)
def test_a_mail_that_cannot_be_sent_is_refused(changes, said):
    office = Office()
    with pytest.raises(Problem) as refused:
        office.mail(**changes)
    assert (refused.value.status, said in refused.value.message) == (400, True)
    assert office.store.rows == {}


def test_without_a_mail_server_the_answer_names_the_key_to_set():
    with pytest.raises(Problem, match="set host in") as refused:
        Office(host="").mail()
    assert refused.value.status == 500


def test_a_text_on_its_way_cannot_be_deleted():
    office = Office()
    row = office.text()
    with pytest.raises(Problem) as refused:
        asyncio.run(office.texts.delete(ASKED, row))
    assert (refused.value.status, row.status) == (409, MessageStatus.QUEUED)


def test_the_words_of_a_text_are_taken_out_of_what_is_kept():
    office = Office()
    row = office.text()
    row.status = MessageStatus.DELIVERED
    redaction = checked({"Body": [""]}, TextChange)
    changed = asyncio.run(office.texts.change(ASKED, row, redaction))
    assert (changed.sid, changed.body, office.store.rows[row.sid].values()["body"]) == (row.sid, "", "")


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        (TextChange(), MessageStatus.DELIVERED, 400),
        (TextChange(Body=""), MessageStatus.SENDING, 409),
        (TextChange(Body=""), MessageStatus.RECEIVING, 409),
    ],
)
def test_words_are_taken_out_only_where_that_is_asked_for_and_nobody_needs_them(form, status, code):
    office = Office()
    row = office.text()
    row.status = status
    with pytest.raises(Problem) as refused:
        asyncio.run(office.texts.change(ASKED, row, form))
    assert (refused.value.status, row.body) == (code, "Hello")


def test_other_words_cannot_be_put_in_their_place():
    with pytest.raises(Problem, match="Body"):
        checked({"Body": ["Something else"]}, TextChange)


def test_before_the_daemon_is_ready_nothing_is_taken():
    operations = TextOperations(cast(Any, SimpleNamespace()), lambda: None, Settings.embedded)
    form = checked({name: [value] for name, value in TEXT.items()}, TextCreation)
    with pytest.raises(Problem) as refused:
        asyncio.run(operations.create(ASKED, form))
    assert refused.value.status == 503
