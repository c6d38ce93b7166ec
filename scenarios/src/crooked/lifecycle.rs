//! Clients whose flush or shutdown is wrong: each stands in front of a system under test that is right.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::driver::{Hello, Items, Measurement, ObservableState, StartRequest};
use crate::scenario::CallResult;
use crate::sut::{CallOutcome, OtelboxSdk, Surroundings, Sut, SutError, SutFactory};

/// What is wrong.
#[derive(Clone, Copy)]
enum Flaw {
    /// `shutdown` drops everything and says that all is well.
    NoLastExport,
    /// `force_flush` says that all is well, whatever came of it.
    FlushNeverFails,
    /// `shutdown` can be called again and again, and says that all is well each time.
    ShutsDownAgain,
}

struct Flawed {
    sdk: OtelboxSdk,
    flaw: Flaw,
}

impl SutFactory for Flawed {
    fn name(&self) -> &str {
        self.sdk.name()
    }

    fn build(&self, surroundings: Surroundings) -> Box<dyn Sut> {
        let inner = self.sdk.build(surroundings);
        Box::new(FlawedSut {
            hello: inner.hello(),
            inner: Some(inner),
            flaw: self.flaw,
        })
    }
}

fn flawed(flaw: Flaw) -> Arc<dyn SutFactory> {
    Arc::new(Flawed {
        sdk: OtelboxSdk::honest(),
        flaw,
    })
}

/// Ends without the last export.
pub(super) fn loses_the_last_window() -> Arc<dyn SutFactory> {
    flawed(Flaw::NoLastExport)
}

/// Reports every flush as a success.
pub(super) fn flush_never_fails() -> Arc<dyn SutFactory> {
    flawed(Flaw::FlushNeverFails)
}

/// Reports a second shutdown as a success.
pub(super) fn shuts_down_again() -> Arc<dyn SutFactory> {
    flawed(Flaw::ShutsDownAgain)
}

struct FlawedSut {
    /// Gone after a shutdown that only dropped it.
    inner: Option<Box<dyn Sut>>,
    hello: Hello,
    flaw: Flaw,
}

impl FlawedSut {
    fn inner(&mut self) -> Result<&mut Box<dyn Sut>, SutError> {
        self.inner
            .as_mut()
            .ok_or_else(|| SutError::Refused("it is gone".to_owned()))
    }
}

const ALL_IS_WELL: CallOutcome = CallOutcome {
    result: CallResult::Ok,
    message: None,
    elapsed: Duration::ZERO,
};

impl Sut for FlawedSut {
    fn hello(&self) -> Hello {
        self.hello.clone()
    }

    fn start<'a>(&'a mut self, request: &'a StartRequest) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move { self.inner()?.start(request).await })
    }

    fn record<'a>(
        &'a mut self,
        measurement: &'a Measurement,
    ) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move {
            match &mut self.inner {
                Some(inner) => inner.record(measurement).await,
                None => Ok(()),
            }
        })
    }

    fn emit<'a>(&'a mut self, items: &'a Items) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move {
            match &mut self.inner {
                Some(inner) => inner.emit(items).await,
                None => Ok(()),
            }
        })
    }

    fn observe<'a>(
        &'a mut self,
        observation: &'a ObservableState,
    ) -> BoxFuture<'a, Result<(), SutError>> {
        Box::pin(async move { self.inner()?.observe(observation).await })
    }

    fn force_flush(
        &mut self,
        timeout: Option<Duration>,
    ) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        Box::pin(async move {
            let Some(inner) = &mut self.inner else {
                return Ok(ALL_IS_WELL);
            };
            let outcome = inner.force_flush(timeout).await?;
            Ok(match self.flaw {
                Flaw::FlushNeverFails => CallOutcome {
                    elapsed: outcome.elapsed,
                    ..ALL_IS_WELL
                },
                _ => outcome,
            })
        })
    }

    fn shutdown(
        &mut self,
        timeout: Option<Duration>,
    ) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        Box::pin(async move {
            match self.flaw {
                Flaw::NoLastExport => {
                    if let Some(inner) = self.inner.take() {
                        inner.exit().await;
                    }
                    Ok(ALL_IS_WELL)
                }
                Flaw::ShutsDownAgain => {
                    let outcome = self.inner()?.shutdown(timeout).await?;
                    Ok(match outcome.result {
                        CallResult::AlreadyShutDown => ALL_IS_WELL,
                        _ => outcome,
                    })
                }
                Flaw::FlushNeverFails => self.inner()?.shutdown(timeout).await,
            }
        })
    }

    fn exit(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            if let Some(inner) = self.inner {
                inner.exit().await;
            }
        })
    }
}
