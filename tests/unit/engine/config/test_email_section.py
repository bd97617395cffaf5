import pytest
from pydantic import ValidationError

from engine.config import Settings
from engine.config.email_section import EmailSection
from engine.config.environment import known_variables


def test_the_password_is_masked_and_the_sender_has_a_variable_without_underscore():
    settings = Settings.embedded(email={"host": "mail.test", "username": "us", "password": "secret"})
    shown = {line.key: line.value for line in settings.effective() if line.section == "email"}
    assert shown["password"] == '"********"'
    assert "from" in shown
    assert known_variables()["DIALPLANE_EMAIL__FROM"] == ("email", "from", False)


@pytest.mark.parametrize("sender", ["pbx@example.com", "Front Desk <pbx@example.com>", ""])
def test_a_sender_is_an_address_with_or_without_a_name(sender: str):
    assert EmailSection.model_validate({"from": sender}).from_ == sender


@pytest.mark.parametrize("sender", ["pbx", "a@b\r\nBcc: x@y.z", "<pbx@example.com", "a@b, c@d"])
def test_anything_else_is_refused_with_the_form_to_write(sender: str):
    with pytest.raises(ValidationError, match="write user@host"):
        EmailSection.model_validate({"from": sender})


def test_a_password_is_never_sent_readable_but_to_loopback():
    readable = {"username": "us", "password": "secret", "starttls": False}
    with pytest.raises(ValidationError, match="starttls = false would send the password readable"):
        EmailSection.model_validate({"host": "mail.test", **readable})
    for fine in ({"host": "127.0.0.1"}, {"host": "localhost"}, {"host": "mail.test", "port": 465}):
        EmailSection.model_validate({**readable, **fine})
