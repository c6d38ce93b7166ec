//! How exchanges get into the journal: two handles, each of which leaves a record even when it is dropped.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::RwLock;

use super::completion::{Completion, End, SentAnswer};
use super::exchange::Exchange;
use super::forwarding::{Forwarding, UpstreamOutcome};
use super::identity::Identity;
use super::journal::Journal;
use super::request::{BodyError, ReceivedRequest, RequestBody, RequestHead};
use crate::decide::Decision;
use crate::payload::{Counted, Payload, Resources};
use crate::signal::{Protocol, Signal};

/// A request whose headers are complete and whose decision is still to be taken.
///
/// Dropped before [`OpenExchange::begin`], it leaves an exchange without a decision whose client has gone (or whose
/// collector was stopped).
#[derive(Debug)]
#[must_use = "dropped, it is recorded as a request whose client has gone"]
pub struct OpenExchange {
    journal: Journal,
    /// `None` once it has begun.
    parts: Option<Box<Parts>>,
}

#[derive(Debug)]
struct Parts {
    connection: u64,
    received_at: Duration,
    wall_unix_nano: u64,
    signal: Option<Signal>,
    protocol: Option<Protocol>,
    head: Arc<RequestHead>,
    body: RequestBody,
    body_at: Option<Duration>,
    plain_bytes: Option<u64>,
    identity: Option<Identity>,
    export: Option<u64>,
    attempt: u32,
    items: Option<u64>,
}

/// What the journal made of a body.
#[derive(Clone, Debug)]
pub struct SeenBody {
    /// The ordinal of the export among those of its signal, 1-based; `None` where it is none.
    pub export: Option<u64>,
    /// The attempt of that export, 1-based.
    pub attempt: u32,
    /// What it has, in numbers; nothing where it is no export.
    pub counted: Counted,
    /// Its length in bytes, decompressed; 0 where it could not be decompressed.
    pub bytes: u64,
    /// Why the body cannot be used: what the receiver said, or that it is no message of its protocol.
    pub error: Option<BodyError>,
    /// The resources of the payload, decoded when asked for.
    pub resources: Resources,
}

impl SeenBody {
    /// What is made of no body.
    pub(crate) fn nothing() -> Self {
        Self {
            export: None,
            attempt: 1,
            counted: Counted::default(),
            bytes: 0,
            error: None,
            resources: Resources::none(),
        }
    }
}

impl OpenExchange {
    pub(super) fn new(
        journal: Journal,
        connection: u64,
        signal: Option<Signal>,
        protocol: Option<Protocol>,
        head: Arc<RequestHead>,
    ) -> Self {
        let parts = Parts {
            connection,
            received_at: journal.elapsed(),
            wall_unix_nano: journal.wall_clock().now_unix_nano(),
            signal,
            protocol,
            head,
            body: RequestBody::default(),
            body_at: None,
            plain_bytes: None,
            identity: None,
            export: None,
            attempt: 1,
            items: None,
        };
        Self {
            journal,
            parts: Some(Box::new(parts)),
        }
    }

    /// When the headers were complete, since the collector started.
    pub fn received_at(&self) -> Duration {
        self.parts
            .as_ref()
            .map(|parts| parts.received_at)
            .unwrap_or_default()
    }

    /// Records the body, or as much of it as came.
    ///
    /// `plain` is the decompressed body, or `None` where there is none (`body.error` says why). A complete body of an
    /// export is checked and counted here, and gets its export and attempt.
    pub fn body(&mut self, body: RequestBody, plain: Option<Bytes>) -> SeenBody {
        let Some(parts) = self.parts.as_mut() else {
            return SeenBody {
                error: body.error,
                ..SeenBody::nothing()
            };
        };
        if body.complete {
            parts.body_at = Some(self.journal.elapsed());
        }
        parts.body = body;
        parts.plain_bytes = plain
            .as_ref()
            .map(|plain| u64::try_from(plain.len()).unwrap_or(u64::MAX));
        let usable = parts.body.complete && parts.body.error.is_none();
        let mut resources = Resources::none();
        let mut counts = Counted::default();
        if let (true, Some(signal), Some(protocol), Some(plain)) =
            (usable, parts.signal, parts.protocol, plain)
        {
            match Payload::count(signal, protocol, &plain) {
                Ok(counted) => {
                    counts = counted;
                    let identity = Identity::of(&plain);
                    let (export, attempt) = self.journal.attempt(signal, identity);
                    parts.identity = Some(identity);
                    parts.export = Some(export);
                    parts.attempt = attempt;
                    parts.items = Some(counted.items);
                    resources = Resources::of(signal, protocol, plain);
                }
                Err(error) => parts.body.error = Some(BodyError::Undecodable(error)),
            }
        }
        SeenBody {
            export: parts.export,
            attempt: parts.attempt,
            counted: counts,
            bytes: parts.plain_bytes.unwrap_or_default(),
            error: parts.body.error.clone(),
            resources,
        }
    }

