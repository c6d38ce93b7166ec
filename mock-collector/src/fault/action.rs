//! What happens to a request that a fault matches.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::timing::{
    duration_schema, duration_text, optional_duration_schema, optional_duration_text,
};
use super::{
    DripAnswer, GoAway, GoAwayStream, GrpcAnswer, GrpcCode, HttpAnswer, Interim, InvalidFault,
    LargeAnswer, RstStream, checked,
};
use crate::signal::Protocol;

/// What happens to a request (or to a connection) that a fault matches.
///
/// Written as a bare word (`hang`) or as a map with one key (`delay: 2s`); only `grpc` and `http` may stand together.
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
    /// Answer with an interim status, then do something else.
    Interim(Interim),
    /// Give the connection up by GOAWAY.
    GoAway(GoAway),
    /// Reset the stream.
    RstStream(RstStream),
    /// Read the headers, and nothing of the body; never answer.
    StopReading,
    /// Connections are neither accepted nor refused: nobody answers.
    BlackHole,
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
            Self::Refuse | Self::AcceptThenClose | Self::BlackHole => Phase::Connection,
            Self::StopReading
            | Self::Reset(Reset {
                at: ResetAt::BeforeBody | ResetAt::MidBody,
            }) => Phase::Head,
            Self::Delay(delay) => delay.then.phase(),
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
            | Self::Interim(_)
            | Self::GoAway(_)
            | Self::RstStream(_)
            | Self::RequireHeader(_) => Phase::Body,
        }
    }

    /// Whether the payload counts as taken when the action has run its course.
    ///
    /// A status of success takes it; [`Delay`] asks the action that it ends in.
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
            | Self::GoAway(GoAway {
                stream: GoAwayStream::Served,
                ..
            }) => true,
            Self::Status(status) => status.is_success(protocol),
            Self::Delay(delay) => delay.then.takes_payload(protocol),
            Self::Interim(interim) => interim.then.takes_payload(protocol),
            Self::Hang
            | Self::Refuse
            | Self::AcceptThenClose
            | Self::BlackHole
            | Self::StopReading
            | Self::GoAway(GoAway {
                stream: GoAwayStream::Refused,
                ..
            })
            | Self::RstStream(_)
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
            (Self::Status(status), Some(Protocol::HttpProtobuf | Protocol::HttpJson)) => {
                status.http.is_some()
            }
            (Self::Status(_), None) => false,
            (Self::OverrunDeadline(overrun), Some(protocol)) if protocol.is_http() => {
                overrun.after.is_some()
            }
            (Self::Delay(delay), protocol) => delay.then.applies_to(protocol),
            (Self::Interim(interim), protocol) => {
                protocol.is_some_and(Protocol::is_http) && interim.then.applies_to(protocol)
            }
            (Self::GoAway(_) | Self::RstStream(_), protocol) => protocol == Some(Protocol::Grpc),
            _ => true,
        }
    }

    /// The action in which it ends: that after the last delay or interim answer.
    pub fn last(&self) -> &Self {
        match self {
            Self::Delay(delay) => delay.then.last(),
            Self::Interim(interim) => interim.then.last(),
            action => action,
        }
    }

    pub(crate) fn validate(&self) -> Result<(), InvalidFault> {
        match self {
            Self::Status(status) => status.validate(),
            Self::Delay(delay) if delay.then.phase() == Phase::Connection => {
                Err(InvalidFault::new(
                    "delay.then",
                    delay.then.name(),
                    "an action on a request, not on a connection",
                ))
            }
            Self::Delay(delay) => {
                checked::wait("delay.for", delay.duration)?;
                delay.then.validate()
            }
            Self::OverrunDeadline(overrun) => {
                checked::wait("overrun_deadline.by", overrun.by)?;
                checked::wait("overrun_deadline.after", overrun.after.unwrap_or_default())
            }
            Self::LargeAnswer(large) => large.validate(),
            Self::DripAnswer(drip) => drip.validate(),
            Self::Interim(interim) => interim.validate(),
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
            Self::OverrunDeadline(_) => "overrun_deadline",
            Self::Refuse => "refuse",
            Self::AcceptThenClose => "accept_then_close",
            Self::Reset(_) => "reset",
            Self::Close(_) => "close",
            Self::UndecodableAnswer(_) => "undecodable_answer",
            Self::UnknownFields => "unknown_fields",
            Self::LargeAnswer(_) => "large_answer",
            Self::DripAnswer(_) => "drip_answer",
            Self::Interim(_) => "interim",
            Self::GoAway(_) => "goaway",
            Self::RstStream(_) => "rst_stream",
            Self::StopReading => "stop_reading",
            Self::BlackHole => "black_hole",
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
            Protocol::HttpProtobuf | Protocol::HttpJson => self
                .http
                .as_ref()
                .is_some_and(|answer| (200..300).contains(&answer.status)),
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
/// Spec: OTLP 1.11.0, "Partial Success".
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

/// A wait, then another action: `2s` or `{ for: 2s, then: hang }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delay {
    /// How long, from the moment at which the action would be due.
    #[serde(rename = "for", with = "duration_text")]
    pub duration: Duration,
    /// What then; default `accept`.
    #[serde(skip_serializing_if = "Delay::is_accept")]
    pub then: Box<Action>,
}

impl Delay {
    #[expect(clippy::borrowed_box, reason = "the signature that serde asks for")]
    fn is_accept(then: &Box<Action>) -> bool {
        **then == Action::Accept
    }
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
