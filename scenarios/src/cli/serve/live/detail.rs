//! One row in full: what came, what was decided, what was sent, and what the payload says.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use http::HeaderMap;
use otelbox_mock_collector::journal::{Completion, Exchange};
use otelbox_mock_collector::{Payload, PayloadError, json};

use super::page::{Line, Page};
use super::row::{Outcome, Row};
use crate::report::printable;

/// One row in full.
pub(super) fn page(row: &Row) -> Page {
    match row {
        Row::Attempt(exchange) => of_exchange(exchange),
        Row::Connection(record) => {
            let title = format!("connection {}", record.connection);
            let mut lines = Lines::default();
            lines.field("at", &seconds(record.at));
            lines.field("port", &record.port.to_string());
            lines.field("event", &record.event.to_string());
            Page::new(title, lines.0)
        }
    }
}

fn of_exchange(exchange: &Arc<Exchange>) -> Page {
    // Read once: it may end while it is put into words.
    let completion = exchange.completion();
    let mut lines = Lines::default();
    lines.request(exchange);
    lines.decision(exchange);
    lines.answer(exchange, completion);
    lines.payload(exchange);
    let title = match (exchange.signal, exchange.export) {
        (Some(signal), Some(export)) => {
            format!("{signal} export {export} attempt {}", exchange.attempt)
        }
        _ => format!("request {}", exchange.ordinal),
    };
    let mut page = Page::new(title, lines.0);
    page.waits_for = completion.is_none().then(|| Arc::clone(exchange));
    page
}

#[derive(Default)]
struct Lines(Vec<Line>);

impl Lines {
    fn request(&mut self, exchange: &Exchange) {
        let request = &exchange.request;
        self.heading("Request");
        let wall = UNIX_EPOCH + Duration::from_nanos(exchange.wall_unix_nano);
        let wall = humantime::format_rfc3339_millis(wall);
        self.field(
            "received",
            &format!("{}, {wall}", seconds(exchange.received_at)),
        );
        self.field("connection", &exchange.connection.to_string());
        let (method, version) = (request.method.as_str(), request.version);
        self.field(
            "request",
            &format!("{method} {} {version:?}", request.target),
        );
        if let Some(timeout) = request.grpc_timeout {
            self.field("deadline", &humantime::format_duration(timeout).to_string());
        }
        let mut body = format!("{} bytes", request.wire_bytes);
        if let Some(plain) = request
            .plain_bytes
            .filter(|plain| *plain != request.wire_bytes)
        {
            // Writing to a string cannot fail.
            let _ = write!(body, ", {plain} decompressed");
        }
        if let Some(items) = exchange.items() {
            let _ = write!(body, ", {}", counted(items));
        }
        if !request.complete {
            body.push_str(", not sent to its end");
        }
        self.field("body", &body);
        if let Some(error) = &request.body_error {
            self.field("error", &error.to_string());
        }
        if let Some(identity) = &exchange.identity {
            self.field("identity", &identity.to_string());
        }
        self.headers("headers", &request.headers);
    }

    fn decision(&mut self, exchange: &Exchange) {
        self.heading("Decision");
        let decision = &exchange.decision;
        match &decision.fault {
            Some(fault) => {
                self.field("fault", &fault.name);
                let action = serde_json::to_value(&decision.action);
                let action =
                    action.map_or_else(|error| error.to_string(), |action| action.to_string());
                self.field("action", &action);
            }
            None => self.field("fault", "none: accepted"),
        }
    }

    fn answer(&mut self, exchange: &Exchange, completion: Option<&Completion>) {
        let outcome = Outcome::of(exchange);
        self.heading("Answer");
        let Some(completion) = completion else {
            self.field("outcome", "waiting: it has not ended");
            return;
        };
        let text = format!("  {:12} {}", "outcome", outcome.meaning());
        self.0.push(Line::Outcome(outcome, text));
        let took = completion.at.saturating_sub(exchange.received_at);
        self.field(
            "ended",
            &format!(
                "{}, after {}: {}",
                seconds(completion.at),
                seconds(took),
                completion.end
            ),
        );
        let items = exchange.items().unwrap_or_default();
        self.field(
            "taken",
            &format!("{} of {}", exchange.accepted_items(), counted(items)),
        );
        let Some(answer) = &completion.answer else {
            self.field("status", "nothing was sent");
            return;
        };
        let mut status = answer.http_status.to_string();
        if let Some(code) = answer.grpc_status {
            let _ = write!(status, ", grpc-status {} {code}", code.number());
        }
        self.field("status", &status);
        if let Some(message) = &answer.message {
            self.field("message", message);
        }
        self.headers("headers", &answer.headers);
        self.headers("trailers", &answer.trailers);
        if answer.body_bytes > 0 {
            self.field("body", &format!("{} bytes", answer.body_bytes));
            self.bytes(&answer.body);
        }
    }