    /// Appends the exchange with this decision: before anything is sent.
    pub fn begin(mut self, decision: Decision) -> ExchangeHandle {
        self.append(decision)
    }

    fn append(&mut self, decision: Decision) -> ExchangeHandle {
        let journal = self.journal.clone();
        let exchange = self
            .parts
            .take()
            .map(|parts| journal.append(|ordinal| parts.exchange(ordinal, decision)));
        ExchangeHandle { journal, exchange }
    }
}

impl Drop for OpenExchange {
    fn drop(&mut self) {
        if self.parts.is_some() {
            // The handle completes the exchange when it is dropped, in turn.
            drop(self.append(Decision::default()));
        }
    }
}

impl Parts {
    fn exchange(self, ordinal: u64, decision: Decision) -> Exchange {
        let RequestBody {
            wire,
            encoding,
            complete,
            message_count,
            error,
        } = self.body;
        Exchange {
            ordinal,
            connection: self.connection,
            received_at: self.received_at,
            body_at: self.body_at,
            wall_unix_nano: self.wall_unix_nano,
            signal: self.signal,
            protocol: self.protocol,
            export: self.export,
            attempt: self.attempt,
            identity: self.identity,
            request: ReceivedRequest {
                head: self.head,
                encoding,
                wire_bytes: u64::try_from(wire.len()).unwrap_or(u64::MAX),
                plain_bytes: self.plain_bytes,
                complete,
                message_count,
                body_error: error,
            },
            decision,
            items: self.items,
            body: RwLock::new(Some(wire)),
            payload: OnceLock::new(),
            digest: OnceLock::new(),
            completion: OnceLock::new(),
            forwarding: OnceLock::new(),
        }
    }
}

/// An exchange in the journal that has not ended.
///
/// Dropped before [`ExchangeHandle::complete`], it ends as one whose client has gone, or whose collector was stopped.
#[derive(Debug)]
#[must_use = "dropped, the exchange is recorded as one whose client has gone"]
pub struct ExchangeHandle {
    journal: Journal,
    /// `None` once it is complete.
    exchange: Option<Arc<Exchange>>,
}

impl ExchangeHandle {
    /// The exchange, as the journal has it.
    pub fn exchange(&self) -> Option<&Arc<Exchange>> {
        self.exchange.as_ref()
    }

    /// Records that the request is to be forwarded to this upstream.
    pub(crate) fn forwards(&self, upstream: String) {
        if let Some(exchange) = &self.exchange {
            // Only this handle records it, and only once.
            let _ = exchange.forwarding.set(Forwarding::new(upstream));
        }
    }

    /// Records that it is sent to the upstream now.
    pub(crate) fn forwarded(&self) {
        if let Some(forwarding) = self
            .exchange
            .as_ref()
            .and_then(|exchange| exchange.forwarding())
        {
            forwarding.sent(self.journal.elapsed());
        }
    }

    /// Records how the upstream ended it.
    pub(crate) fn upstream_ended(&self, outcome: UpstreamOutcome) {
        if let Some(forwarding) = self
            .exchange
            .as_ref()
            .and_then(|exchange| exchange.forwarding())
        {
            forwarding.ended(outcome);
        }
    }

    /// Records what was sent and how it ended.
    pub fn complete(self, answer: Option<SentAnswer>, end: End) {
        self.complete_shared(answer.map(Arc::new), end);
    }

    /// As [`ExchangeHandle::complete`], with an answer that several exchanges may share.
    pub(crate) fn complete_shared(mut self, answer: Option<Arc<SentAnswer>>, end: End) {
        self.finish(answer, end);
    }

    fn finish(&mut self, answer: Option<Arc<SentAnswer>>, end: End) {
        if let Some(exchange) = self.exchange.take() {
            let at = self.journal.elapsed();
            self.journal
                .complete(&exchange, Completion { at, answer, end });
        }
    }
}

impl Drop for ExchangeHandle {
    fn drop(&mut self) {
        let end = if self.journal.is_stopped() {
            End::CollectorStopped
        } else {
            End::ClientGone
        };
        self.finish(None, end);
    }
}
