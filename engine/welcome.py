"""What ``dialplane dev`` tells a newcomer: whom to call, and where to look."""

from __future__ import annotations


def welcome(http: str, account_sid: str, sip: str, *, demo: bool, phone: bool) -> str:
    """Return the text; ``sip`` is ``host:port``, ``demo`` and ``phone`` say what there is to be used."""
    name = "demo" if demo else "anything"
    page = f"Open {http}/phone and call {name} from your browser,\nor call" if phone else "Call"
    hint = "" if phone else "For a phone in the browser install Node.js, and run make phone.\n"
    return (
        f"\nDialplane is ready. {page} sip:{name}@{sip} with any softphone.\n{hint}"
        f"Console: {http}/ (what happens now, and why a call failed)\n"
        f"Calls:   {http}/2012-04-24/Accounts/{account_sid}/Calls.json\n"
        f"Figures: {http}/metrics\n"
        "Stop with Ctrl-C.\n\n"
    )
