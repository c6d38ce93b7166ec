//! What happens to a request that a fault matches.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::timing::{
    duration_schema, duration_text, optional_duration_schema, optional_duration_text,
};
use super::{
    AnswerBody, ConnectionFault, Delay, DelayAt, DripAnswer, FalseCompression, GoAway,
    GoAwayStream, GrpcAnswer, GrpcCode, Hold, HttpAnswer, Interim, InvalidFault, LargeAnswer,
    LargeHeaders, MislabelledAnswer, NotGrpc, RstStream, Sequence, Take, checked,
};
use crate::signal::{Api, Protocol};

/// What happens to a request (or to a connection) that a fault matches.
///
/// Written as a bare word (`hang`), as a map with one key (`delay: 2s`; only `grpc` and `http`, and `sequence` and `then`, may
/// stand together), or as a list of modifiers and one last action (`[{ delay: 2s }, hang]`).
/// [`catalog`](super::catalog) describes each with an example.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Action {
    /// Take the payload and answer as the real Collector does.
    #[default]
    Accept,
    /// Answer with a status; the payload is refused, unless the status is a success.
    Status(StatusAnswer),
    /// Answer that a part of the payload was rejected.
    PartialSuccess(PartialSuccess),
    /// Take the payload, then end the connection without an answer.
    LoseAcknowledgement(LoseAcknowledgement),
    /// Read everything and never answer.
    Hang,
    /// Wait, then do something else.
    Delay(Delay),
    /// Wait until the fault is removed or replaced, then do something else.
    Hold(Hold),
    /// Take the payload, whatever is answered.
    Take(Take),
    /// One action after the other.
    Sequence(Sequence),
    /// Take the payload and answer only after the client's own deadline.
    OverrunDeadline(OverrunDeadline),
    /// No listener: connections are refused.
    Refuse,
    /// Connections are accepted and closed at once.
    AcceptThenClose,
    /// Reset the connection (RST).
    Reset(Reset),
    /// Close the connection (FIN) in place of the answer or within it.
    Close(Close),
    /// Take the payload and answer with success and a body that cannot be decoded.
    UndecodableAnswer(UndecodableAnswer),
    /// Take the payload and answer with success and fields that no schema knows.
    UnknownFields,
    /// Take the payload and answer with success and a large body.
    LargeAnswer(LargeAnswer),
    /// Answer with success, byte by byte.
    DripAnswer(DripAnswer),
    /// Take the payload and answer with success and a label that is not true.
    MislabelledAnswer(MislabelledAnswer),
    /// Answer a gRPC call with what is no gRPC.
    NotGrpc(NotGrpc),
    /// Answer with an interim status, then do something else.
    Interim(Interim),
    /// Give the connection up by GOAWAY.
    GoAway(GoAway),
    /// Reset the stream.
    RstStream(RstStream),
    /// Answer over gRPC with headers and a message, and end the stream without trailers: there is no status.
    MissingTrailers,
    /// Take the payload and answer with success and large headers.
    LargeHeaders(LargeHeaders),
    /// Read the headers, and nothing of the body; never answer.
    StopReading,
    /// Connections are neither accepted nor refused: nobody answers.
    BlackHole,
    /// Do something to the connection as a whole, for as long as it lives.
    Connection(ConnectionFault),
    /// Refuse requests without a header, or with a wrong one; others go on to the next fault.
    RequireHeader(RequireHeader),
}

/// The moment at which an action is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// When a connection is made.
    Connection,
    /// When the headers of a request have arrived, before its body was read to the end.
    Head,
    /// When the request has been read.
    Body,
}

