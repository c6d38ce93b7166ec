//! An attempt, the decision taken for it, and what was sent back.

use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::RwLock;

use super::completion::Completion;
use super::forwarding::Forwarding;
use super::identity::Identity;
use super::request::{BodyError, ReceivedRequest};
use crate::decide::Decision;
use crate::payload::{Digest, Encoding, Payload, PayloadError};
use crate::receive::limits::DEFAULT_REQUEST_BYTES;
use crate::signal::{Protocol, Signal};

/// An attempt, the decision taken for it, and, once it is over, what was sent back.
#[derive(Debug)]
pub struct Exchange {
    /// Its place in the journal among the exchanges, 1-based: the order in which their bodies were complete.
    pub ordinal: u64,
    /// The connection, 1-based.
    pub connection: u64,
    /// When its headers were complete, since the collector started.
    pub received_at: Duration,
    /// When its body was complete, since the collector started; `None` where it never was.
    pub body_at: Option<Duration>,
    /// The wall clock when its headers were complete, in nanoseconds since the Unix epoch.
    pub wall_unix_nano: u64,
    /// The signal; `None` where the path is that of no export.
    pub signal: Option<Signal>,
    /// The protocol; `None` where the content type is that of none.
    pub protocol: Option<Protocol>,
    /// The export, 1-based among those of its signal; `None` for a request that is no export, or whose body never came.
    pub export: Option<u64>,
    /// The attempt of that export, 1-based.
    pub attempt: u32,
    /// The identity of its decompressed bytes.
    pub identity: Option<Identity>,
    /// What the client sent.
    pub request: ReceivedRequest,
    /// What was decided.
    pub decision: Decision,
    pub(super) items: Option<u64>,
    pub(super) body: RwLock<Option<Bytes>>,
    pub(super) payload: OnceLock<Result<Payload, PayloadError>>,
    pub(super) digest: OnceLock<Option<Digest>>,
    pub(super) completion: OnceLock<Completion>,
    pub(super) forwarding: OnceLock<Forwarding>,
}

/// What the collector took of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// Nothing.
    No,
    /// All of it.
    All,
    /// All but so many items, which it said it rejected.
    Partial {
        /// As it was said: may be negative, or more than were sent.
        rejected: i64,
    },
}

impl Exchange {
    /// How it ended; `None` while it has not.
    pub fn completion(&self) -> Option<&Completion> {
        self.completion.get()
    }

    /// What became of it at the upstream; `None` where it is not forwarded: by a collector that forwards nothing, or
    /// because a fault came in place of it.
    pub fn forwarding(&self) -> Option<&Forwarding> {
        self.forwarding.get()
    }

    /// The body as it was on the wire: without gRPC's frame, still compressed.
    ///
    /// # Errors
    ///
    /// [`PayloadError::Evicted`] where the journal's budget made it go.
    pub fn wire_body(&self) -> Result<Bytes, PayloadError> {
        self.body.read().clone().ok_or(PayloadError::Evicted)
    }

    /// The body, decompressed.
    ///
    /// # Errors
    ///
    /// [`PayloadError`] where it was evicted, cannot be decompressed, or was refused because it would become too large.
    pub fn plain_body(&self) -> Result<Bytes, PayloadError> {
        let wire = self.wire_body()?;
        let encoding = self.request.encoding;
        let limit_bytes = match (encoding, &self.request.body_error) {
            (Encoding::Identity, _) | (Encoding::Gzip | Encoding::Snappy, None) => u64::MAX,
            // What was refused may never have been decompressed: it may be small here, and very large there.
            (Encoding::Gzip | Encoding::Snappy, Some(BodyError::TooLarge { limit_bytes })) => {
                *limit_bytes
            }
            (Encoding::Gzip | Encoding::Snappy, Some(_)) => DEFAULT_REQUEST_BYTES as u64,
        };
        encoding
            .decompress(&wire, limit_bytes)
            .map_err(|error| PayloadError::Body(error.to_string()))
    }

    /// The payload, decoded when first asked for and kept.
    ///
    /// Decoded payloads are not counted against the journal's budget.
    ///
    /// # Errors
    ///
    /// [`PayloadError`] where there is none: no export, evicted, undecodable.
    pub fn payload(&self) -> Result<&Payload, PayloadError> {
        // An eviction is not memoised: it is asked of the body, every time.
        if self.payload.get().is_none() && self.body.read().is_none() {
            return Err(PayloadError::Evicted);
        }
        self.payload
            .get_or_init(|| self.decode())
            .as_ref()
            .map_err(Clone::clone)
    }

    fn decode(&self) -> Result<Payload, PayloadError> {
        if let Some(error) = &self.request.body_error {
            return Err(PayloadError::Body(error.to_string()));
        }
        let (Some(signal), Some(protocol)) = (self.signal, self.protocol) else {
            return Err(PayloadError::NoExport);
        };
        Payload::decode(signal, protocol, &self.plain_body()?)
    }

    /// Its items: data points, spans, log records or profiles; `None` where the body is none of these.
    pub fn items(&self) -> Option<u64> {
        self.items
    }

    /// The canonical digest of the decoded payload: equal for payloads that say the same in another order.
    ///
    /// `None` where there is no payload.
    pub fn digest(&self) -> Option<Digest> {
        *self
            .digest
            .get_or_init(|| self.payload().ok().map(Payload::digest))
    }

    /// What the collector took of it, as it stands now.
    ///
    /// A payload is taken when the action that takes it has run its course: an answer that was delayed and whose client
    /// left before it was due took nothing. Of a payload that is forwarded, what the upstream took counts, whatever the
    /// client was told.
    pub fn accepted(&self) -> Accepted {
        use super::completion::End;
        use crate::fault::Action;

        if let (Some(forwarding), Some(_)) = (self.forwarding(), self.items) {
            return forwarding.accepted();
        }
        let Some(protocol) = self.protocol else {
            return Accepted::No;
        };
        if self.items.is_none() || !self.decision.action.takes_payload(protocol) {
            return Accepted::No;
        }
        if matches!(self.decision.action, Action::Take(_)) {
            // As soon as it was read, whatever was said, if anything.
            return Accepted::All;
        }
        let Some(completion) = self.completion() else {
            return Accepted::No;
        };
        let ended_by_collector = matches!(
            completion.end,
            End::ClosedByCollector | End::ResetByCollector
        );
        let last = self.decision.action.last();
        // The collector may also have ended the connection for the sake of another request on it.
        let lost_on_purpose = ended_by_collector && matches!(last, Action::LoseAcknowledgement(_));
        if completion.answer.is_none() && !lost_on_purpose {
            return Accepted::No;
        }
        match last {
            // What came byte by byte, and not to its end, was an answer to nobody.
            Action::DripAnswer(_) if completion.end != End::Answered => Accepted::No,
            Action::PartialSuccess(partial) => Accepted::Partial {
                rejected: partial.rejected,
            },
            _ => Accepted::All,
        }
    }

    /// How many items the collector took of it: never below 0, never more than were sent.
    pub fn accepted_items(&self) -> u64 {
        let items = self.items.unwrap_or_default();
        match self.accepted() {
            Accepted::No => 0,
            Accepted::All => items,
            Accepted::Partial { rejected } => {
                items.saturating_sub(u64::try_from(rejected).unwrap_or(0))
            }
        }
    }

    /// Whether the client was told that the payload was taken.
    pub fn is_acknowledged(&self) -> bool {
        self.completion()
            .is_some_and(|completion| completion.is_acknowledged(self.protocol))
    }
}
