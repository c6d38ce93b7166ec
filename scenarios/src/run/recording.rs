//! What was seen in one run of one cell: plain data, and everything that the judge looks at.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
    trace::v1::ExportTraceServiceRequest,
};
use serde::{Deserialize, Serialize};

use super::{inside::Inside, written};
use crate::{
    driver::Capability,
    plan::Cell,
    report::RunTime,
    rules::SpecificationVersion,
    scenario::{Attributes, CallResult, InstrumentKind, Number, check::GRPC_CODES},
    sut::{CallOutcome, LogLine, ProgramExit},
};
use otelbox_mock_collector::{
    Protocol, Signal,
    payload::{
        self, Encoding,
        remote_write::{Series, v1::WriteRequest, v2::Request},
        zipkin::ListOfSpans,
    },
    signal::Api,
};

/// One run of one cell. All times are since the start of the SUT, unless said otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// Name of the SUT.
    pub sut: String,
    /// What it said that it can do.
    pub capabilities: Vec<Capability>,
    /// Which version of the specification it keeps to; absent where nobody says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub specification: Option<SpecificationVersion>,
    /// What was planned.
    #[serde(with = "written::shared")]
    pub cell: Arc<Cell>,
    /// Which clock it was run with.
    pub time: RunTime,
    /// Wall clock at the start of the SUT, in nanoseconds since the UNIX epoch.
    pub epoch_unix_nano: u64,
    /// The steps that were done, in order.
    pub steps: Vec<StepRecord>,
    /// What arrived at the receiver, in order of arrival.
    pub exchanges: Vec<Exchange>,
    /// Connections, in order of time.
    pub connections: Vec<ConnectionRecord>,
    /// What the SUT said.
    pub log: Vec<LogLine>,
    /// What the SUT was asked to measure, in order.
    pub emissions: Vec<Emission>,
    /// Spans or log records that the SUT was asked to emit, in order.
    pub items: Vec<EmittedItems>,
    /// How many exchanges the receiver had to forget for lack of room.
    pub evicted: u64,
    /// By how many bytes the peak of the SUT's memory grew since it had started; absent where it is no process of its own,
    /// or the system does not tell.
    pub memory_growth: Option<u64>,
    /// The worst lateness of the runner itself; zero in virtual time.
    #[serde(with = "written::nanos")]
    pub lag: Duration,
    /// How the run ended.
    pub end: RunEnd,
    /// What became of the SUT where it is a program that was started as it is; absent for one with a driver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<ProgramRecord>,
    /// What was seen from inside; only where the cell asks for it and the SUT is in this process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inside: Option<Inside>,
}

/// What became of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramRecord {
    /// What it does where nothing misbehaves.
    pub usual: UsualRun,
    /// Whether somebody else started it, so that nothing is known about its process.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_elsewhere: bool,
    /// When it was told to end; absent where it had ended before.
    #[serde(with = "written::optional_nanos")]
    pub told_to_end_at: Option<Duration>,
    /// When it had ended; absent where it had to be killed.
    #[serde(with = "written::optional_nanos")]
    pub ended_at: Option<Duration>,
    /// How it ended; absent where it had to be killed.
    pub exit: Option<ProgramExit>,
}

/// What a program did in a run in which nothing misbehaved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsualRun {
    /// Exports of the cell's signal by the cell's protocol, while it was watched.
    pub exports: u64,
    /// How it ended by itself; absent where it lived until it was told to end.
    pub exit: Option<ProgramExit>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunEnd {
    /// All steps were done.
    Completed,
    /// The cell is not for this SUT; the text says why.
    NotApplicable(String),
    /// The SUT refused its configuration; the text is what it said.
    DidNotStart(String),
    /// Something that the run needs is missing or failed; the text says what.
    Broken(String),
    /// The SUT ended, or panicked, in the middle of the run.
    Crashed(String),
    /// A call of the SUT did not return. Its driver had answered until then.
    Hung {
        /// The call.
        call: String,
        /// What was waited for, and how long.
        reason: String,
    },
    /// A `wait_for` waited in vain, or the machine stalled; the text says which.
    Inconclusive(String),
}

