//! What the reader, its handles and its task have in common.

use std::sync::{Arc, OnceLock};
use std::thread::ThreadId;
use std::time::Duration;

use opentelemetry_sdk::metrics::ManualReader;
use parking_lot::Mutex;
use tokio::runtime::{self, Handle};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::error::ReaderError;
use super::inbox::{Answer, Command, Request};
use super::process::HomeProcess;
use super::report::{FlushReport, ShutdownReport};
use super::timing::Timing;
use crate::metrics::callbacks::{Runner, in_callback};
use crate::metrics::destination::Destination;
use crate::metrics::instrumentation::Instrumentation;
use crate::metrics::temporality::TemporalityPreference;
use crate::metrics::times::Creations;
use crate::statistics::Counters;

pub(super) struct Shared {
    /// The SDK's own reader: it knows how to collect.
    pub(super) collector: ManualReader,
    pub(super) destination: Destination,
    pub(super) temporality: TemporalityPreference,
    pub(super) timing: Timing,
    pub(super) creations: Arc<Creations>,
    /// Set where the provider is one of this crate's.
    pub(super) instrumentation: OnceLock<Arc<Instrumentation>>,
    pub(super) counters: Counters,
    pub(super) process: HomeProcess,
    pub(super) home: OnceLock<Home>,
    pub(super) phase: Mutex<Phase>,
    pub(super) commands: UnboundedSender<Command>,
}

/// Where the task runs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Home {
    OwnThread(ThreadId),
    Runtime(runtime::Id),
}

/// How far the reader's life has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Unregistered,
    Running,
    ShuttingDown,
    Ended,
}

impl Shared {
    pub(super) fn request_flush(
        &self,
        limit: Duration,
        answer: Answer<FlushReport>,
    ) -> Result<(), ReaderError> {
        self.process.check()?;
        let phase = *self.phase.lock();
        match phase {
            Phase::Unregistered => return Err(ReaderError::NotRegistered),
            Phase::Running => {}
            Phase::ShuttingDown | Phase::Ended => return Err(ReaderError::AlreadyShutDown),
        }
        self.send(Command::Flush(Request::new(limit, answer)))
    }

    pub(super) fn request_shutdown(
        &self,
        limit: Duration,
        answer: Answer<ShutdownReport>,
    ) -> Result<(), ReaderError> {
        self.process.check()?;
        let mut phase = self.phase.lock();
        match *phase {
            Phase::Unregistered | Phase::Running => *phase = Phase::ShuttingDown,
            Phase::ShuttingDown | Phase::Ended => return Err(ReaderError::AlreadyShutDown),
        }
        drop(phase);
        self.send(Command::Shutdown(Request::new(limit, answer)))
    }

    /// Whether there was no shutdown yet.
    pub(super) fn check_alive(&self) -> Result<(), ReaderError> {
        match *self.phase.lock() {
            Phase::Unregistered | Phase::Running => Ok(()),
            Phase::ShuttingDown | Phase::Ended => Err(ReaderError::AlreadyShutDown),
        }
    }

    /// Ends the task without a final cycle.
    pub(super) fn abandon(&self) {
        *self.phase.lock() = Phase::Ended;
        // A task that has ended needs no telling.
        let _ = self.commands.send(Command::Abandon);
    }

    /// Starts the interval.
    pub(super) fn register(&self) {
        let mut phase = self.phase.lock();
        if *phase == Phase::Unregistered {
            *phase = Phase::Running;
            drop(phase);
            let now = match self.home.get() {
                Some(Home::Runtime(_)) => Some(Instant::now()),
                _ => None,
            };
            // A task that is gone collects nothing; flush and shutdown tell.
            let _ = self.commands.send(Command::Registered(now));
        }
    }

    fn send(&self, command: Command) -> Result<(), ReaderError> {
        self.commands
            .send(command)
            .map_err(|_| match *self.phase.lock() {
                Phase::Ended => ReaderError::AlreadyShutDown,
                _ => ReaderError::Gone,
            })
    }

    /// Whether a blocking call on this thread would keep the reader from answering it.
    pub(super) fn check_blocking(&self) -> Result<(), ReaderError> {
        if in_callback() {
            return Err(ReaderError::WouldDeadlock {
                advice: "a callback of an observable instrument must not flush or shut down its own reader",
            });
        }
        let would = match self.home.get() {
            Some(Home::OwnThread(thread)) => *thread == std::thread::current().id(),
            Some(Home::Runtime(id)) => Handle::try_current().is_ok_and(|handle| handle.id() == *id),
            None => false,
        };
        if would {
            return Err(ReaderError::WouldDeadlock {
                advice: "on the reader's own runtime use the async form, force_flush(..).await or shutdown(..).await",
            });
        }
        Ok(())
    }

    /// Where callbacks run: beside the reader where it has a thread of its own, else with it.
    pub(super) fn runner(&self) -> Runner {
        match self.home.get() {
            Some(Home::OwnThread(_)) => Runner::Threads,
            _ => Runner::Inline,
        }
    }
}
