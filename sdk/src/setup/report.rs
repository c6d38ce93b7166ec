//! What a flush or a shutdown of all signals came to.

use std::fmt;

use crate::metrics::ReaderError;
use crate::processor::ProcessorError;
use crate::signal::Signal;

/// What a flush or a shutdown came to, signal by signal. It may have lost something and succeeded all the same, as when
/// a receiver rejected a part for good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SdkReport {
    /// What was lost, in the order traces, metrics, logs.
    pub lost: Vec<SignalLoss>,
}

impl SdkReport {
    /// How many items of `signal` were lost: spans, data points or log records.
    pub fn lost_items(&self, signal: Signal) -> u64 {
        self.lost
            .iter()
            .filter(|loss| loss.signal == signal)
            .map(|loss| loss.items)
            .sum()
    }
}

/// Telemetry that nobody will send again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignalLoss {
    /// Of which signal.
    pub signal: Signal,
    /// How many spans, data points or log records.
    pub items: u64,
    /// What they were, and why they are lost.
    pub description: String,
}

impl fmt::Display for SignalLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.signal, self.description)
    }
}

/// Why a flush or a shutdown did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SdkError {
    /// At least one signal failed. The others were done all the same.
    #[error("{}", failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Failed {
        /// What failed, in the order traces, metrics, logs.
        failures: Vec<SignalFailure>,
        /// What was lost, as far as it is known.
        report: SdkReport,
    },
    /// It was shut down before, or is being shut down.
    #[error("already shut down")]
    AlreadyShutDown,
    /// A blocking call on the runtime that the SDK itself runs on. It still runs.
    #[error("this call would wait for itself: use shutdown(..).await or force_flush(..).await")]
    WouldDeadlock,
    /// A blocking call for which no thread could be started. The SDK still runs.
    #[error("no thread to wait on")]
    Runtime {
        /// Why there is none.
        #[source]
        source: std::io::Error,
    },
}

impl SdkError {
    /// What was lost, as far as it is known.
    pub fn lost(&self) -> &[SignalLoss] {
        match self {
            Self::Failed { report, .. } => &report.lost,
            _ => &[],
        }
    }
}

/// What failed of one signal.
#[derive(Debug, thiserror::Error)]
#[error("{signal}: {error}")]
#[non_exhaustive]
pub struct SignalFailure {
    /// The signal.
    pub signal: Signal,
    /// Why. The message has it.
    pub error: SignalError,
}

/// Why a signal could not be flushed or shut down.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignalError {
    /// The reader of metrics.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// The processor of spans or log records.
    #[error(transparent)]
    Processor(#[from] ProcessorError),
}
