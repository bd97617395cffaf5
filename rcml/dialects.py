"""What RCML and TwiML have, element by element, for the table that compares them with what is read here.

Names are facts of the two languages: RCML's come from Restcomm's manual and code, TwiML's from the voice
elements of Twilio's SDK (and `Message` from its messaging elements); a test compares the latter with the SDK.
"""

from __future__ import annotations

Elements = dict[str, tuple[str, ...]]
"""Attributes by element."""


def _elements(lines: str) -> Elements:
    """Read lines of an element and its attributes."""
    return {name: tuple(attributes) for name, *attributes in map(str.split, lines.strip().splitlines())}


RCML = _elements("""
Response
Say voice language loop provider
Play loop
Pause length
Gather action method timeout finishOnKey startInputKey numDigits input partialResultCallback \
 partialResultCallbackMethod language hints actionOnEmptyResult preTimeout postTimeout provider
Record action method timeout finishOnKey maxLength playBeep transcribe transcribeCallback media
Dial action method timeout timeLimit callerId record dialMusic
Client name url method statusCallback statusCallbackMethod statusCallbackEvent
Number sendDigits url method statusCallback statusCallbackMethod statusCallbackEvent
Sip name username password url method statusCallback statusCallbackMethod statusCallbackEvent
Uri name username password url method statusCallback statusCallbackMethod statusCallbackEvent
Conference name muted beep startConferenceOnEnter endConferenceOnExit waitUrl waitMethod maxParticipants
Hangup
Redirect method
Reject reason
Refer action method
Hold action method holdMusic
Resume action method
Sms to from action method statusCallback
Message to from action method statusCallback statusCallbackMethod
Email to from cc bcc Bcc subject Subject action method statusCallback
Fax to from action method statusCallback
Geolocation type deviceIdentifier action method statusCallback
UssdMessage
UssdCollect action
Video enable mode resolution layout overlay
""")

TWIML = _elements("""
Response
Say voice loop language
Play loop digits
Pause length
Gather input action method timeout speechTimeout maxSpeechTime profanityFilter finishOnKey numDigits \
 partialResultCallback partialResultCallbackMethod language hints bargeIn debug actionOnEmptyResult \
 speechModel enhanced
Record action method timeout finishOnKey maxLength playBeep trim recordingStatusCallback \
 recordingStatusCallbackMethod recordingStatusCallbackEvent transcribe transcribeCallback \
 recordingConfigurationId
Dial action method timeout hangupOnStar timeLimit callerId record trim recordingStatusCallback \
 recordingConfigurationId recordingStatusCallbackMethod recordingStatusCallbackEvent answerOnBridge \
 ringTone recordingTrack sequential referUrl referMethod events passports
Client url method statusCallbackEvent statusCallback statusCallbackMethod
Identity
Number sendDigits url method statusCallbackEvent statusCallback statusCallbackMethod byoc machineDetection \
 amdStatusCallbackMethod amdStatusCallback machineDetectionTimeout machineDetectionSpeechThreshold \
 machineDetectionSpeechEndThreshold machineDetectionSilenceTimeout
Sip username password url method statusCallbackEvent statusCallback statusCallbackMethod machineDetection \
 amdStatusCallbackMethod amdStatusCallback machineDetectionTimeout machineDetectionSpeechThreshold \
 machineDetectionSpeechEndThreshold machineDetectionSilenceTimeout
Uri priority weight username password
Headers
Header name value
Conference muted beep startConferenceOnEnter endConferenceOnExit waitUrl waitMethod maxParticipants record \
 recordingConfigurationId region coach trim statusCallbackEvent statusCallback statusCallbackMethod \
 recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent eventCallbackUrl \
 jitterBufferSize participantLabel
Queue url method reservationSid postWorkActivitySid
Sim
WhatsApp url method statusCallbackEvent statusCallback statusCallbackMethod
Application url method statusCallbackEvent statusCallback statusCallbackMethod customerId copyParentTo
ApplicationSid
Enqueue action maxQueueSize method waitUrl waitUrlMethod workflowSid
Task priority timeout
Leave
Hangup
Redirect method
Reject reason
Refer action method
Sms to from action method statusCallback
Message to from action method statusCallback
Body
Media
Start action method
Stop
Connect action method
Stream name connectorName url track statusCallback statusCallbackMethod audioFormat sampleRate
Parameter name value
Siprec name connectorName track statusCallback statusCallbackMethod
Recording recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent trim track \
 channels recordingConfigurationId
Transcription name track statusCallbackUrl statusCallbackMethod inboundTrackLabel outboundTrackLabel \
 partialResults languageCode transcriptionEngine profanityFilter speechModel hints \
 enableAutomaticPunctuation intelligenceService
VirtualAgent connectorName language sentimentAnalysis statusCallback statusCallbackMethod
Config name value
Autopilot
Room participantIdentity
Conversation serviceInstanceSid inboundAutocreation routingAssignmentTimeout inboundTimeout url method \
 record trim recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent \
 statusCallback statusCallbackMethod statusCallbackEvent
ConversationRelay url language ttsLanguage transcriptionLanguage ttsProvider voice transcriptionProvider \
 speechModel profanityFilter dtmfDetection welcomeGreeting partialPrompts welcomeGreetingInterruptible \
 interruptible preemptible hints intelligenceService reportInputDuringAgentSpeech \
 elevenlabsTextNormalization interruptSensitivity debug backgroundNoiseReduction speechTimeout \
 deepgramSmartFormat ignoreBackchannel events partialPromptOnHangup eagerEotThreshold \
 asrSmartFormat ttsTextNormalization ttsLanguageTextNormalization elevenlabsLanguageTextNormalization \
 includeInPrompt customerName applicationReconnect echoPromptFiltering turnDetection
ConversationRelaySession connector sessionConfiguration
Language code ttsProvider voice transcriptionProvider speechModel hints asrSmartFormat \
 ttsTextNormalization ttsLanguageTextNormalization
AiSession aiConnector aiSessionConfiguration
Pay input action bankAccountType statusCallback statusCallbackMethod timeout maxAttempts securityCode \
 postalCode minPostalCodeLength paymentConnector paymentMethod tokenType chargeAmount currency \
 description validCardTypes language
Prompt for errorType cardType attempt requireMatchingInputs
Echo
""")

