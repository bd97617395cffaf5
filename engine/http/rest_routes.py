"""Everything that the REST API and the pages serve, each declaration beside the work behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from engine.conferences import Conferences
from engine.config import Settings
from engine.http.account_operations import AccountOperations
from engine.http.accounts_api import AccountsApi
from engine.http.application_operations import ApplicationOperations
from engine.http.call_operations import CallOperations
from engine.http.call_recordings import OwnRecordings
from engine.http.caller_id_operations import CallerIdOperations
from engine.http.client_operations import ClientOperations
from engine.http.client_tokens import ClientTokens
from engine.http.conference_operations import ConferenceOperations, ParticipantOperations
from engine.http.console import ConsoleSite
from engine.http.event_operations import EventOperations
from engine.http.key_operations import KeyOperations, UserOperations
from engine.http.listener_operations import StreamOperations, TranscriptionsOfCalls
from engine.http.live_parts import LiveParts
from engine.http.message_operations import EmailOperations, TextOperations
from engine.http.number_operations import NumberExplanations, NumberOperations
from engine.http.operations import Operations
from engine.http.outbound_proxy import OutboundProxy
from engine.http.parts import PartOperations, PartRoutes
from engine.http.phone import PhoneSite
from engine.http.provisioning import Inventory
from engine.http.queue_operations import MemberOperations, QueueOperations
from engine.http.recorded_sound import RecordedSound
from engine.http.recording_operations import RecordingOperations
from engine.http.relay_tokens import RelayTokens
from engine.http.resources import recordings
from engine.http.resources.explanations import EXPLANATION
from engine.http.resources.gateways import GATEWAYS
from engine.http.resources.ladders import LADDER
from engine.http.resources.listeners import STREAMS_OF_A_CALL, TRANSCRIPTIONS_OF_A_CALL
from engine.http.resources.messages import EMAILS, SMS_MESSAGES, TEXTS
from engine.http.resources.numbers import KINDS
from engine.http.resources.outbound_proxies import ACTIVE_PROXY, PROXIES, SWITCHED_PROXY
from engine.http.resources.participants import PARTICIPANTS
from engine.http.resources.parts import Part
from engine.http.resources.queues import MEMBERS
from engine.http.resources.supervisor import FIGURES, LIVE_CALLS, PING, VERSION
from engine.http.resources.usage import USAGE
from engine.http.resources.views import View
from engine.http.rest import RestApi
from engine.http.sip_ladders import SipLadders
from engine.http.supervision import Supervision, shown_version
from engine.http.transcription_operations import TranscriptionOperations
from engine.http.trunk_operations import GatewayOperations, TrunkOperations
from engine.http.usage_records import UsageRecords
from engine.http.usage_trigger_operations import UsageTriggerOperations
from engine.http.views import ViewRoutes, ViewWork
from engine.queues import Queues
from engine.recordings.removal import RecordingRemoval
from engine.reporting.metrics import Metrics
from engine.store import RecordingFolder, Store
from engine.usage_triggers import UsageTriggers


@dataclass(frozen=True)
class Served:
    """What requests read and change."""

    store: Store
    conferences: Conferences
    queues: Queues
    usage_triggers: UsageTriggers
    live: LiveParts
    metrics: Metrics
    settings: Callable[[], Settings]
    """Those that count now."""

    def folder(self) -> RecordingFolder:
        """Return where the sound of recordings is."""
        return RecordingFolder(self.settings().store.recordings)


def add_routes(router: web.UrlDispatcher, served: Served) -> RestApi:
    """Add them all, and return the API, which is closed with the server."""
    store, live, settings = served.store, served.live, served.settings
    inventory = Inventory(lambda: live.exchange)
    operations = _operations(served, inventory)
    api = RestApi(store, lambda: settings().public_url, operations)
    RecordedSound(served.folder, lambda: live.uploads).add_routes(router)
    PhoneSite(lambda: live.phone, settings).add_routes(router)
    ConsoleSite(store, live).add_routes(router)
    ClientTokens(api, store, settings).add_routes(router)
    RelayTokens(store, settings).add_routes(router)
    for view, reader in _views(served, inventory).items():
        ViewRoutes(api, store, view, reader).add_to(router)
    api.add_routes(router)
    for part, work in _parts(served, operations["Recordings"]).items():
        PartRoutes(api, store, part, work).add_to(router)
    AccountsApi(api, store, AccountOperations(store, inventory, settings)).add_routes(router)
    return api


def _operations(served: Served, inventory: Inventory) -> dict[str, Operations[Any, Any, Any]]:
    store, live, settings = served.store, served.live, served.settings
    texts = TextOperations(store, lambda: live.messages, settings)
    removal = RecordingRemoval(store, served.folder, lambda: live.uploads)
    return {
        "Calls": CallOperations(store, lambda: live.desk, settings),
        "Conferences": ConferenceOperations(served.conferences, settings),
        "Queues": QueueOperations(served.queues, settings),
        SMS_MESSAGES.name: texts,
        TEXTS.name: texts,
        EMAILS.name: EmailOperations(store, lambda: live.messages, settings),
        "Applications": ApplicationOperations(store, inventory),
        "Clients": ClientOperations(store, inventory, settings().sip.realm, lambda: live.peers),
        "Trunks": TrunkOperations(store, inventory, lambda: live.peers),
        GATEWAYS.name: GatewayOperations(store, inventory, lambda: live.peers),
        "IncomingPhoneNumbers": NumberOperations(store, inventory),
        **{each.name: NumberOperations(store, inventory, kind) for kind, each in KINDS.items()},
        "Events": EventOperations(store, lambda: live.outbox),
        "Recordings": RecordingOperations(removal),
        "OutgoingCallerIds": CallerIdOperations(store, lambda: live.desk, settings),
        "Keys": KeyOperations(store),
        "Users": UserOperations(store),
        "Transcriptions": TranscriptionOperations(store),
        "Usage/Triggers": UsageTriggerOperations(store, served.usage_triggers),
    }


def _views(served: Served, inventory: Inventory) -> dict[View, ViewWork]:
    supervision = Supervision(served.store, served.metrics, lambda: served.live.ladders)
    proxy = OutboundProxy(lambda: served.live.peers)
    return {
        LADDER: SipLadders(lambda: served.live.ladders).read,
        USAGE: UsageRecords(served.store).read,
        EXPLANATION: NumberExplanations(served.store, inventory).read,
        PING: supervision.ping,
        FIGURES: supervision.figures,
        LIVE_CALLS: supervision.live_calls,
        VERSION: shown_version,
        PROXIES: proxy.proxies,
        ACTIVE_PROXY: proxy.active,
        SWITCHED_PROXY: proxy.switch,
    }


def _parts(
    served: Served, recordings_work: Operations[Any, Any, Any]
) -> dict[Part, PartOperations[Any, Any, Any, Any]]:
    live, settings = served.live, served.settings
    own = OwnRecordings(served.store, lambda: live.desk, settings, recordings_work)
    return {
        recordings.OF_A_CALL: own,
        STREAMS_OF_A_CALL: StreamOperations(lambda: live.desk, settings),
        TRANSCRIPTIONS_OF_A_CALL: TranscriptionsOfCalls(lambda: live.desk, settings),
        recordings.OF_A_CONFERENCE: own,
        PARTICIPANTS: ParticipantOperations(served.conferences, lambda: live.desk, settings, served.store),
        MEMBERS: MemberOperations(served.queues, lambda: live.desk, settings),
    }
