//! What a reader's task is asked to do.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use super::error::ReaderError;
use super::limit::Limit;
use super::report::{FlushReport, ShutdownReport};
use crate::export::Deadline;

/// Where the answer goes. Nobody may be listening any more.
pub(super) type Answer<R> = Box<dyn FnOnce(Result<R, ReaderError>) + Send>;

/// A flush or a shutdown that somebody waits for.
pub(super) struct Request<R> {
    /// The time that it was given.
    pub(super) limit: Duration,
    /// When that time is over.
    pub(super) deadline: Deadline,
    /// Where the answer goes.
    pub(super) answer: Answer<R>,
}

impl<R> Request<R> {
    pub(super) fn new(limit: Duration, answer: Answer<R>) -> Self {
        Self {
            limit,
            deadline: Deadline::within(limit),
            answer,
        }
    }

    /// Answers that time is over, and that nothing was begun.
    pub(super) fn time_out(self) {
        (self.answer)(Err(ReaderError::Timeout {
            limit: self.limit,
            lost: Vec::new(),
        }));
    }
}

pub(super) enum Command {
    /// The reader became part of a provider, at this time if that is on the clock of the task.
    Registered(Option<Instant>),
    Flush(Request<FlushReport>),
    Shutdown(Request<ShutdownReport>),
    /// The reader was dropped.
    Abandon,
}

/// The commands, filed.
pub(super) struct Inbox {
    commands: UnboundedReceiver<Command>,
    pub(super) registered: Option<Instant>,
    pub(super) flushes: VecDeque<Request<FlushReport>>,
    pub(super) shutdown: Option<Request<ShutdownReport>>,
    pub(super) abandoned: bool,
}

impl Inbox {
    pub(super) fn new(commands: UnboundedReceiver<Command>) -> Self {
        Self {
            commands,
            registered: None,
            flushes: VecDeque::new(),
            shutdown: None,
            abandoned: false,
        }
    }

    /// Takes no more commands, and files those that are there.
    pub(super) fn close(&mut self) {
        self.commands.close();
        while let Ok(command) = self.commands.try_recv() {
            self.file(Some(command));
        }
    }

    /// Waits for a command and files it. May be dropped at any time without losing one.
    pub(super) async fn receive(&mut self) {
        let command = self.commands.recv().await;
        self.file(command);
    }

    fn file(&mut self, command: Option<Command>) {
        match command {
            Some(Command::Registered(at)) => {
                self.registered = Some(at.unwrap_or_else(Instant::now));
            }
            Some(Command::Flush(request)) => self.flushes.push_back(request),
            Some(Command::Shutdown(request)) => self.shutdown = Some(request),
            Some(Command::Abandon) | None => self.abandoned = true,
        }
    }

    /// When the first of the flushes that wait has waited long enough.
    fn first_flush_deadline(&self) -> Deadline {
        let deadlines = self.flushes.iter().map(|flush| flush.deadline);
        deadlines.fold(Deadline::none(), Deadline::min)
    }

    /// Answers the flushes that have waited long enough.
    fn expire_flushes(&mut self) {
        for flush in std::mem::take(&mut self.flushes) {
            if flush.deadline.has_passed() {
                flush.time_out();
            } else {
                self.flushes.push_back(flush);
            }
        }
    }

    /// Waits for `work` and files what comes meanwhile. A shutdown brings `limit` forward to the middle of the time that
    /// it has, so that the final cycle has its share, and calls `hurry` with it.
    pub(super) async fn attend<W: Future>(
        &mut self,
        limit: &Limit,
        hurry: impl Fn(Deadline),
        work: W,
    ) -> W::Output {
        let mut work = std::pin::pin!(work);
        let mut told = self.shutdown.is_some();
        loop {
            let flush_ends = self.first_flush_deadline();
            tokio::select! {
                biased;
                output = &mut work => return output,
                () = self.receive(), if !self.abandoned => {}
                () = flush_ends.passed() => self.expire_flushes(),
            }
            if self.abandoned {
                limit.tighten(Deadline::at(Instant::now()));
            }
            if let Some(shutdown) = self.shutdown.as_ref().filter(|_| !told) {
                told = true;
                let share = shutdown.deadline.remaining().map(|remaining| remaining / 2);
                let end = share.map_or(Deadline::none(), Deadline::within);
                hurry(limit.tighten(end));
            }
        }
    }
}
