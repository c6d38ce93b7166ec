//! What all parts of a running collector share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::fault::LiveFaults;
use crate::forward::Forwarder;
use crate::journal::{ConnectionEvent, Journal, Port};
use crate::receive::segments::Segments;
use crate::signal::{Api, Signal};
use crate::tls::LiveTls;

/// What all parts of a running collector share.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) journal: Journal,
    pub(crate) faults: LiveFaults,
    pub(crate) max_request_bytes: usize,
    /// Memory for bodies.
    pub(crate) segments: Segments,
    /// Where TLS is spoken.
    pub(crate) tls: Option<LiveTls>,
    /// Where requests, or bytes, are forwarded.
    pub(crate) forwarder: Option<Forwarder>,
    http_paths: Vec<(String, Signal)>,
    down: AtomicBool,
}

impl Core {
    pub(crate) fn new(journal: Journal, faults: LiveFaults, max_request_bytes: usize) -> Self {
        faults.start_at(journal.started());
        Self {
            journal,
            faults,
            max_request_bytes,
            segments: Segments::default(),
            tls: None,
            forwarder: None,
            http_paths: Vec::new(),
            down: AtomicBool::new(false),
        }
    }

    pub(crate) fn with_http_paths(self, http_paths: Vec<(String, Signal)>) -> Self {
        Self { http_paths, ..self }
    }

    pub(crate) fn with_tls(self, tls: Option<LiveTls>) -> Self {
        Self { tls, ..self }
    }

    pub(crate) fn with_forwarder(self, forwarder: Option<Forwarder>) -> Self {
        Self { forwarder, ..self }
    }

    /// What a path of HTTP belongs to, and the signal that it takes: one that is known, or one of OTLP that was added.
    pub(crate) fn route(&self, path: &str) -> Option<(Api, Signal)> {
        Api::from_http_path(path).or_else(|| {
            let (_, signal) = self.http_paths.iter().find(|(known, _)| known == path)?;
            Some((Api::Otlp, *signal))
        })
    }

    pub(crate) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::Release);
    }

    /// Whether nobody listens: the collector is down, or a fault refuses the next connection.
    pub(crate) fn refuses(&self) -> bool {
        let next_connection = self.journal.connection_count() + 1;
        self.is_down()
            || self
                .faults
                .refuses_at(next_connection, self.journal.elapsed())
    }

    /// Whether a connection is refused now. A refusal is recorded; it uses up no ordinal.
    pub(crate) fn refuses_connection(&self, port: Port) -> bool {
        let next_connection = self.journal.connection_count() + 1;
        if !self.refuses() {
            return false;
        }
        let mut faults = Vec::new();
        if !self.is_down() {
            // Counts the fault as fired.
            let decision = self
                .faults
                .on_connection(next_connection, self.journal.elapsed());
            faults.extend(decision.and_then(|decision| decision.fault));
        }
        self.journal
            .connection_by(faults, next_connection, port, ConnectionEvent::Refused);
        true
    }

    /// Whether new connections are swallowed: neither accepted nor refused.
    pub(crate) fn swallows(&self) -> bool {
        let next_connection = self.journal.connection_count() + 1;
        !self.is_down()
            && self
                .faults
                .swallows_at(next_connection, self.journal.elapsed())
    }

    /// Waits for as long as new connections are swallowed. That one was is recorded once; it uses up no ordinal.
    pub(crate) async fn while_swallowing(&self, port: Port) {
        let mut changes = self.faults.subscribe();
        let mut recorded = false;
        while self.swallows() {
            if !recorded {
                recorded = true;
                let next_connection = self.journal.connection_count() + 1;
                // Counts the fault as fired.
                let decision = self
                    .faults
                    .on_connection(next_connection, self.journal.elapsed());
                let faults = decision.and_then(|decision| decision.fault);
                self.journal.connection_by(
                    faults.into_iter().collect(),
                    next_connection,
                    port,
                    ConnectionEvent::Swallowed,
                );
            }
            let edge = self.next_edge().map(|edge| self.journal.started() + edge);
            tokio::select! {
                // The faults live as long as the collector: a sender that is gone changes nothing any more.
                Ok(()) = changes.changed() => {}
                () = until(edge) => {}
            }
        }
    }

    /// Whether the whole receiver is away, so that connections that exist end, too: it is down, or a fault refuses all
    /// connections, whatever their ordinal.
    pub(crate) fn is_away(&self) -> bool {
        let at = self.journal.elapsed();
        self.is_down()
            || self.faults.refusals().iter().any(|when| {
                when.connection.is_none() && when.window.is_none_or(|window| window.contains(at))
            })
    }

    /// When a fault that refuses or swallows connections next starts or stops to apply, since the collector started.
    pub(crate) fn next_edge(&self) -> Option<Duration> {
        let now = self.journal.elapsed();
        let windows = self
            .faults
            .barriers()
            .into_iter()
            .filter_map(|when| when.window);
        windows
            .flat_map(|window| [window.from, window.to])
            .flatten()
            .filter(|edge| *edge > now)
            .min()
    }

    pub(crate) fn is_down(&self) -> bool {
        self.down.load(Ordering::Acquire)
    }
}

/// Waits for a time, or for ever where there is none.
pub(crate) async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