/// One step that was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepRecord {
    /// Position among the steps of the cell, from 0.
    pub index: usize,
    /// When it began.
    #[serde(with = "written::nanos")]
    pub at: Duration,
    /// When it was over.
    #[serde(with = "written::nanos")]
    pub ended_at: Duration,
    /// What it returned, for `force_flush` and `shutdown`.
    pub outcome: Option<CallOutcome>,
}

impl StepRecord {
    /// The result of the call, if the step is one.
    pub fn result(&self) -> Option<CallResult> {
        self.outcome.as_ref().map(|outcome| outcome.result)
    }
}

/// Measurements that the SUT was asked to make, or the state that a callback reports from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Emission {
    /// When.
    #[serde(with = "written::nanos")]
    pub at: Duration,
    /// The instrument.
    pub instrument: String,
    /// Its kind.
    pub kind: InstrumentKind,
    /// The value of each; absent where a callback stops reporting.
    pub value: Option<Number>,
    /// How often.
    pub times: u64,
    /// Attributes.
    pub attributes: Attributes,
}

/// Spans or log records that the SUT was asked to emit in one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmittedItems {
    /// When.
    #[serde(with = "written::nanos")]
    pub at: Duration,
    /// Their numbers, the last not included.
    pub numbers: std::ops::Range<u64>,
    /// What is to become of them.
    pub kind: EmissionKind,
}

/// What is to become of spans or log records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmissionKind {
    /// They are to be exported.
    Offered,
    /// Nothing: they belong to a trace that is not sampled.
    Unsampled,
    /// Nothing: they were emitted after `shutdown` had been called.
    AfterShutdown,
}

/// One attempt, the decision taken for it, and what was sent back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// Order of arrival, from 1.
    pub ordinal: u64,
    /// The connection, from 1.
    pub connection: u64,
    /// The signal, where the path or service names one.
    pub signal: Option<Signal>,
    /// The protocol, where the request follows one.
    pub protocol: Option<Protocol>,
    /// The export of that signal, from 1; absent where the request was none.
    pub export: Option<u64>,
    /// Which attempt of that export, from 1.
    pub attempt: u32,
    /// When its headers were complete.
    #[serde(with = "written::nanos")]
    pub at: Duration,
    /// When its body was complete.
    #[serde(with = "written::optional_nanos")]
    pub body_at: Option<Duration>,
    /// When it was over, seen from the receiver.
    #[serde(with = "written::optional_nanos")]
    pub ended_at: Option<Duration>,
    /// Wall clock when it was received, in nanoseconds since the UNIX epoch.
    pub wall_unix_nano: u64,
    /// HTTP method.
    pub method: String,
    /// Request target, as it was on the wire.
    pub path: String,
    /// Header fields in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body without gRPC frames, still compressed.
    #[serde(with = "written::encoded")]
    pub body: Bytes,
    /// How long the message in the body is, in bytes before compression; absent where it did not arrive whole, or cannot
    /// be decompressed.
    pub message_bytes: Option<u64>,
    /// gRPC messages in the body; 0 for HTTP.
    pub messages: usize,
    /// The client's own deadline, from `grpc-timeout`.
    #[serde(with = "written::optional_nanos")]
    pub client_deadline: Option<Duration>,
    /// What the body says.
    pub payload: Payload,
    /// Points, spans or records; absent where the body could not be decoded.
    pub items: Option<u64>,
    /// Digest of the decoded payload in canonical order; absent where it could not be decoded.
    pub digest: Option<String>,
    /// The fault that decided, by name; absent where the receiver just accepted.
    pub fault: Option<String>,
    /// What was sent back.
    pub answer: Option<Answer>,
    /// Who ended it.
    pub end: End,
    /// Whether the receiver took the payload.
    pub accepted: Accepted,
}

