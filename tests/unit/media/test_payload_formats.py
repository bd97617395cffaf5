from media.codecs.registry import CODECS, L16_8000, PCMA, PCMU
from media.payload_formats import EventFormat, codecs_in, events_in, numbered
from media.sdp import MediaDescription
from media.sdp_values import Attribute


def audio(*formats: str, maps: tuple[str, ...] = ()) -> MediaDescription:
    attributes = tuple(Attribute("rtpmap", each) for each in maps)
    return MediaDescription("audio", 4000, "RTP/AVP", formats, attributes=attributes)


def test_codecs_are_found_in_the_order_of_the_description():
    found = codecs_in(audio("8", "18", "0"), CODECS)
    assert [(each.payload_type, each.codec) for each in found] == [(8, PCMA), (0, PCMU)]


def test_a_static_type_that_is_mapped_to_something_else_is_that_something():
    assert list(codecs_in(audio("0", maps=("0 GSM/8000",)), CODECS)) == []


def test_a_codec_of_ours_that_the_list_does_not_name_is_not_found():
    assert [each.codec for each in codecs_in(audio("0", "8"), (PCMA,))] == [PCMA]


def test_events_need_a_map():
    assert events_in(audio("0", "101"), 8000) is None
    assert events_in(audio("101", maps=("101 telephone-event/8000",)), 8000) == EventFormat(101, 8000)


def test_dynamic_types_are_given_from_96_and_never_101():
    formats = numbered([L16_8000] * 6, clock_rates=(8000,), previous=None)
    assert formats.names == ("96", "97", "98", "99", "100", "102", "101")


def test_numbers_of_an_earlier_description_are_kept_and_its_others_are_not_used():
    earlier = audio("0", "96", "98", maps=("96 speex/8000", "98 telephone-event/8000"))
    formats = numbered((PCMU, L16_8000), clock_rates=(8000,), previous=earlier)
    assert formats.names == ("0", "97", "98")


def test_without_telephone_events_none_are_named():
    formats = numbered((PCMU,), clock_rates=(), previous=None)
    assert formats.names == ("0",)
    assert [str(attribute) for attribute in formats.attributes()] == ["rtpmap:0 PCMU/8000"]