impl Action {
    /// When the action is due.
    pub fn phase(&self) -> Phase {
        match self {
            Self::Refuse | Self::AcceptThenClose | Self::BlackHole | Self::Connection(_) => {
                Phase::Connection
            }
            Self::StopReading
            | Self::Reset(Reset {
                at: ResetAt::BeforeBody | ResetAt::MidBody,
            }) => Phase::Head,
            Self::Delay(delay) => delay.then.phase(),
            // The earliest of all that may be next.
            Self::Sequence(sequence) => sequence
                .actions()
                .map(Self::phase)
                .min()
                .unwrap_or(Phase::Body),
            Self::Accept
            | Self::Status(_)
            | Self::PartialSuccess(_)
            | Self::LoseAcknowledgement(_)
            | Self::Hang
            | Self::OverrunDeadline(_)
            | Self::Reset(Reset {
                at: ResetAt::AfterBody,
            })
            | Self::Close(_)
            | Self::UndecodableAnswer(_)
            | Self::UnknownFields
            | Self::LargeAnswer(_)
            | Self::DripAnswer(_)
            | Self::MislabelledAnswer(_)
            | Self::NotGrpc(_)
            | Self::Interim(_)
            | Self::Hold(_)
            | Self::Take(_)
            | Self::GoAway(_)
            | Self::RstStream(_)
            | Self::MissingTrailers
            | Self::LargeHeaders(_)
            | Self::RequireHeader(_) => Phase::Body,
        }
    }

    /// Whether the payload counts as taken when the action has run its course.
    ///
    /// A status of success takes it; [`Take`] always does, other modifiers ask the action that they end in.
    pub fn takes_payload(&self, protocol: Protocol) -> bool {
        match self {
            Self::Accept
            | Self::PartialSuccess(_)
            | Self::LoseAcknowledgement(_)
            | Self::OverrunDeadline(_)
            | Self::Close(Close {
                at: CloseAt::MidAnswer,
            })
            | Self::UndecodableAnswer(_)
            | Self::UnknownFields
            | Self::LargeAnswer(_)
            | Self::DripAnswer(_)
            | Self::MislabelledAnswer(_)
            | Self::Take(_)
            | Self::MissingTrailers
            | Self::LargeHeaders(_) => true,
            Self::GoAway(goaway) => goaway.stream != GoAwayStream::Refused,
            Self::RstStream(rst_stream) => rst_stream.takes_payload(),
            Self::Status(status) => status.is_success(protocol),
            Self::Delay(delay) => delay.then.takes_payload(protocol),
            Self::Interim(interim) => interim.then.takes_payload(protocol),
            Self::Hold(hold) => hold.then.takes_payload(protocol),
            Self::Sequence(sequence) => sequence.then.takes_payload(protocol),
            Self::NotGrpc(_)
            | Self::Hang
            | Self::Refuse
            | Self::AcceptThenClose
            | Self::BlackHole
            | Self::Connection(_)
            | Self::StopReading
            | Self::Reset(_)
            | Self::Close(Close {
                at: CloseAt::BeforeAnswer,
            })
            | Self::RequireHeader(_) => false,
        }
    }

    /// Whether the action has something to say in this protocol.
    pub fn applies_to(&self, protocol: Option<Protocol>) -> bool {
        match (self, protocol) {
            (Self::Status(status), Some(Protocol::Grpc)) => status.grpc.is_some(),
            (Self::Status(status), Some(_)) => status.http.is_some(),
            (Self::Status(_), None) => false,
            (Self::OverrunDeadline(overrun), Some(protocol)) if protocol.is_http() => {
                overrun.after.is_some()
            }
            (
                Self::Delay(Delay {
                    at: DelayAt::BeforeTrailers,
                    then,
                    ..
                }),
                protocol,
            ) => protocol == Some(Protocol::Grpc) && then.applies_to(protocol),
            (Self::Delay(delay), protocol) => delay.then.applies_to(protocol),
            (Self::Hold(hold), protocol) => hold.then.applies_to(protocol),
            (Self::Take(take), protocol) => protocol.is_some() && take.then.applies_to(protocol),
            (Self::Sequence(sequence), protocol) => {
                sequence.actions().any(|action| action.applies_to(protocol))
            }
            (Self::Interim(interim), protocol) => {
                protocol.is_some_and(Protocol::is_http) && interim.then.applies_to(protocol)
            }
            // Zipkin's server takes all of a list of spans, or nothing.
            (Self::PartialSuccess(_), Some(protocol)) => protocol.api() != Api::Zipkin,
            (
                Self::GoAway(_)
                | Self::RstStream(_)
                | Self::MissingTrailers
                | Self::NotGrpc(_)
                | Self::MislabelledAnswer(MislabelledAnswer::Compression(
                    FalseCompression::FlagAlone,
                )),
                protocol,
            ) => protocol == Some(Protocol::Grpc),
            _ => true,
        }
    }

