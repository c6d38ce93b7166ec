//! The journal as data for a snapshot: the same from run to run, and nothing hidden.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use serde_json::Value;

use super::entry::Entry;
use super::exchange::Exchange;
use super::journal::Journal;
use super::normalized::{
    NormalizedAnswer, NormalizedConnection, NormalizedEntry, NormalizedExchange, NormalizedFault,
    NormalizedRequest,
};
use crate::json::{Style, encode_styled};
use crate::payload::Payload;
use crate::signal::Signal;

/// Headers of requests that say nothing about the payload and differ between machines and versions.
const OF_NO_ACCOUNT: [&str; 13] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "date",
    "grpc-accept-encoding",
    "grpc-timeout",
    "host",
    "te",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "user-agent",
];

/// Headers of answers that a client acts on.
const ACTED_ON: [&str; 6] = [
    "content-type",
    "location",
    "retry-after",
    "x-prometheus-remote-write-exemplars-written",
    "x-prometheus-remote-write-histograms-written",
    "x-prometheus-remote-write-samples-written",
];

impl Journal {
    /// The journal as data for a snapshot: the same from run to run, and nothing hidden.
    ///
    /// Take it when the exchanges of interest have ended: after a wait, or after the collector was stopped.
    pub fn normalized(&self) -> Vec<NormalizedEntry> {
        let entries = self.entries();
        let mut normalizer = Normalizer::new(self, &entries);
        let evicted = self.evicted();
        let missing = (!evicted.is_nothing()).then(|| NormalizedEntry::Evicted {
            evicted: evicted.to_string(),
        });
        missing
            .into_iter()
            .chain(entries.iter().map(|entry| normalizer.entry(entry)))
            .collect()
    }

    /// The same without the connections: how a client leaves races with the end of a test in real time.
    pub fn normalized_exchanges(&self) -> Vec<NormalizedEntry> {
        let mut entries = self.normalized();
        entries.retain(|entry| !matches!(entry, NormalizedEntry::Connection(_)));
        entries
    }
}

struct Normalizer {
    times: Times,
    started_unix_nano: u64,
    ids: HashMap<&'static str, HashMap<Vec<u8>, usize>>,
    /// The attempt in which the payload of an export was shown.
    shown: HashMap<(Signal, u64), u32>,
}

/// How times are told.
enum Times {
    /// To the millisecond (payloads: to the nanosecond).
    Exact,
    /// By their place among all times of the journal, and among all times of its payloads.
    Ranked {
        entries: BTreeMap<Duration, usize>,
        payloads: BTreeMap<u64, usize>,
    },
}

impl Normalizer {
    fn new(journal: &Journal, entries: &[Entry]) -> Self {
        let times = if journal.wall_clock().is_virtual() {
            Times::Exact
        } else {
            Times::ranked(entries)
        };
        Self {
            times,
            started_unix_nano: journal.started_unix_nano(),
            ids: HashMap::new(),
            shown: HashMap::new(),
        }
    }

    fn at(&self, at: Duration) -> String {
        match &self.times {
            Times::Exact => seconds(at),
            Times::Ranked { entries, .. } => rank(entries.get(&at)),
        }
    }

    fn entry(&mut self, entry: &Entry) -> NormalizedEntry {
        match entry {
            Entry::Connection(record) => NormalizedEntry::Connection(NormalizedConnection {
                at: self.at(record.at),
                connection: record.connection,
                port: record.port,
                event: record.event.clone(),
                faults: record
                    .faults
                    .iter()
                    .map(|fault| fault.name.clone())
                    .collect(),
            }),
            Entry::Exchange(exchange) => {
                NormalizedEntry::Exchange(Box::new(self.exchange(exchange)))
            }
        }
    }

    fn exchange(&mut self, exchange: &Exchange) -> NormalizedExchange {
        let completion = exchange.completion();
        let fault = exchange
            .decision
            .fault
            .as_ref()
            .map(|fault| NormalizedFault {
                name: fault.name.clone(),
                then: exchange.decision.action.clone(),
            });
        let answer = completion
            .and_then(|completion| completion.answer.as_ref())
            .map(|answer| NormalizedAnswer {
                http: answer.http_status.as_u16(),
                grpc: answer.grpc_status.map(|code| code.to_string()),
                message: answer.message.clone(),
                headers: headers(answer.headers.iter().chain(&answer.trailers), |name| {
                    ACTED_ON.contains(&name)
                }),
                body_bytes: answer.body.len(),
            });
        NormalizedExchange {
            at: self.at(exchange.received_at),
            connection: exchange.connection,
            signal: exchange.signal,
            protocol: exchange.protocol,
            export: exchange.export,
            attempt: exchange.attempt,
            request: self.request(exchange),
            fault,
            upstream: exchange.forwarding().map(ToString::to_string),
            answer,
            end: completion.map(|completion| completion.end),
            ended_at: completion.map(|completion| self.at(completion.at)),
        }
    }

