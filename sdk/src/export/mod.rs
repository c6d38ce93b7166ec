//! One export: its deadline, its attempts, and what became of it.

mod attempt;
mod deadline;
mod hurry;
pub(crate) mod json;
mod lifecycle;
mod outcome;

pub use attempt::{
    Accepted, AnswerError, AttemptError, AttemptResult, ConnectionError, ConnectionErrorKind,
    GrpcStatus, HttpStatus, PartialSuccess,
};
pub use deadline::{Deadline, DeadlinePassed};
pub(crate) use hurry::Hurry;
pub(crate) use lifecycle::{InFlight, Lifecycle};
pub use outcome::{ExportError, ExportFailure, ExportOutcome, FailureReason};
pub(crate) use outcome::{counted, rounded};
