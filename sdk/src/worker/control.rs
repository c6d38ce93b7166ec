//! Asking a worker for something.

use std::sync::OnceLock;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::Instant;

use super::answer::{Answer, answer_async, answer_blocking, block, wait};
use super::home::Home;
use super::inbox::{Command, Inbox, Request};
use super::{HomeProcess, Job, Refusal};

/// What a worker and those who hold it have in common.
pub(crate) struct Control<J: Job> {
    process: HomeProcess,
    home: OnceLock<Home>,
    phase: Mutex<Phase>,
    commands: UnboundedSender<Command<J>>,
}

/// How far a worker's life has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    NotStarted,
    Running,
    ShuttingDown,
    Ended,
}

impl<J: Job> Control<J> {
    /// A control, and what its worker hears of it.
    pub(crate) fn new(process: HomeProcess, phase: Phase) -> (Self, Inbox<J>) {
        let (commands, received) = unbounded_channel();
        let control = Self {
            process,
            home: OnceLock::new(),
            phase: Mutex::new(phase),
            commands,
        };
        (control, Inbox::new(received))
    }

    /// Notes where the worker runs.
    pub(crate) fn settle(&self, home: Home) {
        // A worker is started once.
        let _ = self.home.set(home);
    }

    /// Whether the worker has a thread of its own.
    pub(crate) fn has_own_thread(&self) -> bool {
        matches!(self.home.get(), Some(Home::OwnThread(_)))
    }

    /// Whether this is the process that it was built in.
    pub(crate) fn check_process(&self) -> Result<(), Refusal> {
        self.process.check()
    }

    pub(crate) fn phase(&self) -> Phase {
        *self.phase.lock()
    }

    /// The work begins.
    pub(crate) fn start(&self) {
        let mut phase = self.phase.lock();
        if *phase == Phase::NotStarted {
            *phase = Phase::Running;
            drop(phase);
            let now = match self.home.get() {
                Some(Home::Runtime(_)) => Some(Instant::now()),
                _ => None,
            };
            // A task that is gone does nothing; flush and shutdown tell.
            let _ = self.commands.send(Command::Start(now));
        }
    }

    /// The task ends: no more requests are taken.
    pub(crate) fn end(&self) {
        *self.phase.lock() = Phase::Ended;
    }

    /// Ends the task with nothing more done.
    pub(crate) fn abandon(&self) {
        self.end();
        // A task that has ended needs no telling.
        let _ = self.commands.send(Command::Abandon);
    }

    pub(crate) async fn flush(
        &self,
        limit: Duration,
        scope: J::Scope,
    ) -> Result<J::Flushed, J::Error> {
        let (answer, answered) = answer_async();
        self.request_flush(limit, scope, answer)?;
        wait(answered, limit).await
    }

    /// Shuts down. `scope` is asked for once no other shutdown can come.
    pub(crate) async fn shut_down(
        &self,
        limit: Duration,
        scope: impl FnOnce() -> J::Scope,
    ) -> Result<J::Ended, J::Error> {
        let (answer, answered) = answer_async();
        self.request_shutdown(limit, scope, answer)?;
        wait(answered, limit).await
    }

    pub(crate) fn blocking_flush(
        &self,
        limit: Duration,
        scope: J::Scope,
    ) -> Result<J::Flushed, J::Error> {
        self.check_blocking()?;
        let (answer, answered) = answer_blocking();
        self.request_flush(limit, scope, answer)?;
        block(&answered, limit)
    }

    pub(crate) fn blocking_shut_down(
        &self,
        limit: Duration,
        scope: impl FnOnce() -> J::Scope,
    ) -> Result<J::Ended, J::Error> {
        self.check_blocking()?;
        let (answer, answered) = answer_blocking();
        self.request_shutdown(limit, scope, answer)?;
        block(&answered, limit)
    }

    /// Shuts down, and nobody waits for it.
    pub(crate) fn shut_down_unheard(
        &self,
        limit: Duration,
        scope: impl FnOnce() -> J::Scope,
    ) -> Result<(), Refusal> {
        self.request_shutdown(limit, scope, Box::new(drop))
    }

    /// Whether a blocking call could be answered, were it made here and now.
    pub(crate) fn check_blocking(&self) -> Result<(), Refusal> {
        self.check_process()?;
        match self.phase() {
            Phase::NotStarted | Phase::Running => {}
            Phase::ShuttingDown | Phase::Ended => return Err(Refusal::AlreadyShutDown),
        }
        if self.home.get().is_some_and(|home| home.is_here()) {
            return Err(Refusal::WouldDeadlock { advice: J::ADVICE });
        }
        Ok(())
    }

    fn request_flush(
        &self,
        limit: Duration,
        scope: J::Scope,
        answer: Answer<J::Flushed, J::Error>,
    ) -> Result<(), Refusal> {
        self.check_process()?;
        match self.phase() {
            Phase::NotStarted => return Err(Refusal::NotStarted),
            Phase::Running => {}
            Phase::ShuttingDown | Phase::Ended => return Err(Refusal::AlreadyShutDown),
        }
        self.send(Command::Flush(Request::new(limit, scope, answer)))
    }

    fn request_shutdown(
        &self,
        limit: Duration,
        scope: impl FnOnce() -> J::Scope,
        answer: Answer<J::Ended, J::Error>,
    ) -> Result<(), Refusal> {
        self.check_process()?;
        let mut phase = self.phase.lock();
        match *phase {
            Phase::NotStarted | Phase::Running => *phase = Phase::ShuttingDown,
            Phase::ShuttingDown | Phase::Ended => return Err(Refusal::AlreadyShutDown),
        }
        drop(phase);
        self.send(Command::Shutdown(Request::new(limit, scope(), answer)))
    }

    fn send(&self, command: Command<J>) -> Result<(), Refusal> {
        self.commands.send(command).map_err(|_| match self.phase() {
            Phase::Ended => Refusal::AlreadyShutDown,
            _ => Refusal::Gone,
        })
    }
}
