//! What happened in a cell, without what differs from run to run.

use std::time::Duration;

use crate::judge::seconds;
use crate::run::{ConnectionEvent, Exchange, Recording, RunEnd};
use crate::scenario::Step;

/// One thing that happened, as far as it can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When, since the start of the system under test. Shown, not compared.
    pub at: Duration,
    /// What: the same words for the same thing.
    pub what: String,
    /// How long the client waited before it tried again, where this is a retry.
    pub wait: Option<Duration>,
}

/// How much two waits may differ and still be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tolerance {
    percent: u32,
}

/// What a machine may add to a wait, whatever the wait. Our choice.
const SLACK: Duration = Duration::from_millis(250);

/// What is said of a cell that was not run, because it is not for this system.
const NOT_APPLICABLE: &str = "not applicable";

impl Default for Tolerance {
    /// Half of the longer wait: twice the jitter of 20 % that is usual, and less than the factor of 2 of a backoff.
    fn default() -> Self {
        Self::of_percent(50)
    }
}

impl Tolerance {
    /// So many percent of the longer wait, or a quarter of a second where that is more.
    pub const fn of_percent(percent: u32) -> Self {
        Self { percent }
    }

    fn covers(self, one: Duration, other: Duration) -> bool {
        let allowed = one.max(other).saturating_mul(self.percent) / 100;
        one.abs_diff(other) <= allowed.max(SLACK)
    }
}

impl Moment {
    /// Whether it says no more than that the cell is not for this system.
    pub fn is_idle(&self) -> bool {
        self.what == NOT_APPLICABLE
    }

    /// Whether the same happened, after about the same wait.
    pub fn is_like(&self, other: &Self, tolerance: Tolerance) -> bool {
        self.what == other.what
            && match (self.wait, other.wait) {
                (Some(one), Some(other)) => tolerance.covers(one, other),
                (one, other) => one.is_none() && other.is_none(),
            }
    }
}

/// What happened in a cell, in order: attempts with their answers, what calls returned, refused and broken connections.
///
/// Log lines, header fields, sizes and times other than waits are left out: they are each system's own.
pub fn moments(recording: &Recording) -> Vec<Moment> {
    let mut moments = attempts(recording);
    moments.extend(calls(recording));
    moments.extend(connections(recording));
    // Stable: what happened at one time stays in the order attempt, call, connection.
    moments.sort_by_key(|moment| moment.at);
    let end = match &recording.end {
        RunEnd::Completed => return moments,
        RunEnd::NotApplicable(_) => NOT_APPLICABLE.to_owned(),
        RunEnd::DidNotStart(_) => "the system under test did not start".to_owned(),
        RunEnd::Broken(_) => "the run broke".to_owned(),
        RunEnd::Crashed(_) => "the system under test crashed".to_owned(),
        RunEnd::Hung { call, .. } => format!("{call} did not return"),
        RunEnd::Inconclusive(_) => "inconclusive".to_owned(),
    };
    let at = moments.last().map_or(Duration::ZERO, |moment| moment.at);
    moments.push(Moment {
        at,
        what: end,
        wait: None,
    });
    moments
}

fn attempts(recording: &Recording) -> Vec<Moment> {
    let mut moments = Vec::new();
    for exchange in &recording.exchanges {
        let wait = before(recording, exchange).map(|before| {
            exchange
                .at
                .saturating_sub(before.ended_at.unwrap_or(before.at))
        });
        moments.push(Moment {
            at: exchange.at,
            what: attempt(exchange),
            wait,
        });
    }
    moments
}

/// The attempt of the same export before this one.
fn before<'a>(recording: &'a Recording, exchange: &Exchange) -> Option<&'a Exchange> {
    let export = exchange.export?;
    recording.exchanges.iter().find(|before| {
        before.signal == exchange.signal
            && before.export == Some(export)
            && before.attempt.checked_add(1) == Some(exchange.attempt)
    })
}

/// `metrics 1.2: 10 items -> UNAVAILABLE`
fn attempt(exchange: &Exchange) -> String {
    let answer = exchange.answer_text();
    let items = match exchange.items {
        Some(1) => "1 item".to_owned(),
        Some(items) => format!("{items} items"),
        None => "no payload".to_owned(),
    };
    match (exchange.signal, exchange.export) {
        (Some(signal), Some(export)) => {
            format!(
                "{signal} {export}.{}: {items} -> {answer}",
                exchange.attempt
            )
        }
        _ => format!("{} {} -> {answer}", exchange.method, exchange.path),
    }
}

fn calls(recording: &Recording) -> impl Iterator<Item = Moment> {
    recording.steps.iter().filter_map(|done| {
        let name = match recording.cell.steps.get(done.index)? {
            Step::ForceFlush(_) => "force_flush",
            Step::Shutdown(_) => "shutdown",
            _ => return None,
        };
        let result = done.result()?;
        Some(Moment {
            at: done.ended_at,
            what: format!("{name} returned {}", result.name()),
            wait: None,
        })
    })
}

fn connections(recording: &Recording) -> impl Iterator<Item = Moment> {
    recording.connections.iter().filter_map(|record| {
        let what = match &record.event {
            // Attempts show these.
            ConnectionEvent::Opened
            | ConnectionEvent::Shaped(_)
            | ConnectionEvent::Closed(_)
            | ConnectionEvent::Reset(_)
            | ConnectionEvent::Secured { .. } => return None,
            ConnectionEvent::Refused => "connection refused",
            ConnectionEvent::Swallowed => "connection neither accepted nor refused",
            ConnectionEvent::HandshakeFailed(_) => "TLS handshake failed",
            ConnectionEvent::PlainText(_) => "plain text on a TLS port",
            ConnectionEvent::ProtocolError(_) => "protocol error",
        };
        Some(Moment {
            at: record.at,
            what: what.to_owned(),
            wait: None,
        })
    })
}

/// The moment without its time: `metrics 1.2: 10 items -> OK, after 1.002s`.
impl std::fmt::Display for Moment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.what)?;
        match self.wait {
            Some(wait) => write!(formatter, ", after {}", seconds(wait)),
            None => Ok(()),
        }
    }
}
