"""The ``[limits]`` section: how much is taken on, of whom."""

from pydantic import Field

from engine.config.section import Section


class LimitsSection(Section):
    """How much is taken on."""

    max_calls: int = Field(
        0, description="Most calls at a time; 0: what the port range and the file limit allow.", ge=0
    )
    calls_per_second: int = Field(0, description="Most new calls a second; 0: no limit.", ge=0)
    messages_per_second: int = Field(
        20, description="Most SIP MESSAGE requests a second from one source; 0: no limit.", ge=0
    )
    requests_per_source: float = Field(
        200.0,
        description="New requests a second (calls, registrations, OPTIONS) that one address is served, twice "
        "as many for a moment; as many again are answered 503, the rest not at all. As many are served "
        "within its calls, 20 for each call, a BYE always; and as much is read that fits nothing. Trunks "
        "(`allow_from`) have no limit: name a proxy in front of this server as one. 0: no limit.",
        ge=0,
    )
    calls_per_client: int = Field(
        20, description="Most calls that one client may have up at a time; 0: no limit.", ge=0
    )
    calls_per_client_per_minute: int = Field(
        60, description="Most calls that one client may begin in a minute; 0: no limit.", ge=0
    )
    minutes_per_client_per_day: float = Field(
        1440.0,
        description="Minutes that one client may talk through trunks in 24 hours, each of its calls counted; "
        "then its talks end, with notification 11013. The default is what one telephone can talk; raise it "
        "for a client that is a telephone system. 0: no limit.",
        ge=0,
    )
    calls_per_account: int = Field(
        0,
        description="Most calls that one account may have up at a time: those that come in, those it makes, "
        "and the legs of its Dials; then 503, with notification 11014. 0: no limit.",
        ge=0,
    )
    calls_per_account_per_second: int = Field(
        0,
        description="Most calls, counted the same way, that one account may begin in a second; 0: no limit.",
        ge=0,
    )
    minutes_per_account_per_day: float = Field(
        0.0,
        description="Minutes that one account may talk through trunks in 24 hours on the calls it makes, its "
        "Dials included; then they end, with notification 11014. 0: no limit.",
        ge=0,
    )
    drain_timeout: float = Field(
        300.0, description="Seconds that calls may go on after SIGTERM.", ge=0, le=86400
    )
