//! Systems under test: one trait, three ways to reach one.
//!
//! In process in virtual time, in process behind the driver protocol, and as a child process that speaks it. A program
//! that is started as it is does nothing that it is told, except to end: [`Program`].

mod ear;
pub(crate) mod emitter;
mod group;
pub(crate) mod instruments;
mod log;
pub(crate) mod otelbox_sdk;
mod process;
mod program;
mod result;
pub(crate) mod workers;

use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::driver::{Hello, Items, Measurement, ObservableState, StartRequest};
use crate::run::SdkCounters;

pub use ear::Ear;
pub(crate) use group::ProcessGroup;
pub use log::{LogBook, LogLine};
pub use otelbox_sdk::{OtelboxSdk, Surroundings, SutFactory};
pub(crate) use process::with_limit;
pub use process::{ProcessCommand, ProcessEnd, ProcessSut};
pub use program::{Program, ProgramCommand, ProgramExit};
pub(crate) use result::explained;
pub use result::{CallOutcome, SutError};

/// A system under test, from its start to its shutdown. Operations come one at a time.
pub trait Sut: Send {
    /// What it is and what it can do.
    fn hello(&self) -> Hello;

    /// Builds the SDK and its instruments. Once.
    fn start<'a>(&'a mut self, request: &'a StartRequest) -> BoxFuture<'a, Result<(), SutError>>;

    /// Records on a synchronous instrument.
    fn record<'a>(
        &'a mut self,
        measurement: &'a Measurement,
    ) -> BoxFuture<'a, Result<(), SutError>>;

    /// Emits spans or log records, and returns when all of them have been handed over.
    fn emit<'a>(&'a mut self, items: &'a Items) -> BoxFuture<'a, Result<(), SutError>>;

    /// Sets what the callback of an observable instrument does from now on.
    fn observe<'a>(
        &'a mut self,
        observation: &'a ObservableState,
    ) -> BoxFuture<'a, Result<(), SutError>>;

    /// Exports one item past reader and processor, where the SUT has the capability for it.
    fn export(&mut self) -> BoxFuture<'_, Result<CallOutcome, SutError>> {
        Box::pin(async {
            Err(SutError::Refused(
                "there is no way to the exporter".to_owned(),
            ))
        })
    }

    /// The most memory that the SUT has held so far, in bytes; absent where it is no process of its own, or the system
    /// does not tell.
    fn peak_memory_bytes(&self) -> Option<u64> {
        None
    }

    /// The SDK's own counters; absent where it tells none.
    fn counters(&self) -> Option<SdkCounters> {
        None
    }

    /// Flushes the provider, with the SDK's own time limit where `timeout` is absent.
    fn force_flush(
        &mut self,
        timeout: Option<Duration>,
    ) -> BoxFuture<'_, Result<CallOutcome, SutError>>;

    /// Shuts the provider down, with the SDK's own time limit where `timeout` is absent.
    fn shutdown(
        &mut self,
        timeout: Option<Duration>,
    ) -> BoxFuture<'_, Result<CallOutcome, SutError>>;

    /// Takes everything down that `start` built, so that another `start` finds the SUT as new. Default: it cannot.
    fn reset(&mut self) -> BoxFuture<'_, Result<(), SutError>> {
        Box::pin(async {
            let reason = "it cannot be used for a second case";
            Err(SutError::Refused(reason.to_owned()))
        })
    }

    /// Ends the processes that it has started, before its own ends. Default: it has none.
    fn end_processes(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }

    /// Ends the SUT without a shutdown, as a program that just returns from `main`.
    fn exit(self: Box<Self>) -> BoxFuture<'static, ()>;

    /// Ends the SUT at once when a scenario is over; what it said until then is in its log afterwards.
    fn abandon(self: Box<Self>) -> BoxFuture<'static, ()>
    where
        Self: 'static,
    {
        Box::pin(async move { drop(self) })
    }
}
