import inspect

import pytest

from media import errors
from media.errors import MediaError, OfferRejected, PromptError, RemoteError, SdpError


def test_an_sdp_error_names_its_line():
    assert str(SdpError(7, "no port")) == "SDP line 7: no port"
    assert str(SdpError(0, "the description is empty")) == "SDP: the description is empty"


def test_a_rejected_offer_is_answered_with_488():
    assert OfferRejected("no codec").status == 488


def test_a_prompt_error_names_the_file_and_the_reason():
    error = PromptError("menu.wav", "it is empty")
    assert (str(error), error.name, error.why) == (
        "cannot play menu.wav: it is empty",
        "menu.wav",
        "it is empty",
    )


@pytest.mark.parametrize("name", [name for name, value in vars(errors).items() if inspect.isclass(value)])
def test_every_error_belongs_to_the_tree_and_is_listed_in_it(name):
    assert issubclass(getattr(errors, name), MediaError)
    assert f":class:`{name}`" in (errors.__doc__ or "")


def test_what_peers_do_wrong_is_told_from_what_we_do_wrong():
    assert issubclass(SdpError, RemoteError)
    assert not issubclass(errors.MediaMisuse, RemoteError)
