//! Why a flush or a shutdown did not do what it was asked to.

use std::time::Duration;

use super::report::Loss;
use crate::export::{ExportError, ExportFailure};
use crate::worker::Refusal;

/// Why a flush or a shutdown did not do what it was asked to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReaderError {
    /// It was not over within its time. What was lost by then, if it is known, is listed.
    #[error("not done within {limit:?}{}", losses(.lost))]
    Timeout {
        /// The time it had.
        limit: Duration,
        /// What was lost.
        lost: Vec<Loss>,
    },
    /// The export was refused or given up.
    #[error("the export failed{}{}", losses_or_why(.lost, .failure), advice(.failure))]
    ExportFailed {
        /// Why, and what to do about it. The message has it with what was lost.
        failure: ExportFailure,
        /// What was lost; nothing where all of it is kept for the next export.
        lost: Vec<Loss>,
    },
    /// The exporter could not flush or end.
    #[error("the exporter failed")]
    Exporter(#[source] ExportError),
    /// The SDK could not collect.
    #[error("cannot collect: {reason}{}", losses(.lost))]
    Collect {
        /// Why, as the SDK says it.
        reason: String,
        /// What was kept for the export that this was to be, where there is none after it.
        lost: Vec<Loss>,
    },
    /// It was shut down before, or is being shut down.
    #[error("already shut down")]
    AlreadyShutDown,
    /// The reader is not part of a provider.
    #[error("the reader is not registered: give it to a MeterProvider first")]
    NotRegistered,
    /// A blocking call where it would wait for itself.
    #[error("this call would wait for itself: {advice}")]
    WouldDeadlock {
        /// What to do instead.
        advice: &'static str,
    },
    /// It is used in another process than the one that built it.
    #[error(
        "the reader was built in process {built_in} and is used in process {current}, where its thread does not \
         exist: build the provider after the fork, in each worker"
    )]
    Forked {
        /// The process that built it.
        built_in: u32,
        /// This process.
        current: u32,
    },
    /// The reader's task ended without an answer, as when its runtime was shut down.
    #[error("the reader's task is gone: its runtime ended before it")]
    Gone,
}

impl ReaderError {
    /// What was lost, as far as it is known.
    pub fn lost(&self) -> &[Loss] {
        match self {
            Self::Timeout { lost, .. }
            | Self::ExportFailed { lost, .. }
            | Self::Collect { lost, .. } => lost,
            _ => &[],
        }
    }
}

impl From<Refusal> for ReaderError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotStarted => Self::NotRegistered,
            Refusal::AlreadyShutDown => Self::AlreadyShutDown,
            Refusal::WouldDeadlock { advice } => Self::WouldDeadlock { advice },
            Refusal::Forked { built_in, current } => Self::Forked { built_in, current },
            Refusal::Gone => Self::Gone,
            Refusal::Timeout { limit } => Self::Timeout {
                limit,
                lost: Vec::new(),
            },
        }
    }
}

fn losses_or_why(lost: &[Loss], failure: &ExportFailure) -> String {
    if lost.is_empty() {
        format!(": {failure}; the data are kept for the next export")
    } else {
        losses(lost)
    }
}

fn advice(failure: &ExportFailure) -> String {
    failure
        .advice
        .as_ref()
        .map_or_else(String::new, |advice| format!("; {advice}"))
}

fn losses(lost: &[Loss]) -> String {
    lost.iter().fold(String::new(), |text, loss| {
        text + "; lost: " + &loss.to_string()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_process_is_told_what_to_do() {
        let (built_in, current) = (100, 101);
        let error = ReaderError::from(Refusal::Forked { built_in, current });
        assert_eq!(
            error.to_string(),
            "the reader was built in process 100 and is used in process 101, where its thread does not exist: build \
             the provider after the fork, in each worker"
        );
    }
}