/// A decoded body. Written down, it is a word: what it says is decoded again from the body by whoever reads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payload {
    /// Metrics.
    Metrics(#[serde(skip)] Arc<ExportMetricsServiceRequest>),
    /// Spans.
    Traces(#[serde(skip)] Arc<ExportTraceServiceRequest>),
    /// Log records.
    Logs(#[serde(skip)] Arc<ExportLogsServiceRequest>),
    /// Metrics over remote write 1.0.
    RemoteWrite1(#[serde(skip)] Arc<WriteRequest>),
    /// Metrics over remote write 2.0.
    RemoteWrite2(#[serde(skip)] Arc<Request>),
    /// Spans for Zipkin.
    Zipkin(#[serde(skip)] Arc<ListOfSpans>),
    /// Another signal, whose payload is counted but not looked into.
    Counted,
    /// The body never arrived whole.
    Incomplete,
    /// It could not be decoded; the text says why.
    Undecodable(String),
}

/// What was sent back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// HTTP status.
    pub http_status: u16,
    /// gRPC status.
    pub grpc_status: Option<u8>,
    /// How long the body is on the wire, in bytes.
    pub bytes: u64,
    /// gRPC message, or the message of a partial success.
    pub message: Option<String>,
    /// Header fields and trailers, names in lower case.
    pub headers: Vec<(String, String)>,
}

/// Who ended an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The receiver, with an answer.
    Answered,
    /// The client gave up waiting (stream or connection).
    ClientGone,
    /// The receiver, by breaking the connection.
    Broken,
    /// Nobody, until the receiver was stopped.
    Open,
}

/// Whether the receiver took a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Accepted {
    /// Nothing of it.
    No,
    /// All of it.
    All,
    /// All but so many items.
    Partial {
        /// Rejected items as the receiver told the client.
        rejected: i64,
    },
}

/// Something that happened to a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionRecord {
    /// When.
    #[serde(with = "written::nanos")]
    pub at: Duration,
    /// The connection, from 1; 0 for one that was refused.
    pub connection: u64,
    /// What.
    pub event: ConnectionEvent,
}

/// What happened to a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionEvent {
    /// It was opened.
    Opened,
    /// It was refused.
    Refused,
    /// It was neither accepted nor refused (seen in virtual time only).
    Swallowed,
    /// These faults do something to it from now on, for as long as it lives.
    Shaped(Vec<String>),
    /// It was closed; the text says by whom.
    Closed(String),
    /// It was reset; the text says by whom.
    Reset(String),
    /// TLS was agreed on.
    Secured {
        /// The protocol above TLS, where the client named one.
        alpn: Option<String>,
        /// The client's name, where it showed a certificate.
        client: Option<String>,
    },
    /// TLS was not agreed on; the text says why.
    HandshakeFailed(String),
    /// The client spoke plain text where TLS is spoken; the text is the beginning of it.
    PlainText(String),
    /// The client broke the protocol; the text says how.
    ProtocolError(String),
}

impl Exchange {
    /// The value of a request header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// What was answered, as reports word it: `OK`, `UNAVAILABLE`, `503`, `reset`, `no answer`.
    pub fn answer_text(&self) -> String {
        match (&self.answer, self.end) {
            (Some(answer), End::Answered) => answer.status_text(),
            (_, End::Broken) => "connection broken".to_owned(),
            (_, End::ClientGone) => "client gave up".to_owned(),
            (_, End::Answered | End::Open) => "no answer".to_owned(),
        }
    }

    /// Whether it was told that all went well.
    pub fn is_acknowledged(&self) -> bool {
        self.whole_answer().is_some_and(|answer| {
            // Over gRPC an HTTP status alone, as a proxy sends it, says nothing.
            let has_status = self.protocol != Some(Protocol::Grpc) || answer.grpc_status.is_some();
            has_status && answer.is_success()
        })
    }

