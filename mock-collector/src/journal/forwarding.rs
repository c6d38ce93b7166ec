//! What became of a request at the upstream.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::completion::SentAnswer;
use super::exchange::Accepted;
use crate::forward::UpstreamFailure;

/// What became of a request that is forwarded: by a collector in front of another one.
#[derive(Debug)]
pub struct Forwarding {
    upstream: String,
    sent_at: OnceLock<Duration>,
    outcome: OnceLock<UpstreamOutcome>,
}

/// How an upstream ended a request.
#[derive(Clone, Debug)]
pub enum UpstreamOutcome {
    /// It answered.
    Answered {
        /// When, since the collector started.
        at: Duration,
        /// The answer, as it came.
        answer: Arc<SentAnswer>,
        /// What it took of the payload; of a request that is no export, nothing.
        accepted: Accepted,
    },
    /// It did not: the answer that the client got is the collector's own.
    Failed {
        /// When, since the collector started.
        at: Duration,
        /// Why.
        failure: UpstreamFailure,
    },
}

impl Forwarding {
    pub(super) const fn new(upstream: String) -> Self {
        Self {
            upstream,
            sent_at: OnceLock::new(),
            outcome: OnceLock::new(),
        }
    }

    /// The upstream, as a URL.
    pub fn upstream(&self) -> &str {
        &self.upstream
    }

    /// When the request was forwarded, since the collector started; `None` while it is still delayed, or where the client
    /// left before.
    pub fn sent_at(&self) -> Option<Duration> {
        self.sent_at.get().copied()
    }

    /// How the upstream ended it; `None` while it has not. Where the exchange ended before, the request was cancelled at
    /// the upstream, and whether it took the payload is not known: it counts as not taken.
    pub fn outcome(&self) -> Option<&UpstreamOutcome> {
        self.outcome.get()
    }

    /// What the upstream took of the payload.
    pub fn accepted(&self) -> Accepted {
        match self.outcome() {
            Some(UpstreamOutcome::Answered { accepted, .. }) => *accepted,
            Some(UpstreamOutcome::Failed { .. }) | None => Accepted::No,
        }
    }

    // Each is set once, by the only handle of the exchange.
    pub(super) fn sent(&self, at: Duration) {
        let _ = self.sent_at.set(at);
    }

    pub(super) fn ended(&self, outcome: UpstreamOutcome) {
        let _ = self.outcome.set(outcome);
    }
}

impl fmt::Display for Forwarding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("upstream ")?;
        match (self.outcome(), self.sent_at()) {
            (
                Some(UpstreamOutcome::Answered {
                    answer, accepted, ..
                }),
                _,
            ) => {
                match answer.grpc_status {
                    Some(code) => write!(f, "{code}")?,
                    None => write!(f, "{}", answer.http_status.as_u16())?,
                }
                match accepted {
                    Accepted::Partial { rejected } => write!(f, ", {rejected} rejected"),
                    Accepted::All | Accepted::No => Ok(()),
                }
            }
            (Some(UpstreamOutcome::Failed { failure, .. }), _) => failure.fmt(f),
            (None, Some(_)) => f.write_str("did not answer"),
            (None, None) => f.write_str("was not asked"),
        }
    }
}
