"""The ``[media]`` section: where sound is received and sent, and how it is coded."""

from typing import Literal

from pydantic import Field

from engine.config.ice_section import IceSettings
from engine.config.values import PortRange, Ports


class MediaSection(IceSettings):
    """Where sound is received and sent."""

    address: str = Field("127.0.0.1", description="Address that RTP sockets bind.", min_length=1)
    external_address: str = Field("", description="Address written into SDP; empty: `address`.")
    rtp_ports: Ports = Field(
        PortRange(20000, 29999), description="UDP ports for RTP, one for each leg, `FIRST-LAST`."
    )
    threads: int = Field(1, description="Media threads.", ge=1, le=64)
    rtp_timeout: float = Field(
        300.0,
        description="Seconds without RTP and RTCP after which a party that is not on hold counts as gone: "
        "its call gets notification 11009 and is ended. 0: never.",
        ge=0,
    )
    codecs: tuple[Literal["PCMU", "PCMA", "G722", "opus"], ...] = Field(
        ("PCMU", "PCMA", "G722"),
        description="Codecs that are taken, and offered in this order. G722 is wideband: put it first when "
        "your phones call each other. opus is, too; it costs most.",
        min_length=1,
    )
    srtp: Literal["off", "preferred", "required"] = Field(
        "off",
        description="Encrypted sound with keys in SDP (SDES-SRTP): `off`; `preferred`, when the peer can; "
        "`required`, or there is no call. Keys are as secret as the SIP that carries them: use tls.",
    )