SSML = ("break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w")
"""TwiML's markup inside `Say`, which is told element by element."""

_EVENTS = "when absent all four, as Restcomm does; `completed` alone in calls of Twilio's version"

DIFFERENCES = {
    "Response": "the root's name is not checked",
    "Say voice": "`alice`, `Polly.*` and `Google.*` are spoken by the woman",
    "Say language": "a language without a voice is `en`",
    "Gather hints": "more than 50, or one over 100 characters, make the document unusable, as in RCML",
    "Gather timeout": "counts before the first key and between keys, as in both; `preTimeout` and"
    " `postTimeout` set them apart",
    "Record trim": "not cut unless asked for; TwiML cuts unless told otherwise",
    "Record media": "only sound is recorded",
    "Record finishOnKey": "RCML's default, which TwiML's is too",
    "Dial": "the caller goes on after a talk as in TwiML; `compat.restcomm_hangup_after_dial` hangs up as"
    " Restcomm does",
    "Number": "numbers need not be E.164, and may carry `?X-Name=value`",
    "Number statusCallbackEvent": _EVENTS,
    "Client statusCallbackEvent": _EVENTS,
    "Sip statusCallbackEvent": _EVENTS,
    "Sip": "`X-` is put before a header's name that lacks it, as in RCML, but for `User-to-User`",
    "Header name": "`X-` is put before a name that lacks it",
    "Uri": "RCML's old name of `Sip`, and inside `Sip` one of several addresses, as in TwiML",
    "Conference maxParticipants": "at most 100, 40 when absent; TwiML's limit is 250",
    "Conference eventCallbackUrl": "another name of `statusCallback`",
    "Conference statusCallbackEvent": "start, end, join and leave when absent",
    "Conference waitUrl": "empty is silence, as in TwiML",
    "Enqueue": "Twilio's meaning: the caller waits, the agent dials the queue",
    "Queue": "Twilio's meaning: inside `Dial`, it takes who waits",
    "Sms to": "may be a client or a SIP address too",
    "Sms statusCallback": "gets `SmsStatus`, as in TwiML",
    "Message": "TwiML has it in answers to messages only; a call may send one too",
    "Redirect": "a ringing call is answered first, as in RCML",
    "Connect": "`Stream` and `ConversationRelay` only; of a Stream the parameters of `action` are ours",
    "Start": "`Stream`, `Recording` and `Transcription` only",
    "Recording channels": "of one `track` there is one channel",
    "Recording name": "as TwiML's manual has it, though its SDK does not",
    "Parameter": "in `Stream` and `ConversationRelay`; in `Application`, as `Param_name`; and in `Client`,"
    " where it is the header `X-name` of the INVITE",
    "Application": "of the same account; others may ring beside it, and nothing is told back to `action`",
    "Application statusCallbackEvent": _EVENTS,
    "Stream url": "`ws` is allowed too",
    "Stream sampleRate": 'counts with `encoding="l16"`',
    "ConversationRelay": "`ws` is allowed too; texts that came before an `end` are still said",
    "ConversationRelay ttsProvider": "the name of a `[[voices]]` table; of another the server's own speaks",
    "ConversationRelay voice": "one of the provider's own counts where `ttsProvider` is known",
    "ConversationRelay transcriptionProvider": "the name of a `[[recognisers]]` table; of another the"
    " server's own listens",
    "ConversationRelay language": "`multi` is `en-US`",
    "ConversationRelay debug": "`debugging` is the server's log",
    "ConversationRelay interruptSensitivity": "`medium` and `low` want 0.3 and 0.6 s of speech",
    "Language code": "`multi` is `en-US`",
}
"""How an element, or an attribute after a blank, that is read differs from one of the languages."""

