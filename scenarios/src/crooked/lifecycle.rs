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
    /// `force_flush` does nothing and says that all is well.
    FlushDoesNothing,
    /// What comes at a time in which more comes than the queue holds pushes out what came before.
    DropsTheOldest,
    /// `emit` waits until there is room in the queue.
    BlocksWhenFull,
    /// The simple processor is a batch processor.
    SimpleIsBatch,
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
            queue_size: QUEUE_SIZE,
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

/// Reports every flush as a success without one.
pub(super) fn flush_does_nothing() -> Arc<dyn SutFactory> {
    flawed(Flaw::FlushDoesNothing)
}

/// Drops what waits in favour of what comes.
pub(super) fn drops_the_oldest() -> Arc<dyn SutFactory> {
    flawed(Flaw::DropsTheOldest)
}

/// Waits for room.
pub(super) fn blocks_when_full() -> Arc<dyn SutFactory> {
    flawed(Flaw::BlocksWhenFull)
}

/// Collects batches where the simple processor is asked for.
pub(super) fn simple_is_batch() -> Arc<dyn SutFactory> {
    flawed(Flaw::SimpleIsBatch)
}

/// How many items the queue holds where a scenario says nothing else.
const QUEUE_SIZE: u64 = 2048;

struct FlawedSut {
    /// Gone after a shutdown that only dropped it.
    inner: Option<Box<dyn Sut>>,
    hello: Hello,
    flaw: Flaw,
    queue_size: u64,
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
        Box::pin(async move {
            let mut request = request.clone();
            let configuration = &mut request.configuration;
            self.queue_size = configuration.max_queue_size.unwrap_or(QUEUE_SIZE);
            if matches!(self.flaw, Flaw::SimpleIsBatch) {
                configuration.processor = None;
            }
            self.inner()?.start(&request).await
        })
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
            let Some(inner) = &mut self.inner else {
                return Ok(());
            };
            match self.flaw {
                Flaw::DropsTheOldest => {
                    let dropped = items.items.saturating_sub(self.queue_size);
                    let newest = Items {
                        items: items.items - dropped,
                        first_item: items.first_item + dropped,
                        ..items.clone()
                    };
                    inner.emit(&newest).await
                }
                Flaw::BlocksWhenFull if items.items > self.queue_size => {
                    inner.force_flush(None).await?;
                    let room = Items {
                        items: self.queue_size,
                        ..items.clone()
                    };
                    inner.emit(&room).await
                }
                _ => inner.emit(items).await,
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
            if matches!(self.flaw, Flaw::FlushDoesNothing) {
                return Ok(ALL_IS_WELL);
            }
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
                Flaw::FlushNeverFails
                | Flaw::FlushDoesNothing
                | Flaw::DropsTheOldest
                | Flaw::BlocksWhenFull
                | Flaw::SimpleIsBatch => self.inner()?.shutdown(timeout).await,
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