    /// Whether the receiver took it and said that it had not.
    pub fn is_taken_in_secret(&self) -> bool {
        self.accepted != Accepted::No
            && self
                .whole_answer()
                .is_some_and(|answer| !answer.is_success())
    }

    /// Whether it was answered, all of it, that it is worth another attempt; `None` for a success or a redirect.
    pub fn is_retryable(&self) -> Option<bool> {
        let api = self.protocol.map_or(Api::Otlp, Protocol::api);
        self.whole_answer()?.is_retryable(api)
    }

    /// What was sent back, unless it was cut short: half an answer tells the client nothing.
    pub fn whole_answer(&self) -> Option<&Answer> {
        self.answer.as_ref().filter(|_| self.end == End::Answered)
    }

    /// Whether the body could be decoded.
    pub fn is_decoded(&self) -> bool {
        match &self.payload {
            Payload::Metrics(_)
            | Payload::Traces(_)
            | Payload::Logs(_)
            | Payload::RemoteWrite1(_)
            | Payload::RemoteWrite2(_)
            | Payload::Zipkin(_)
            | Payload::Counted => true,
            Payload::Incomplete | Payload::Undecodable(_) => false,
        }
    }

    /// The series of a payload of remote write; none where it is another.
    pub fn series(&self) -> Vec<Series<'_>> {
        match &self.payload {
            Payload::RemoteWrite1(request) => request.series().collect(),
            Payload::RemoteWrite2(request) => request.series().collect(),
            _ => Vec::new(),
        }
    }

    /// The spans of a payload for Zipkin; none where it is another.
    pub fn zipkin_spans(&self) -> &[payload::zipkin::Span] {
        match &self.payload {
            Payload::Zipkin(list) => &list.spans,
            _ => &[],
        }
    }

    /// The payload, if it is metrics.
    pub fn metrics(&self) -> Option<&ExportMetricsServiceRequest> {
        match &self.payload {
            Payload::Metrics(request) => Some(request),
            _ => None,
        }
    }
}

impl Answer {
    /// gRPC OK, or an HTTP status of 200 to 299.
    pub fn is_success(&self) -> bool {
        match self.grpc_status {
            Some(code) => code == 0,
            None => (200..300).contains(&self.http_status),
        }
    }

    /// The value of a header field or trailer, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// `OK`, `UNAVAILABLE`, `503`.
    pub fn status_text(&self) -> String {
        match self.grpc_status {
            Some(code) => GRPC_CODES
                .get(usize::from(code))
                .map_or_else(|| format!("gRPC status {code}"), |name| (*name).to_owned()),
            None => self.http_status.to_string(),
        }
    }

    /// Whether this status is worth another attempt over `api`; `None` for a success or a redirect, which are no question of
    /// retrying.
    ///
    /// Spec: OTLP 1.11.0, "OTLP/gRPC Throttling" and "OTLP/HTTP Response", retryable codes; Remote-Write 2.0, "Retries &
    /// Backoff". Of Zipkin no document says it: OBX-ZPK-001.
    pub fn is_retryable(&self, api: Api) -> Option<bool> {
        match self.grpc_status {
            Some(0) => None,
            Some(1 | 4 | 10 | 11 | 14 | 15) => Some(true),
            Some(8) => Some(self.header("grpc-status-details-bin").is_some()),
            Some(_) => Some(false),
            None => {
                let status = self.http_status;
                let is_retryable = match api {
                    Api::Otlp => matches!(status, 429 | 502 | 503 | 504),
                    Api::RemoteWrite => matches!(status, 429 | 500..=599),
                    Api::Zipkin => matches!(status, 429 | 500 | 502 | 503 | 504),
                };
                (400..600).contains(&status).then_some(is_retryable)
            }
        }
    }
}