    /// Whether it leaves a new connection without service, so that nothing else can happen to it.
    pub(crate) const fn denies_connection(&self) -> bool {
        matches!(self, Self::Refuse | Self::AcceptThenClose | Self::BlackHole)
    }

    pub(crate) fn validate(&self) -> Result<(), InvalidFault> {
        match self {
            Self::Status(status) => status.validate(),
            Self::PartialSuccess(partial) => partial.validate(),
            Self::Delay(delay) => delay.validate(),
            Self::Hold(hold) => hold.validate(),
            Self::Take(take) => take.validate(),
            Self::Sequence(sequence) => sequence.validate(),
            Self::OverrunDeadline(overrun) => {
                checked::wait("overrun_deadline.by", overrun.by)?;
                checked::wait("overrun_deadline.after", overrun.after.unwrap_or_default())
            }
            Self::LargeAnswer(large) => large.validate(),
            Self::DripAnswer(drip) => drip.validate(),
            Self::MislabelledAnswer(mislabelled) => mislabelled.validate(),
            Self::NotGrpc(not_grpc) => not_grpc.validate(),
            Self::Interim(interim) => interim.validate(),
            Self::GoAway(goaway) => goaway.validate(),
            Self::LargeHeaders(large) => large.validate(),
            Self::Connection(fault) => fault.validate(),
            Self::RequireHeader(required) => {
                checked::header_name("require_header.name", &required.name)
            }
            _ => Ok(()),
        }
    }

    /// The word for the action in files and in the journal.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Status(_) => "status",
            Self::PartialSuccess(_) => "partial_success",
            Self::LoseAcknowledgement(_) => "lose_acknowledgement",
            Self::Hang => "hang",
            Self::Delay(_) => "delay",
            Self::Hold(_) => "hold",
            Self::Take(_) => "take",
            Self::Sequence(_) => "sequence",
            Self::OverrunDeadline(_) => "overrun_deadline",
            Self::Refuse => "refuse",
            Self::AcceptThenClose => "accept_then_close",
            Self::Reset(_) => "reset",
            Self::Close(_) => "close",
            Self::UndecodableAnswer(_) => "undecodable_answer",
            Self::UnknownFields => "unknown_fields",
            Self::LargeAnswer(_) => "large_answer",
            Self::DripAnswer(_) => "drip_answer",
            Self::MislabelledAnswer(_) => "mislabelled_answer",
            Self::NotGrpc(_) => "not_grpc",
            Self::Interim(_) => "interim",
            Self::GoAway(_) => "goaway",
            Self::RstStream(_) => "rst_stream",
            Self::MissingTrailers => "missing_trailers",
            Self::LargeHeaders(_) => "large_headers",
            Self::StopReading => "stop_reading",
            Self::BlackHole => "black_hole",
            Self::Connection(fault) => fault.name(),
            Self::RequireHeader(_) => "require_header",
        }
    }
}

/// A status for gRPC requests, one for HTTP requests, or both.
///
/// A request whose protocol has no answer here is not matched: it goes on to the next fault.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusAnswer {
    /// The answer to gRPC requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grpc: Option<GrpcAnswer>,
    /// The answer to HTTP requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpAnswer>,
}

impl StatusAnswer {
    /// Whether its answer in this protocol is a success.
    pub fn is_success(&self, protocol: Protocol) -> bool {
        match protocol {
            Protocol::Grpc => self
                .grpc
                .as_ref()
                .is_some_and(|answer| answer.code == GrpcCode::new(0)),
            // A receiver that takes what it does not know for a request of 1.0 finds nothing in it, and says nothing of it.
            Protocol::RemoteWrite2 => self
                .http
                .as_ref()
                .is_some_and(|answer| answer.is_success() && answer.body == AnswerBody::Status),
            _ => self.http.as_ref().is_some_and(HttpAnswer::is_success),
        }
    }

