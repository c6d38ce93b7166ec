//! The receiver's journal as part of a recording.

use std::{sync::Arc, time::Duration};

use http::HeaderMap;
use otelbox_mock_collector::journal::{self, Journal, Peer};
use otelbox_mock_collector::payload::{self, PayloadError};
use tokio::time::Instant;

use super::recording::{
    Accepted, Answer, ConnectionEvent, ConnectionRecord, End, Exchange, Payload,
};

/// All exchanges in order of arrival, with times since `start`.
pub(super) fn exchanges(journal: &Journal, start: Instant) -> Vec<Exchange> {
    let clock = Clock::new(journal, start);
    let mut exchanges: Vec<Exchange> = journal
        .exchanges()
        .iter()
        .map(|exchange| converted(exchange, &clock))
        .collect();
    exchanges.sort_by_key(|exchange| (exchange.at, exchange.ordinal));
    exchanges
}

/// All connection events, with times since `start`.
pub(super) fn connections(journal: &Journal, start: Instant) -> Vec<ConnectionRecord> {
    let clock = Clock::new(journal, start);
    let by = |peer: Peer| match peer {
        Peer::Client => "the client".to_owned(),
        Peer::Collector => "the collector".to_owned(),
    };
    journal
        .connections()
        .iter()
        .filter_map(|record| {
            let event = match &record.event {
                journal::ConnectionEvent::Opened => ConnectionEvent::Opened,
                journal::ConnectionEvent::Refused => ConnectionEvent::Refused,
                journal::ConnectionEvent::Swallowed => ConnectionEvent::Swallowed,
                journal::ConnectionEvent::Shaped => ConnectionEvent::Shaped(
                    record
                        .faults
                        .iter()
                        .map(|fault| fault.name.clone())
                        .collect(),
                ),
                journal::ConnectionEvent::Closed { by: peer } => ConnectionEvent::Closed(by(*peer)),
                journal::ConnectionEvent::Reset { by: peer } => ConnectionEvent::Reset(by(*peer)),
                journal::ConnectionEvent::Secured(secured) => ConnectionEvent::Secured {
                    alpn: secured.alpn.clone(),
                    client: secured.client.clone(),
                },
                journal::ConnectionEvent::HandshakeFailed(reason) => {
                    ConnectionEvent::HandshakeFailed(reason.clone())
                }
                journal::ConnectionEvent::PlainText(text) => {
                    ConnectionEvent::PlainText(text.clone())
                }
                journal::ConnectionEvent::ProtocolError(error) => {
                    ConnectionEvent::ProtocolError(error.clone())
                }
                // The receiver of a run forwards nothing.
                journal::ConnectionEvent::Relayed { .. }
                | journal::ConnectionEvent::UpstreamFailed(_) => return None,
            };
            Some(ConnectionRecord {
                at: clock.since(record.at),
                connection: record.connection,
                event,
            })
        })
        .collect()
}

/// Turns times since the start of the collector into times since the start of the SUT.
struct Clock {
    journal_start: Instant,
    start: Instant,
}

impl Clock {
    fn new(journal: &Journal, start: Instant) -> Self {
        Self {
            journal_start: journal.started(),
            start,
        }
    }

    fn since(&self, at: Duration) -> Duration {
        (self.journal_start + at).saturating_duration_since(self.start)
    }
}

fn converted(exchange: &journal::Exchange, clock: &Clock) -> Exchange {
    let request = &exchange.request;
    let completion = exchange.completion();
    Exchange {
        ordinal: exchange.ordinal,
        connection: exchange.connection,
        signal: exchange.signal,
        protocol: exchange.protocol,
        export: exchange.export,
        attempt: exchange.attempt,
        at: clock.since(exchange.received_at),
        body_at: exchange.body_at.map(|at| clock.since(at)),
        ended_at: completion.map(|completion| clock.since(completion.at)),
        wall_unix_nano: exchange.wall_unix_nano,
        method: request.method.to_string(),
        path: request.target.clone(),
        headers: fields(&request.headers),
        body: exchange.wire_body().unwrap_or_default(),
        message_bytes: exchange
            .body_at
            .and_then(|_| exchange.plain_body().ok())
            .map(|plain| plain.len() as u64),
        messages: usize::try_from(request.message_count).unwrap_or(usize::MAX),
        client_deadline: request.grpc_timeout,
        payload: payload_of(exchange),
        items: exchange.items(),
        digest: exchange.digest().map(|digest| format!("{digest}")),
        fault: exchange
            .decision
            .fault
            .as_ref()
            .map(|fault| fault.name.clone()),
        answer: completion
            .and_then(|completion| completion.answer.as_ref())
            .map(|answer| {
                let mut headers = fields(&answer.headers);
                headers.extend(fields(&answer.trailers));
                Answer {
                    http_status: answer.http_status.as_u16(),
                    grpc_status: answer
                        .grpc_status
                        .map(|code| u8::try_from(code.number()).unwrap_or(u8::MAX)),
                    bytes: answer.body_bytes,
                    message: answer.message.clone(),
                    headers,
                }
            }),
        end: match completion.map(|completion| completion.end) {
            Some(journal::End::Answered) => End::Answered,
            Some(journal::End::ClientCancelled | journal::End::ClientGone) => End::ClientGone,
            Some(
                journal::End::ResetByCollector
                | journal::End::ClosedByCollector
                | journal::End::StreamResetByCollector,
            ) => End::Broken,
            Some(journal::End::CollectorStopped) | None => End::Open,
        },
        accepted: match exchange.accepted() {
            journal::Accepted::No => Accepted::No,
            journal::Accepted::All => Accepted::All,
            journal::Accepted::Partial { rejected } => Accepted::Partial { rejected },
        },
    }
}

fn payload_of(exchange: &journal::Exchange) -> Payload {
    if !exchange.request.complete {
        return Payload::Incomplete;
    }
    match exchange.payload() {
        Ok(payload::Payload::Metrics(request)) => Payload::Metrics(Arc::new(request.clone())),
        Ok(payload::Payload::Traces(request)) => Payload::Traces(Arc::new(request.clone())),
        Ok(payload::Payload::Logs(request)) => Payload::Logs(Arc::new(request.clone())),
        Ok(payload::Payload::RemoteWrite1(request)) => {
            Payload::RemoteWrite1(Arc::new(request.clone()))
        }
        Ok(payload::Payload::RemoteWrite2(request)) => {
            Payload::RemoteWrite2(Arc::new(request.clone()))
        }
        Ok(payload::Payload::Zipkin(list)) => Payload::Zipkin(Arc::new(list.clone())),
        Ok(_) => Payload::Counted,
        Err(PayloadError::Evicted) => Payload::Incomplete,
        Err(error) => Payload::Undecodable(error.to_string()),
    }
}

fn fields(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect()
}
