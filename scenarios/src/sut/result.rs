//! What a system under test answers.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::driver::Answer;
use crate::scenario::CallResult;

/// What came of a flush or a shutdown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallOutcome {
    /// What the SDK told its caller.
    pub result: CallResult,
    /// What it said.
    pub message: Option<String>,
    /// How long the call took.
    #[serde(with = "crate::run::nanos")]
    pub elapsed: Duration,
}

impl From<CallOutcome> for Answer {
    fn from(outcome: CallOutcome) -> Self {
        Self {
            ok: matches!(outcome.result, CallResult::Ok | CallResult::Untold),
            result: Some(outcome.result),
            message: outcome.message,
            elapsed_ms: Some(u64::try_from(outcome.elapsed.as_millis()).unwrap_or(u64::MAX)),
        }
    }
}

/// Why a SUT could not do what it was asked to; never a verdict on the SDK, but the end of the cell.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SutError {
    /// The SDK refused its configuration.
    #[error("the SDK did not start: {0}")]
    Start(String),
    /// The request makes no sense for this SUT.
    #[error("{0}")]
    Refused(String),
    /// The driver could not be started.
    #[error("could not start the driver {command}")]
    Spawn {
        /// Program and arguments.
        command: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A program could not be started.
    #[error("could not start the program {command}")]
    SpawnProgram {
        /// Program and arguments.
        command: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The pipe to the driver broke.
    #[error("lost the driver while it was asked to {operation}{}", said(stderr))]
    Pipe {
        /// The request.
        operation: &'static str,
        /// The last lines of its standard error.
        stderr: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The driver ended without an answer.
    #[error(
        "the driver ended ({status}) while it was asked to {operation}{}",
        said(stderr)
    )]
    Ended {
        /// The request.
        operation: &'static str,
        /// Exit code or signal.
        status: String,
        /// The last lines of its standard error.
        stderr: String,
    },
    /// The driver wrote something that is no answer.
    #[error("line {number} of the driver's output is no answer to {operation}: {reason}: {line}")]
    Nonsense {
        /// The request.
        operation: &'static str,
        /// Line number of its standard output, from 1.
        number: u64,
        /// The line, shortened.
        line: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The driver did not answer in time.
    #[error("no answer to {operation} within {}{}", humantime::format_duration(*limit), said(stderr))]
    Silent {
        /// The request.
        operation: &'static str,
        /// The limit.
        limit: Duration,
        /// The last lines of its standard error.
        stderr: String,
    },
}

fn said(stderr: &str) -> String {
    if stderr.is_empty() {
        String::new()
    } else {
        format!("; it said: {stderr}")
    }
}

/// An error with its causes, in one line.
pub(crate) fn explained(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