    fn validate(&self) -> Result<(), InvalidFault> {
        if self.grpc.is_none() && self.http.is_none() {
            return Err(InvalidFault::new("status", "{}", "`grpc`, `http` or both"));
        }
        self.http.as_ref().map_or(Ok(()), HttpAnswer::validate)
    }
}

/// A partial success: `{ rejected: 3, message: "..." }`.
///
/// Over remote write it is a partial write: 400 with the message as text, and over 2.0 with the headers that say how much was
/// written; with nothing rejected it is an ordinary success. Zipkin knows no such thing: its requests go on to the next
/// fault.
///
/// Spec: OTLP 1.11.0, "Partial Success"; Prometheus Remote-Write 2.0, "Partial Write".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartialSuccess {
    /// How many items were rejected; 0, negative and more than were sent are allowed.
    pub rejected: i64,
    /// The text that explains it; default empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Whether the answer is compressed with gzip. Only where the request says that it may be (`accept-encoding`, or
    /// `grpc-accept-encoding`): others go on to the next fault. Default: no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gzip: bool,
    /// Whether the count is a number in JSON, not text. Spec: OTLP 1.11.0, "JSON Protobuf Encoding": receivers take both.
    /// Default: no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub json_number: bool,
    /// The status of a partial write, over remote write alone: 429 or 5xx ask for all of it again, and 2xx is a receiver that
    /// breaks its specification. Default: 400.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 200, max = 599))]
    pub status: Option<u16>,
}

impl PartialSuccess {
    /// The status of a partial write.
    pub fn write_status(&self) -> u16 {
        self.status.unwrap_or(400)
    }

    fn validate(&self) -> Result<(), InvalidFault> {
        self.status.map_or(Ok(()), |status| {
            checked::final_status("partial_success.status", status)
        })
    }
}

/// How the connection ends when an acknowledgement is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoseAcknowledgement {
    /// Close (FIN) or reset (RST); default `close`.
    #[serde(default)]
    pub by: EndBy,
}

/// A way to end a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndBy {
    /// In good order (FIN).
    #[default]
    Close,
    /// At once (RST).
    Reset,
}

/// An answer after the client's own deadline.
///
/// The deadline is the `grpc-timeout` of the request. HTTP requests do not tell theirs: `after` stands in, and without
/// `after` a request that has no deadline is not matched over HTTP, and waits for ever over gRPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OverrunDeadline {
    /// How long after the deadline the answer comes; default 500ms.
    #[serde(default = "half_a_second", with = "duration_text")]
    #[schemars(schema_with = "duration_schema")]
    pub by: Duration,
    /// The deadline to assume, from the arrival of the request, where the request has none.
    #[serde(
        default,
        with = "optional_duration_text",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(schema_with = "optional_duration_schema")]
    pub after: Option<Duration>,
}

const fn half_a_second() -> Duration {
    Duration::from_millis(500)
}

/// A reset of the connection: RST on TCP, an error in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    /// When.
    pub at: ResetAt,
}

/// When a connection is reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResetAt {
    /// After the headers.
    BeforeBody,
    /// After a part of the body.
    MidBody,
    /// After the whole request.
    AfterBody,
}

/// A close of the connection (FIN) instead of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Close {
    /// When.
    pub at: CloseAt,
}

/// When a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CloseAt {
    /// In place of the answer.
    BeforeAnswer,
    /// After half of the answer.
    MidAnswer,
}

/// An answer of success whose body cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UndecodableAnswer {
    /// What stands in the body.
    pub body: UndecodableBody,
}

/// A body that is no OTLP answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UndecodableBody {
    /// Bytes that are no message in either encoding, the same ones every time.
    RandomBytes,
    /// An HTML page.
    Html,
    /// A message that ends in the middle.
    Truncated,
    /// JSON with the wrong types.
    WrongJson,
}

/// A header that a request must carry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequireHeader {
    /// The name, such as `authorization`.
    #[serde(deserialize_with = "checked::read_header_name")]
    #[schemars(with = "String")]
    pub name: String,
    /// The value, such as `Bearer secret`. Absent: 401 and `UNAUTHENTICATED`; another: 403 and `PERMISSION_DENIED`.
    pub value: String,
}
