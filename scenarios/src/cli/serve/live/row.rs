//! One row of the timeline.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use otelbox_mock_collector::journal::{
    Accepted, Completion, ConnectionEvent, ConnectionRecord, End, Exchange,
};

use crate::cli::serve::lines::answer;
use crate::report::printable;

/// One row of the timeline: an attempt, or a connection on which there is no attempt to see.
#[derive(Clone, Debug)]
pub(super) enum Row {
    Attempt(Arc<Exchange>),
    Connection(Arc<ConnectionRecord>),
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It has not ended.
    Waiting,
    /// The client was told that everything was taken.
    Accepted,
    /// The client was told that a part was taken.
    Partial,
    /// The client was told that nothing was taken.
    Refused,
    /// The client got no answer, or not to its end.
    Broken,
}

impl Row {
    /// The row of a connection event, if an attempt does not tell the same: a client that was turned away before it could
    /// send a request.
    pub(super) fn of_connection(record: &Arc<ConnectionRecord>) -> Option<Self> {
        let is_shown = matches!(
            record.event,
            ConnectionEvent::Refused
                | ConnectionEvent::Swallowed
                | ConnectionEvent::HandshakeFailed(_)
                | ConnectionEvent::PlainText(_)
                | ConnectionEvent::ProtocolError(_)
        );
        is_shown.then(|| Self::Connection(Arc::clone(record)))
    }

    pub(super) fn at(&self) -> Duration {
        match self {
            Self::Attempt(exchange) => exchange.received_at,
            Self::Connection(record) => record.at,
        }
    }

    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Attempt(exchange) => Outcome::of(exchange),
            Self::Connection(_) => Outcome::Broken,
        }
    }

    /// The signal, or what there was instead.
    pub(super) fn what(&self) -> String {
        match self {
            Self::Attempt(exchange) => match exchange.signal {
                Some(signal) => signal.to_string(),
                None => printable(exchange.request.method.as_str()),
            },
            Self::Connection(record) => format!("{} port", record.port),
        }
    }

    /// The export and its attempt, or the path of what is no export.
    pub(super) fn which(&self) -> String {
        match self {
            Self::Attempt(exchange) => match (exchange.signal, exchange.export) {
                (Some(_), Some(export)) => format!("{export}.{}", exchange.attempt),
                (Some(_), None) => "-".to_owned(),
                (None, _) => printable(exchange.request.path()),
            },
            Self::Connection(record) => format!("#{}", record.connection),
        }
    }

    pub(super) fn protocol(&self) -> &'static str {
        match self {
            Self::Attempt(exchange) => exchange
                .protocol
                .map_or("-", otelbox_mock_collector::Protocol::name),
            Self::Connection(_) => "",
        }
    }

    pub(super) fn items(&self) -> String {
        match self {
            Self::Attempt(exchange) => exchange
                .items()
                .map_or_else(|| "-".to_owned(), |items| items.to_string()),
            Self::Connection(_) => String::new(),
        }
    }

    pub(super) fn bytes(&self) -> String {
        match self {
            Self::Attempt(exchange) => exchange.request.wire_bytes.to_string(),
            Self::Connection(_) => String::new(),
        }
    }

    /// How long the client waited for what it got.
    pub(super) fn took(&self) -> String {
        match self {
            Self::Attempt(exchange) => exchange.completion().map_or_else(String::new, |end| {
                let took = end.at.saturating_sub(exchange.received_at);
                format!("{:.3}s", took.as_secs_f64())
            }),
            Self::Connection(_) => String::new(),
        }
    }

    /// What was answered, and what is remarkable about it.
    pub(super) fn answer(&self) -> String {
        match self {
            Self::Attempt(exchange) => {
                let mut text = match exchange.completion() {
                    Some(completion) => told(exchange, completion),
                    None => "waiting".to_owned(),
                };
                if let Some(error) = &exchange.request.body_error {
                    // Writing to a string cannot fail.
                    let _ = write!(text, " ({})", printable(&error.to_string()));
                }
                text
            }
            Self::Connection(record) => printable(&record.event.to_string()),
        }
    }

    /// The name of the fault that said so.
    pub(super) fn fault(&self) -> Option<String> {
        match self {
            Self::Attempt(exchange) => {
                let fault = exchange.decision.fault.as_ref()?;
                Some(printable(&fault.name))
            }
            Self::Connection(_) => None,
        }
    }
}

fn told(exchange: &Exchange, completion: &Completion) -> String {
    let text = answer(completion);
    match exchange.accepted() {
        Accepted::Partial { rejected } if completion.is_acknowledged() => {
            format!("{text}, {rejected} rejected")
        }
        Accepted::All | Accepted::Partial { .. } if !completion.is_acknowledged() => {
            format!("{text}, but taken")
        }
        Accepted::No | Accepted::All | Accepted::Partial { .. } => text,
    }
}

impl Outcome {
    /// Every outcome.
    pub(super) const ALL: [Self; 5] = [
        Self::Accepted,
        Self::Partial,
        Self::Refused,
        Self::Broken,
        Self::Waiting,
    ];

    pub(super) fn of(exchange: &Exchange) -> Self {
        let Some(completion) = exchange.completion() else {
            return Self::Waiting;
        };
        if completion.end != End::Answered || completion.answer.is_none() {
            return Self::Broken;
        }
        if !completion.is_acknowledged() {
            return Self::Refused;
        }
        match exchange.accepted() {
            Accepted::Partial { rejected } if rejected != 0 => Self::Partial,
            Accepted::No | Accepted::All | Accepted::Partial { .. } => Self::Accepted,
        }
    }

    /// The character by which it is recognised without colours.
    pub(super) const fn mark(self) -> char {
        match self {
            Self::Waiting => '.',
            Self::Accepted => '+',
            Self::Partial => '~',
            Self::Refused => 'x',
            Self::Broken => '!',
        }
    }

    /// What the mark stands for.
    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::Waiting => "has not ended",
            Self::Accepted => "answered: everything was taken",
            Self::Partial => "answered: a part was rejected",
            Self::Refused => "answered: nothing was taken",
            Self::Broken => "no answer, or not to its end",
        }
    }
}