_NORMALISED = "left to the voice, which gets the texts as they are"
_RECOGNISER = "left to the recogniser"
_MODEL = "recognisers are chosen with `provider`"
_RECOGNISERS = "left to the recogniser that `transcriptionEngine` names"
_ELSEWHERE = "a recording's configuration lives in Twilio's console"
_TASKROUTER = "part of Twilio's TaskRouter"
_VIDEO = "sound only"

REASONS = {
    "Fax": "no fax",
    "Geolocation": "no location service",
    "UssdMessage": "USSD is not a voice call",
    "UssdCollect": "USSD is not a voice call",
    "Video": _VIDEO,
    "Client name": _VIDEO,
    "Sip name": _VIDEO,
    "Conference name": _VIDEO,
    "Gather profanityFilter": "recognisers filter as they are set up; their protocol has no word for it",
    "Gather debug": "recognition is logged by the server",
    "Gather speechModel": _MODEL,
    "Gather enhanced": _MODEL,
    "Record recordingConfigurationId": _ELSEWHERE,
    "Dial recordingConfigurationId": _ELSEWHERE,
    "Dial events": "Twilio does not say what it does; `statusCallbackEvent` of the noun says what is told",
    "Dial passports": "no STIR/SHAKEN signing",
    "Number byoc": "`[[trunks]]` says which carrier takes a number",
    "Uri name": _VIDEO,
    "Conference recordingConfigurationId": _ELSEWHERE,
    "Conference region": "a conference is where the server is",
    "Conference jitterBufferSize": "each leg's jitter buffer adapts by itself",
    "Queue reservationSid": _TASKROUTER,
    "Queue postWorkActivitySid": _TASKROUTER,
    "Enqueue workflowSid": _TASKROUTER,
    "Task": _TASKROUTER,
    "Sim": "no mobile network",
    "WhatsApp": "no WhatsApp",
    "Start action": "nothing is waited for, and the next verb runs at once",
    "Start method": "nothing is waited for, and the next verb runs at once",
    "Stream connectorName": "`url` says where to connect",
    "Stream audioFormat": "`encoding` says how sound is written",
    "Siprec": "no SIPREC recorder; a `Stream` carries the sound to an application",
    "Recording recordingConfigurationId": _ELSEWHERE,
    "Transcription profanityFilter": _RECOGNISERS,
    "Transcription speechModel": _RECOGNISERS,
    "Transcription enableAutomaticPunctuation": _RECOGNISERS,
    "Transcription intelligenceService": "nothing is kept; `statusCallbackUrl` tells what is said",
    "VirtualAgent": "a `ConversationRelay` reaches any agent",
    "Config": "read with none of its parents",
    "Autopilot": "Twilio has ended it",
    "Room": _VIDEO,
    "Conversation": "no Twilio Conversations",
    "ConversationRelay speechModel": _RECOGNISER,
    "ConversationRelay profanityFilter": "nothing is filtered",
    "ConversationRelay intelligenceService": "nothing is kept; the application is told what is said",
    "ConversationRelay elevenlabsTextNormalization": _NORMALISED,
    "ConversationRelay ttsTextNormalization": _NORMALISED,
    "ConversationRelay ttsLanguageTextNormalization": _NORMALISED,
    "ConversationRelay elevenlabsLanguageTextNormalization": _NORMALISED,
    "ConversationRelay deepgramSmartFormat": _RECOGNISER,
    "ConversationRelay asrSmartFormat": _RECOGNISER,
    "ConversationRelay backgroundNoiseReduction": _RECOGNISER,
    "ConversationRelay eagerEotThreshold": "silence ends what the caller says (`speechTimeout`)",
    "ConversationRelay turnDetection": "silence ends what the caller says (`speechTimeout`)",
    "ConversationRelay echoPromptFiltering": "no echo cancellation; `interruptible` says what interrupts",
    "ConversationRelay partialPromptOnHangup": "what was not understood by the end is not told",
    "ConversationRelay includeInPrompt": "a prompt has Twilio's first four fields",
    "ConversationRelay customerName": "a `Parameter` tells the application",
    "ConversationRelay applicationReconnect": "a connection that breaks ends the Connect; its `action` may"
    " begin another",
    "ConversationRelaySession": "a `ConversationRelay` has its settings in the document",
    "Language speechModel": _RECOGNISER,
    "Language asrSmartFormat": _RECOGNISER,
    "Language ttsTextNormalization": _NORMALISED,
    "Language ttsLanguageTextNormalization": _NORMALISED,
    "AiSession": "a `ConversationRelay` reaches any agent",
    "Pay": "no card data is taken; `Gather` would bring it to the application's own provider",
    "Prompt": "its `Say`, `Play` and `Pause` run as verbs, once",
}
"""Why an element, or an attribute after a blank, is not read."""
