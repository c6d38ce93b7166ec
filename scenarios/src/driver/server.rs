//! The driver's side of the conversation.

use std::io::{BufRead, Write};

use thiserror::Error;
use tokio::runtime::Handle;

use super::protocol::{Answer, Hello, PROTOCOL_VERSION, RESET_LINE, Request};
use crate::scenario::CallResult;
use crate::sut::{CallOutcome, Sut, SutError};

/// Why a driver stopped serving.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The runner's end of the pipe failed.
    #[error("could not {action} the runner")]
    Pipe {
        /// `read from`, `answer` or `tell`.
        action: &'static str,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// What is under control has ended by itself, as an SDK does that ends the application.
    #[error(transparent)]
    Ended(SutError),
    /// An answer could not be written as JSON.
    #[error("could not encode an answer")]
    Encode(#[source] serde_json::Error),
}

/// Reads requests from `input` until it ends and answers each on `output`, with `sut` doing the work on `runtime`. `said`
/// is where the SDK's user is told things: standard error.
///
/// A request that cannot be understood is answered with `ok: false` and a message; the conversation goes on.
///
/// # Errors
///
/// [`ServeError`] when the pipe to the runner breaks.
pub fn serve_lines(
    runtime: &Handle,
    sut: &mut dyn Sut,
    input: impl BufRead,
    mut output: impl Write,
    mut said: impl Write,
) -> Result<(), ServeError> {
    let mut started = false;
    // As bytes: what is no text is no request either, and no reason to stop.
    for line in input.split(b'\n') {
        let line = line.map_err(|source| ServeError::Pipe {
            action: "read from",
            source,
        })?;
        if String::from_utf8_lossy(&line).trim().is_empty() {
            continue;
        }
        let mut is_reset = false;
        let answer = match serde_json::from_slice(&line) {
            Ok(request) => {
                let answer = runtime
                    .block_on(answer(sut, &mut started, &request))
                    .map_err(ServeError::Ended)?;
                is_reset = request == Request::Reset && answer.is_ok();
                answer
            }
            Err(error) => Reply::Answer(Answer::refused(format!("not a request: {error}"))),
        };
        let text = match &answer {
            Reply::Hello(hello) => serde_json::to_string(hello),
            Reply::Answer(answer) => serde_json::to_string(answer),
        }
        .map_err(ServeError::Encode)?;
        if is_reset {
            // After all that the SDK had to say until now: from here on, the runner listens for another case.
            writeln!(said, "{RESET_LINE}")
                .and_then(|()| said.flush())
                .map_err(|source| ServeError::Pipe {
                    action: "tell",
                    source,
                })?;
        }
        writeln!(output, "{text}")
            .and_then(|()| output.flush())
            .map_err(|source| ServeError::Pipe {
                action: "answer",
                source,
            })?;
    }
    Ok(())
}

/// The two shapes of an answer.
enum Reply {
    Hello(Hello),
    Answer(Answer),
}

impl Reply {
    fn is_ok(&self) -> bool {
        match self {
            Self::Hello(hello) => hello.ok,
            Self::Answer(answer) => answer.ok,
        }
    }
}

/// # Errors
///
/// [`SutError::Ended`], after which there is nobody to answer for.
async fn answer(
    sut: &mut dyn Sut,
    started: &mut bool,
    request: &Request,
) -> Result<Reply, SutError> {
    let is_start = matches!(request, Request::Start(_));
    if !matches!(request, Request::Hello { .. }) && *started == is_start {
        let when = if is_start {
            "has been started before"
        } else {
            "has not been started"
        };
        return Ok(Reply::Answer(Answer::refused(format!(
            "{}: the SDK {when}",
            request.name()
        ))));
    }
    let done = |result: Result<(), SutError>| match result {
        Ok(()) => Ok(Answer::done()),
        Err(error) => refused(error),
    };
    Ok(Reply::Answer(match request {
        Request::Hello { protocol } if *protocol == PROTOCOL_VERSION => {
            return Ok(Reply::Hello(sut.hello()));
        }
        Request::Hello { protocol } => Answer::refused(format!(
            "this driver speaks protocol {PROTOCOL_VERSION}, not {protocol}"
        )),
        Request::Start(request) => {
            let result = sut.start(request).await;
            *started = result.is_ok();
            match result {
                Err(SutError::Start(reason)) => Answer {
                    result: Some(CallResult::Failed),
                    ..Answer::refused(reason)
                },
                result => done(result)?,
            }
        }
        Request::Record(measurement) => done(sut.record(measurement).await)?,
        Request::Emit(items) => done(sut.emit(items).await)?,
        Request::Observe(observation) => done(sut.observe(observation).await)?,
        Request::Export => step(sut.export().await)?,
        Request::ForceFlush { timeout_ms } => step(sut.force_flush(timeout_ms.map(millis)).await)?,
        Request::Reset => {
            let result = sut.reset().await;
            *started = result.is_err();
            done(result)?
        }
        Request::Shutdown { timeout_ms } => step(sut.shutdown(timeout_ms.map(millis)).await)?,
    }))
}

fn step(result: Result<CallOutcome, SutError>) -> Result<Answer, SutError> {
    match result {
        Ok(result) => Ok(result.into()),
        Err(error) => refused(error),
    }
}

/// The answer to what could not be done.
fn refused(error: SutError) -> Result<Answer, SutError> {
    match error {
        SutError::Ended { .. } => Err(error),
        error => Ok(Answer::refused(error.to_string())),
    }
}

fn millis(value: u64) -> std::time::Duration {
    std::time::Duration::from_millis(value)
}
