//! An exchange, as it is written: short in lists, and in full.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::moment;
use crate::decide::FaultRef;
use crate::fault::Action;
use crate::journal::{Completion, End, Exchange, SentAnswer};
use crate::json;
use crate::payload::Encoding;
use crate::signal::{Protocol, Signal};

/// An attempt, what was decided for it, and what was sent back.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ExchangeEntry")]
pub(in crate::control) struct ExchangeView {
    /// Its place in the journal, 1-based.
    place: u64,
    /// Its ordinal among the exchanges, 1-based: its name in paths.
    ordinal: u64,
    /// The ordinal of its connection, 1-based.
    connection: u64,
    /// When its headers were complete, in seconds since the receiver started.
    at_seconds: f64,
    /// When its headers were complete.
    #[schemars(extend("format" = "date-time"))]
    received_at: String,
    /// The signal; null where the path is that of no export.
    signal: Option<Signal>,
    /// The protocol; null where the content type is that of none.
    protocol: Option<Protocol>,
    /// The export, 1-based among those of its signal; null for a request that is no export, or whose body never came.
    export: Option<u64>,
    /// The attempt of that export, 1-based.
    attempt: u32,
    /// Its data points, spans, log records or profiles; null where the body is none of these.
    items: Option<u64>,
    /// The method.
    method: String,
    /// The request target as it was sent.
    target: String,
    /// Length of the body on the wire, in bytes.
    bytes: u64,
    /// Length of the body after decompression, in bytes, where it could be decompressed.
    plain_bytes: Option<u64>,
    /// How the body is compressed.
    encoding: Encoding,
    /// Why the body cannot be used.
    body_error: Option<String>,
    /// The fault that said what happens; null where none did.
    fault: Option<FaultRef>,
    /// What was done, in a word: `accept`, `status`, `delay`, ...
    action: &'static str,
    /// How many items were taken, so far.
    accepted_items: u64,
    /// Whether the client was told that they were.
    acknowledged: bool,
    /// What was sent; null where nothing was, or not yet.
    answer: Option<AnswerView>,
    /// How it ended; null while it has not.
    end: Option<End>,
    /// When it ended, in seconds since the receiver started; null while it has not.
    completed_at_seconds: Option<f64>,
}

/// An answer as it was sent.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Answer")]
struct AnswerView {
    /// The HTTP status.
    http_status: u16,
    /// The gRPC status by name, for gRPC answers.
    grpc_status: Option<String>,
    /// The text of the status, if there was one.
    message: Option<String>,
}

/// An exchange with everything that is known of it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Exchange")]
pub(in crate::control) struct ExchangeDetail {
    #[serde(flatten)]
    entry: ExchangeView,
    /// The headers of the request, or its gRPC metadata. What is no UTF-8 is shown with replacement characters.
    headers: BTreeMap<String, Vec<String>>,
    /// What was decided, in full.
    decision: Action,
    /// The body as it was on the wire, in base64: without gRPC's frame, still compressed. Null where it was evicted.
    body_base64: Option<String>,
    /// The payload as OTLP/JSON; null where there is none.
    payload: Option<Value>,
    /// Why there is no payload.
    payload_error: Option<String>,
    /// The answer with its headers and body; null where nothing was sent, or not yet.
    sent: Option<SentView>,
}

/// The headers and the body of an answer.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SentAnswer")]
struct SentView {
    /// The headers.
    headers: BTreeMap<String, Vec<String>>,
    /// The trailers.
    trailers: BTreeMap<String, Vec<String>>,
    /// The body, in base64: gRPC messages with their frame. Of a large answer, its beginning.
    body_base64: String,
    /// How long the body is, in bytes; of a large answer, if it is sent to its end.
    body_bytes: u64,
}

impl ExchangeView {
    pub(in crate::control) fn new(place: u64, exchange: &Exchange) -> Self {
        let request = &exchange.request;
        let completion = exchange.completion();
        Self {
            place,
            ordinal: exchange.ordinal,
            connection: exchange.connection,
            at_seconds: exchange.received_at.as_secs_f64(),
            received_at: moment(exchange.wall_unix_nano),
            signal: exchange.signal,
            protocol: exchange.protocol,
            export: exchange.export,
            attempt: exchange.attempt,
            items: exchange.items(),
            method: request.method.to_string(),
            target: request.target.clone(),
            bytes: request.wire_bytes,
            plain_bytes: request.plain_bytes,
            encoding: request.encoding,
            body_error: request.body_error.as_ref().map(ToString::to_string),
            fault: exchange.decision.fault.clone(),
            action: exchange.decision.action.name(),
            accepted_items: exchange.accepted_items(),
            acknowledged: exchange.is_acknowledged(),
            answer: completion
                .and_then(|completion| completion.answer.as_deref())
                .map(AnswerView::new),
            end: completion.map(|completion| completion.end),
            completed_at_seconds: completion.map(|completion| completion.at.as_secs_f64()),
        }
    }
}

impl AnswerView {
    fn new(answer: &SentAnswer) -> Self {
        Self {
            http_status: answer.http_status.as_u16(),
            grpc_status: answer.grpc_status.map(|code| code.to_string()),
            message: answer.message.clone(),
        }
    }
}

impl ExchangeDetail {
    pub(in crate::control) fn new(place: u64, exchange: &Exchange) -> Self {
        let (payload, payload_error) = match exchange.payload() {
            Ok(payload) => (Some(json::encode(payload)), None),
            Err(error) => (None, Some(error.to_string())),
        };
        Self {
            entry: ExchangeView::new(place, exchange),
            headers: texts(&exchange.request.headers),
            decision: exchange.decision.action.clone(),
            body_base64: exchange.wire_body().ok().map(|body| STANDARD.encode(body)),
            payload,
            payload_error,
            sent: exchange
                .completion()
                .and_then(|completion: &Completion| completion.answer.as_deref())
                .map(SentView::new),
        }
    }
}

impl SentView {
    fn new(answer: &SentAnswer) -> Self {
        Self {
            headers: texts(&answer.headers),
            trailers: texts(&answer.trailers),
            body_base64: STANDARD.encode(&answer.body),
            body_bytes: answer.body_bytes,
        }
    }
}

fn texts(headers: &HeaderMap) -> BTreeMap<String, Vec<String>> {
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in headers {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        texts.entry(name.to_string()).or_default().push(text);
    }
    texts
}
