//! One export: its deadline, its attempts, and what became of it.

mod attempt;
mod batch;
mod deadline;
mod exporter;
mod hurry;
#[cfg(all(
    feature = "json",
    any(feature = "logs", feature = "metrics", feature = "traces")
))]
pub(crate) mod json;
mod lifecycle;
mod outcome;

pub use attempt::{
    Accepted, AnswerError, AttemptError, AttemptResult, ConnectionError, ConnectionErrorKind,
    GrpcStatus, HttpStatus, PartialSuccess, Spoken,
};
pub use batch::Batch;
#[cfg(any(feature = "logs", feature = "metrics", feature = "traces"))]
pub(crate) use batch::sealed;
pub use deadline::{Deadline, DeadlinePassed};
pub use exporter::Exporter;
pub(crate) use hurry::Hurry;
pub(crate) use lifecycle::{InFlight, Lifecycle};
pub use outcome::{ExportError, ExportFailure, ExportOutcome, FailureReason};
pub(crate) use outcome::{counted, rounded};