    fn payload(&mut self, exchange: &Exchange) {
        self.heading("Payload, as OTLP/JSON");
        match payload(exchange) {
            Ok(payload) => {
                let text = serde_json::to_string_pretty(&json::encode(&payload))
                    .unwrap_or_else(|error| error.to_string());
                let mut lines = text.lines();
                for line in lines.by_ref().take(PAYLOAD_LINES) {
                    self.text(line);
                }
                let left = lines.count();
                if left > 0 {
                    self.text(&format!("... and {left} lines more"));
                }
            }
            Err(reason) => {
                self.text(&reason);
                if let Ok(body) = exchange.wire_body() {
                    self.bytes(&body);
                }
            }
        }
    }

    fn headers(&mut self, name: &str, headers: &HeaderMap) {
        let mut name = name;
        for (header, value) in headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            self.field(name, &format!("{header}: {value}"));
            name = "";
        }
    }

    /// The beginning of some bytes: as text where they are text.
    fn bytes(&mut self, bytes: &[u8]) {
        let shown = &bytes[..bytes.len().min(SHOWN_BYTES)];
        match std::str::from_utf8(shown) {
            Ok(text) if !text.chars().any(is_no_text) => {
                text.lines().for_each(|line| self.text(line));
            }
            _ => {
                for row in shown.chunks(16) {
                    let mut text = String::new();
                    for byte in row {
                        let _ = write!(text, "{byte:02x} ");
                    }
                    self.text(text.trim_end());
                }
            }
        }
        if bytes.len() > shown.len() {
            self.text(&format!("... and {} bytes more", bytes.len() - shown.len()));
        }
    }

    fn heading(&mut self, text: &str) {
        self.0.push(Line::Heading(text.to_owned()));
    }

    fn field(&mut self, name: &str, value: &str) {
        self.0
            .push(Line::Text(format!("  {name:12} {}", printable(value))));
    }

    fn text(&mut self, text: &str) {
        self.0.push(Line::Text(format!("  {}", printable(text))));
    }
}

/// The payload, or why it is not shown. It is not kept in the journal, where it would not be counted against the budget.
fn payload(exchange: &Exchange) -> Result<Payload, String> {
    if let Some(error) = &exchange.request.body_error {
        return Err(error.to_string());
    }
    if let Some(bytes) = exchange
        .request
        .plain_bytes
        .filter(|bytes| *bytes > PAYLOAD_BYTES)
    {
        return Err(format!(
            "{bytes} bytes are too many to be shown; the journal file has them"
        ));
    }
    let (Some(signal), Some(protocol)) = (exchange.signal, exchange.protocol) else {
        return Err(PayloadError::NoExport.to_string());
    };
    exchange
        .plain_body()
        .and_then(|plain| Payload::decode(signal, protocol, &plain))
        .map_err(|error| error.to_string())
}

fn counted(items: u64) -> String {
    format!("{items} {}", if items == 1 { "item" } else { "items" })
}

fn is_no_text(character: char) -> bool {
    character.is_control() && !matches!(character, '\n' | '\r' | '\t')
}

fn seconds(duration: Duration) -> String {
    format!("{:.3}s", duration.as_secs_f64())
}

/// The longest payload that is put into words, in bytes.
const PAYLOAD_BYTES: u64 = 4 * 1024 * 1024;

/// The most lines of a payload that are shown.
const PAYLOAD_LINES: usize = 20_000;

/// The most bytes of something else that are shown.
const SHOWN_BYTES: usize = 1024;
