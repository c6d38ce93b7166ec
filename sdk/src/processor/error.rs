//! Why a flush or a shutdown of a processor did not do what it was asked to.

use std::time::Duration;

use super::report::LostItems;
use crate::export::ExportError;
use crate::worker::Refusal;

/// Why a flush or a shutdown of a processor did not do what it was asked to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessorError {
    /// It was not over within its time.
    ///
    /// A flush that is too late loses nothing by that: what is left is exported all the same, only nobody waits for it.
    /// A shutdown ends everything.
    #[error("not done within {limit:?}{}{}", losses(.lost), left(*.pending))]
    Timeout {
        /// The time it had.
        limit: Duration,
        /// What was lost.
        lost: Vec<LostItems>,
        /// How many spans or log records of those that it covers were neither delivered nor lost by then.
        pending: u64,
    },
    /// It is over, and not everything that it covers was delivered.
    #[error("not everything was delivered{}", losses(.lost))]
    Lost {
        /// What was lost.
        lost: Vec<LostItems>,
    },
    /// The exporter could not flush or end.
    #[error("the exporter failed")]
    Exporter(#[source] ExportError),
    /// It was shut down before, or is being shut down.
    #[error("already shut down")]
    AlreadyShutDown,
    /// A blocking call where it would wait for itself.
    #[error("this call would wait for itself: {advice}")]
    WouldDeadlock {
        /// What to do instead.
        advice: &'static str,
    },
    /// It is used in another process than the one that built it.
    #[error(
        "the processor was built in process {built_in} and is used in process {current}, where its thread does not \
         exist: build the provider after the fork, in each worker"
    )]
    Forked {
        /// The process that built it.
        built_in: u32,
        /// This process.
        current: u32,
    },
    /// The processor's task ended without an answer, as when its runtime was shut down.
    #[error("the processor's task is gone: its runtime ended before it")]
    Gone,
}

impl ProcessorError {
    /// What was lost, as far as it is known.
    pub fn lost(&self) -> &[LostItems] {
        match self {
            Self::Timeout { lost, .. } | Self::Lost { lost } => lost,
            _ => &[],
        }
    }
}

impl From<Refusal> for ProcessorError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::AlreadyShutDown => Self::AlreadyShutDown,
            Refusal::WouldDeadlock { advice } => Self::WouldDeadlock { advice },
            Refusal::Forked { built_in, current } => Self::Forked { built_in, current },
            // A processor runs from the start, so there is none that has not begun.
            Refusal::Gone | Refusal::NotStarted => Self::Gone,
            Refusal::Timeout { limit } => Self::Timeout {
                limit,
                lost: Vec::new(),
                pending: 0,
            },
        }
    }
}

fn losses(lost: &[LostItems]) -> String {
    lost.iter().fold(String::new(), |text, loss| {
        text + "; lost: " + &loss.to_string()
    })
}

fn left(pending: u64) -> String {
    match pending {
        0 => String::new(),
        pending => format!("; {pending} not yet delivered"),
    }
}