/// A body that does not say any more what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BodyProblem {
    /// The exchange.
    pub(crate) ordinal: u64,
    /// Why it cannot be decoded.
    pub(crate) reason: String,
}

/// How gzip begins. No OTLP message begins like this, in protobuf (wire type 7 of field 3) or in JSON.
const GZIP: [u8; 2] = [0x1f, 0x8b];

impl Exchange {
    /// Decodes the payload from the body: what is read has the kind of payload, and not what it says.
    fn decode_payload(&mut self) -> Result<(), String> {
        let signal = match &self.payload {
            Payload::Metrics(_) | Payload::RemoteWrite1(_) | Payload::RemoteWrite2(_) => {
                Signal::Metrics
            }
            Payload::Traces(_) | Payload::Zipkin(_) => Signal::Traces,
            Payload::Logs(_) => Signal::Logs,
            Payload::Counted | Payload::Incomplete | Payload::Undecodable(_) => return Ok(()),
        };
        let protocol = self.protocol.ok_or("the request follows no protocol")?;
        let encoding = if protocol.api() == Api::RemoteWrite {
            Encoding::Snappy
        } else if self.body.starts_with(&GZIP) {
            Encoding::Gzip
        } else {
            Encoding::Identity
        };
        let plain = encoding
            .decompress(&self.body, u64::MAX)
            .map_err(|error| error.to_string())?;
        let decoded = payload::Payload::decode(signal, protocol, &plain);
        self.payload = match decoded.map_err(|error| error.to_string())? {
            payload::Payload::Metrics(request) => Payload::Metrics(Arc::new(request)),
            payload::Payload::Traces(request) => Payload::Traces(Arc::new(request)),
            payload::Payload::Logs(request) => Payload::Logs(Arc::new(request)),
            payload::Payload::RemoteWrite1(request) => Payload::RemoteWrite1(Arc::new(request)),
            payload::Payload::RemoteWrite2(request) => Payload::RemoteWrite2(Arc::new(request)),
            payload::Payload::Zipkin(list) => Payload::Zipkin(Arc::new(list)),
            _ => return Err("it is of another signal".to_owned()),
        };
        Ok(())
    }
}

impl Recording {
    /// Decodes all payloads from their bodies.
    pub(crate) fn decode_payloads(&mut self) -> Result<(), BodyProblem> {
        for exchange in &mut self.exchanges {
            exchange.decode_payload().map_err(|reason| BodyProblem {
                ordinal: exchange.ordinal,
                reason,
            })?;
        }
        Ok(())
    }

    /// Exchanges of the cell's signal that are exports, in order of arrival.
    pub fn attempts(&self) -> impl Iterator<Item = &Exchange> {
        self.exchanges
            .iter()
            .filter(|exchange| self.is_attempt(exchange))
    }

    /// Whether an exchange is an export of the cell's signal.
    pub fn is_attempt(&self, exchange: &Exchange) -> bool {
        exchange.signal == Some(self.cell.id.signal) && exchange.export.is_some()
    }

    /// The first attempt of each export whose body could be decoded: one payload per export, in order.
    pub fn payloads(&self) -> impl Iterator<Item = &Exchange> {
        let mut seen = std::collections::HashSet::new();
        self.attempts()
            .filter(move |exchange| exchange.is_decoded() && seen.insert(exchange.export))
    }

    /// The attempts of each export, exports in the order of their first attempt.
    pub fn exports(&self) -> Vec<Vec<&Exchange>> {
        let mut exports: indexmap::IndexMap<u64, Vec<&Exchange>> = indexmap::IndexMap::new();
        for exchange in self.attempts() {
            if let Some(export) = exchange.export {
                exports.entry(export).or_default().push(exchange);
            }
        }
        exports.into_values().collect()
    }

    /// Whether the clock was virtual, so that times are exact.
    pub fn is_exact(&self) -> bool {
        self.time == RunTime::Virtual
    }
}
