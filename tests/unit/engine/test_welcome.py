from engine.welcome import welcome

HTTP, ACCOUNT, SIP = "http://127.0.0.1:8080", "AC" + "0" * 32, "127.0.0.1:5060"


def test_a_newcomer_is_told_the_page_and_the_address_to_call():
    text = welcome(HTTP, ACCOUNT, SIP, demo=True, phone=True)
    assert "Open http://127.0.0.1:8080/phone and call demo from your browser," in text
    assert "or call sip:demo@127.0.0.1:5060 with any softphone." in text
    assert "Console: http://127.0.0.1:8080/ " in text
    assert f"http://127.0.0.1:8080/2012-04-24/Accounts/{ACCOUNT}/Calls.json" in text
    assert "make phone" not in text


def test_without_the_page_it_is_told_how_to_get_one():
    text = welcome(HTTP, ACCOUNT, SIP, demo=True, phone=False)
    assert "Dialplane is ready. Call sip:demo@127.0.0.1:5060" in text
    assert "/phone" not in text
    assert "install Node.js, and run make phone" in text


def test_an_application_of_the_newcomer_answers_every_name():
    assert "sip:anything@127.0.0.1:5060" in welcome(HTTP, ACCOUNT, SIP, demo=False, phone=True)
