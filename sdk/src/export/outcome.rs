//! What became of one export.

use std::fmt;
use std::time::Duration;

use super::AttemptError;
use crate::diagnosis::Advice;

/// What became of one export. Every export has exactly one outcome, and no outcome is an invitation to send it again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "an outcome that nobody looks at is a silent loss"]
pub enum ExportOutcome {
    /// The receiver has all of it.
    Delivered {
        /// How many requests it took.
        attempts: u32,
    },
    /// The receiver has it, and rejected a part or had something to say.
    PartialSuccess {
        /// How many requests it took.
        attempts: u32,
        /// How many items were rejected, as the receiver said it.
        rejected: i64,
        /// Why, as the receiver said it.
        message: String,
    },
    /// It was not delivered.
    Failed(ExportFailure),
}

impl ExportOutcome {
    /// Whether the receiver has it, wholly or in part.
    pub const fn is_delivered(&self) -> bool {
        !matches!(self, Self::Failed(_))
    }

    /// How many requests were made.
    pub const fn attempts(&self) -> u32 {
        match self {
            Self::Delivered { attempts } | Self::PartialSuccess { attempts, .. } => *attempts,
            Self::Failed(failure) => failure.attempts,
        }
    }
}

/// Why an export was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportFailure {
    /// How many requests were made.
    pub attempts: u32,
    /// Why it was given up.
    pub reason: FailureReason,
    /// What the last attempt came to that came to something.
    pub last_status: Option<AttemptError>,
    /// Whether the receiver may have it all the same.
    pub ambiguous: bool,
    /// What is most likely wrong with the set-up, and what to do about it.
    pub advice: Option<Advice>,
}

impl ExportFailure {
    /// A failure before the first attempt.
    pub const fn before_any_attempt(reason: FailureReason) -> Self {
        Self {
            attempts: 0,
            reason,
            last_status: None,
            ambiguous: false,
            advice: None,
        }
    }
}

/// Without the advice, which is a line of its own.
impl fmt::Display for ExportFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.reason)?;
        match self.attempts {
            0 => return Ok(()),
            1 => write!(f, " after 1 attempt")?,
            attempts => write!(f, " after {attempts} attempts")?,
        }
        match &self.last_status {
            Some(status) => write!(f, ", the last answer was {status}"),
            None => f.write_str(", no answer came"),
        }
    }
}

impl std::error::Error for ExportFailure {}

/// Why an export was given up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FailureReason {
    /// The answer says that sending it again would not help.
    #[error("refused")]
    Refused,
    /// The receiver said success in an answer that cannot be read: it may have the data, so they are not sent again.
    #[error("the answer cannot be used")]
    UnusableAnswer,
    /// The deadline passed during an attempt, or before the first.
    #[error("the deadline passed")]
    DeadlineExceeded,
    /// The wait before the next attempt would have crossed the deadline, so it was not begun.
    #[error("the next retry, in {:?}, would have been past the deadline", rounded(*.wait))]
    RetryWouldPassDeadline {
        /// How long the wait would have been.
        wait: Duration,
    },
    /// Larger than the limit, measured before compression.
    ///
    /// Spec: OTLP 1.11.0, "OTLP/gRPC Request" and "OTLP/HTTP Request" (SHOULD be limited; MUST NOT be sent).
    #[error("the request of {bytes} bytes is larger than the limit of {limit_bytes} bytes")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit_bytes: usize,
    },
    /// The format of the exporter has no way to say it, or not as the exporter is set up; why, in words.
    #[error("it cannot be encoded: {0}")]
    NotEncodable(Box<str>),
    /// The exporter was shut down.
    #[error("the exporter is shut down")]
    ShutDown,
    /// There is no room to keep it for the next export
    /// ([`CarryOver::with_max_bytes`](crate::CarryOver::with_max_bytes)).
    #[error("the {bytes} bytes to be kept are more than the limit of {limit_bytes} bytes")]
    CarryOverflow {
        /// The size of all that was to be kept.
        bytes: usize,
        /// The limit.
        limit_bytes: usize,
    },
    /// It was kept for the next export and cannot be added to the data of that: a sum is beyond the range of its type, or
    /// the buckets have other bounds.
    #[error("it cannot be added to the next window")]
    NotMergeable,
    /// A reason of an exporter that is not one of this crate's.
    #[error("{0}")]
    Other(String),
}

/// Why a flush or shutdown of an exporter did not end well.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// It had been shut down before.
    #[error("the exporter is already shut down")]
    AlreadyShutDown,
    /// It was not over by the deadline.
    #[error("the deadline passed")]
    DeadlineExceeded,
    /// A reason of an exporter that is not one of this crate's.
    #[error("{0}")]
    Other(String),
}

/// To the millisecond, for people.
pub(crate) fn rounded(wait: Duration) -> Duration {
    Duration::from_millis(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX))
}

/// A number with its noun.
pub(crate) fn counted(number: impl Into<i128>, noun: &str) -> String {
    let number = number.into();
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
