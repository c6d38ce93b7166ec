//! What becomes of data that could not be delivered.

use crate::config_error::ConfigError;
use crate::export::{ExportFailure, FailureReason};

/// 4 MiB.
const DEFAULT_MAX_BYTES: usize = 4 * 1024 * 1024;

/// What a reader does with a batch that was given up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DropPolicy {
    /// It is lost. Under delta temporality the receiver sees a gap between two windows.
    ///
    /// Spec: Metrics SDK, "Export(batch)" (the reader adds no retry of its own).
    #[default]
    Drop,
    /// It is merged into the next batch, so that an outage loses no counts under delta temporality. Our choice.
    CarryOver(CarryOver),
}

impl From<CarryOver> for DropPolicy {
    fn from(carry_over: CarryOver) -> Self {
        Self::CarryOver(carry_over)
    }
}

/// How much is carried over, and what.
///
/// Carried over is what was given up after answers which say that nothing was taken: no connection, UNAVAILABLE, 503,
/// throttling. What the receiver refused, or what is too large to be sent, is lost: refused data must never be sent again
/// (Spec: OTLP 1.11.0, "Failures"). What a shut down exporter did not take is lost too.
///
/// The next export then covers both windows, as if there had been one collection: sums and histograms of delta
/// temporality are added up, with the start of the first window and the time of the second. Gauges and cumulative points
/// are readings: the newer one counts, and one that has no newer one is kept with its own time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "it does nothing until a reader has it"]
pub struct CarryOver {
    max_bytes: usize,
    carry_ambiguous: bool,
}

impl Default for CarryOver {
    fn default() -> Self {
        Self {
            max_bytes: DEFAULT_MAX_BYTES,
            carry_ambiguous: false,
        }
    }
}

impl CarryOver {
    /// The most that is held between two exports, measured as the size of its OTLP message in protobuf; the structures in
    /// memory take a few times that. 1 and up; default 4 MiB.
    ///
    /// Where the windows carried so far and the newest do not fit together, the older ones are lost as a whole, and the
    /// newest alone is carried: so the receiver sees the loss as a gap before the next window. What does not fit by
    /// itself is lost.
    pub const fn with_max_bytes(mut self, max_bytes: usize) -> Self {
        self.max_bytes = max_bytes;
        self
    }

    /// Whether to carry over what the receiver may have taken all the same, as after an attempt that got no answer.
    /// Default: no, it is lost. With it, the receiver may count such data twice; they are counted as possibly repeated.
    pub const fn with_carry_ambiguous(mut self, carry_ambiguous: bool) -> Self {
        self.carry_ambiguous = carry_ambiguous;
        self
    }

    pub(crate) const fn max_bytes(self) -> usize {
        self.max_bytes
    }

    pub(crate) fn check(self) -> Result<Self, ConfigError> {
        if self.max_bytes == 0 {
            return Err(ConfigError::Value {
                option: "with_max_bytes",
                value: "0".to_owned(),
                allowed: "1 and up",
            });
        }
        Ok(self)
    }

    /// Whether what failed so is to be sent with the next export.
    pub(crate) const fn carries(self, failure: &ExportFailure) -> bool {
        let may_be_sent_again = match failure.reason {
            FailureReason::DeadlineExceeded
            | FailureReason::RetryWouldPassDeadline { .. }
            | FailureReason::Other(_) => true,
            FailureReason::Refused
            | FailureReason::UnusableAnswer
            | FailureReason::TooLarge { .. }
            | FailureReason::NotEncodable(_)
            | FailureReason::ShutDown
            | FailureReason::CarryOverflow { .. }
            | FailureReason::NotMergeable => false,
        };
        may_be_sent_again && (self.carry_ambiguous || !failure.ambiguous)
    }
}
