//! The conversation of runner and driver.

use std::sync::LazyLock;
use std::time::Duration;

use futures_util::future::{BoxFuture, ready};
use otelbox::driver::{
    Answer, Hello, Items, Measurement, ObservableState, Request, StartRequest, serve_lines,
};
use otelbox::scenario::CallResult;
use otelbox::sut::{CallOutcome, Sut, SutError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().build().expect("a runtime"));

/// Lines of either side: requests are answered, one line each; whatever can be read is the same when it was written and
/// read again.
///
/// # Panics
///
/// Where it is not, or where a request has no answer.
pub fn driver_lines(bytes: &[u8]) {
    let mut output = Vec::new();
    serve_lines(
        RUNTIME.handle(),
        &mut Willing,
        bytes,
        &mut output,
        std::io::sink(),
    )
    .expect("the pipe holds");
    let answers = String::from_utf8(output).expect("answers are text");
    let mut answers = answers.lines();
    for line in bytes.split(|byte| *byte == b'\n') {
        if String::from_utf8_lossy(line).trim().is_empty() {
            continue;
        }
        let answer = answers.next().expect("each request has an answer");
        let answer: serde_json::Value = serde_json::from_str(answer).expect("an answer is JSON");
        assert!(answer["ok"].is_boolean(), "{answer}");
        written_and_read::<Request>(line);
        written_and_read::<Answer>(line);
        written_and_read::<Hello>(line);
    }
    assert_eq!(answers.next(), None, "no more answers than requests");
}

fn written_and_read<T>(line: &[u8])
where
    T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    if let Ok(value) = serde_json::from_slice::<T>(line) {
        let text = serde_json::to_string(&value).expect("it is JSON");
        let read: T = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(read, value, "{text}");
    }
}

/// A system that does whatever it is asked to, and nothing.
struct Willing;

fn done<T: Send + 'static>(value: T) -> BoxFuture<'static, Result<T, SutError>> {
    Box::pin(ready(Ok(value)))
}

const DONE: CallOutcome = CallOutcome {
    result: CallResult::Ok,
    message: None,
    elapsed: Duration::ZERO,
};

impl Sut for Willing {
    fn hello(&self) -> Hello {
        Hello {
            ok: true,
            sdk: "willing".to_owned(),
            version: "1".to_owned(),
            language: "rust".to_owned(),
            capabilities: Vec::new(),
        }
    }

    fn start<'a>(&'a mut self, _: &'a StartRequest) -> BoxFuture<'a, Result<(), SutError>> {
        done(())
    }

    fn record<'a>(&'a mut self, _: &'a Measurement) -> BoxFuture<'a, Result<(), SutError>> {
        done(())
    }

    fn emit<'a>(&'a mut self, _: &'a Items) -> BoxFuture<'a, Result<(), SutError>> {
        done(())
    }

    fn observe<'a>(&'a mut self, _: &'a ObservableState) -> BoxFuture<'a, Result<(), SutError>> {
        done(())
    }

    fn force_flush(&mut self, _: Option<Duration>) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        done(DONE)
    }

    fn shutdown(&mut self, _: Option<Duration>) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        done(DONE)
    }

    fn reset(&mut self) -> BoxFuture<'_, Result<(), SutError>> {
        done(())
    }

    fn exit(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(ready(()))
    }
}