    fn request(&mut self, exchange: &Exchange) -> NormalizedRequest {
        let request = &exchange.request;
        NormalizedRequest {
            method: request.method.to_string(),
            target: request.target.clone(),
            headers: headers(&request.headers, |name| !OF_NO_ACCOUNT.contains(&name)),
            encoding: request.encoding,
            items: exchange.items(),
            complete: request.complete,
            error: request.body_error.as_ref().map(ToString::to_string),
            payload: self.payload(exchange),
        }
    }

    fn payload(&mut self, exchange: &Exchange) -> Option<Value> {
        let export = (exchange.signal?, exchange.export?);
        if let Some(attempt) = self.shown.get(&export) {
            return Some(format!("same as attempt {attempt}").into());
        }
        let value = match exchange.payload() {
            Ok(payload) => encode_styled(&payload.canonical(), self),
            Err(error) => return Some(format!("({error})").into()),
        };
        self.shown.insert(export, exchange.attempt);
        Some(value)
    }

    fn id(&mut self, kind: &'static str, id: &[u8]) -> Value {
        let ids = self.ids.entry(kind).or_default();
        let next = ids.len() + 1;
        let number = *ids.entry(id.to_vec()).or_insert(next);
        format!("[{kind} {number}]").into()
    }
}

impl Style for Normalizer {
    fn time(&mut self, unix_nano: u64) -> Value {
        match &self.times {
            Times::Exact => offset(self.started_unix_nano, unix_nano).into(),
            Times::Ranked { payloads, .. } => rank(payloads.get(&unix_nano)).into(),
        }
    }

    fn trace_id(&mut self, id: &[u8]) -> Value {
        self.id("trace", id)
    }

    fn span_id(&mut self, id: &[u8]) -> Value {
        self.id("span", id)
    }
}

impl Times {
    fn ranked(entries: &[Entry]) -> Self {
        let mut of_entries = BTreeSet::new();
        let mut of_payloads = Collected(BTreeSet::new());
        for entry in entries {
            of_entries.insert(entry.at());
            let Entry::Exchange(exchange) = entry else {
                continue;
            };
            of_entries.extend(exchange.completion().map(|completion| completion.at));
            if let Some(payload) = exchange.export.and_then(|_| exchange.payload().ok()) {
                of_payloads.collect(payload);
            }
        }
        let payloads = of_payloads.0.into_iter().zip(1..).collect();
        Self::Ranked {
            entries: of_entries.into_iter().zip(1..).collect(),
            payloads,
        }
    }
}

/// Collects the times of payloads.
struct Collected(BTreeSet<u64>);

impl Collected {
    fn collect(&mut self, payload: &Payload) {
        encode_styled(payload, self);
    }
}

impl Style for Collected {
    fn time(&mut self, unix_nano: u64) -> Value {
        self.0.insert(unix_nano);
        Value::Null
    }

    fn trace_id(&mut self, _: &[u8]) -> Value {
        Value::Null
    }

    fn span_id(&mut self, _: &[u8]) -> Value {
        Value::Null
    }
}

fn headers<'a>(
    headers: impl IntoIterator<Item = (&'a http::HeaderName, &'a http::HeaderValue)>,
    keep: impl Fn(&str) -> bool,
) -> BTreeMap<String, String> {
    let mut kept: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers.into_iter().filter(|(name, _)| keep(name.as_str())) {
        let value = String::from_utf8_lossy(value.as_bytes());
        kept.entry(name.to_string())
            .and_modify(|values| {
                values.push_str(", ");
                values.push_str(&value);
            })
            .or_insert_with(|| value.clone().into_owned());
    }
    kept
}

/// `15.000s`, to the millisecond.
pub(super) fn seconds(at: Duration) -> String {
    let milliseconds = at.as_millis();
    format!("{}.{:03}s", milliseconds / 1000, milliseconds % 1000)
}

/// `[+15.000s]`; digits beyond the millisecond only where there are any.
fn offset(started: u64, unix_nano: u64) -> String {
    let sign = if unix_nano < started { '-' } else { '+' };
    let distance = Duration::from_nanos(unix_nano.abs_diff(started));
    if distance.subsec_nanos().is_multiple_of(1_000_000) {
        return format!("[{sign}{}]", seconds(distance));
    }
    format!(
        "[{sign}{}.{:09}s]",
        distance.as_secs(),
        distance.subsec_nanos()
    )
}

fn rank(rank: Option<&usize>) -> String {
    // Every time was ranked before; an exchange that ended since then has none.
    rank.map_or_else(|| "[later]".to_owned(), |rank| format!("[{rank}]"))
}
