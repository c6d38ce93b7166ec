//! What a worker's task is asked to do.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use super::answer::Answer;
use super::limit::Limit;
use super::{Job, Refusal};
use crate::export::Deadline;

/// A flush or a shutdown that somebody waits for.
pub(crate) struct Request<J: Job, R> {
    /// The time that it was given.
    pub(crate) limit: Duration,
    /// When that time is over.
    pub(crate) deadline: Deadline,
    /// What it covers.
    /// What it covers.
    pub(crate) scope: J::Scope,
    answer: Answer<R, J::Error>,
}

impl<J: Job, R> Request<J, R> {
    pub(super) fn new(limit: Duration, scope: J::Scope, answer: Answer<R, J::Error>) -> Self {
        Self {
            limit,
            deadline: Deadline::within(limit),
            scope,
            answer,
        }
    }

    pub(crate) fn answer(self, result: Result<R, J::Error>) {
        (self.answer)(result);
    }

    /// Answers that time is over, and that nothing was begun.
    pub(crate) fn time_out(self) {
        let refusal = Refusal::Timeout { limit: self.limit };
        self.answer(Err(refusal.into()));
    }
}

pub(super) enum Command<J: Job> {
    /// The work begins, at this time if that is on the clock of the task.
    Start(Option<Instant>),
    Flush(Request<J, J::Flushed>),
    Shutdown(Request<J, J::Ended>),
    /// Nobody wants anything any more.
    Abandon,
}

/// The commands, filed.
pub(crate) struct Inbox<J: Job> {
    commands: UnboundedReceiver<Command<J>>,
    pub(crate) started: Option<Instant>,
    pub(crate) flushes: VecDeque<Request<J, J::Flushed>>,
    pub(crate) shutdown: Option<Request<J, J::Ended>>,
    pub(crate) abandoned: bool,
}

/// What commands that come while something is running mean to it.
pub(crate) trait Attend<J: Job> {
    /// A shutdown has come that is to be over by `shutdown`: brings `limit` forward as far as it has to be.
    fn shut_down(&self, limit: &Limit, shutdown: Deadline);

    /// The time of a flush is over before its turn has come.
    fn expire(&self, flush: Request<J, J::Flushed>) {
        flush.time_out();
    }
}

impl<J: Job> Inbox<J> {
    pub(super) fn new(commands: UnboundedReceiver<Command<J>>) -> Self {
        Self {
            commands,
            started: None,
            flushes: VecDeque::new(),
            shutdown: None,
            abandoned: false,
        }
    }

    /// Takes no more commands, and files those that are there.
    pub(crate) fn close(&mut self) {
        self.commands.close();
        self.file_waiting();
    }

    /// Waits for a command and files it. May be dropped at any time without losing one.
    pub(crate) async fn receive(&mut self) {
        let command = self.commands.recv().await;
        self.file(command);
    }

    /// Files the commands that are there.
    pub(crate) fn file_waiting(&mut self) {
        while let Ok(command) = self.commands.try_recv() {
            self.file(Some(command));
        }
    }

    fn file(&mut self, command: Option<Command<J>>) {
        match command {
            Some(Command::Start(at)) => {
                self.started = Some(at.unwrap_or_else(Instant::now));
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
    pub(crate) fn expire_flushes(&mut self, attend: &impl Attend<J>) {
        for flush in std::mem::take(&mut self.flushes) {
            if flush.deadline.has_passed() {
                attend.expire(flush);
            } else {
                self.flushes.push_back(flush);
            }
        }
    }

    /// Waits for `work`, which keeps to `limit`, and files what comes meanwhile.
    pub(crate) async fn attend<W: Future>(
        &mut self,
        limit: &Limit,
        attend: &impl Attend<J>,
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
                () = flush_ends.passed() => self.expire_flushes(attend),
            }
            if self.abandoned {
                limit.tighten(Deadline::at(Instant::now()));
            }
            if let Some(shutdown) = self.shutdown.as_ref().filter(|_| !told) {
                told = true;
                attend.shut_down(limit, shutdown.deadline);
            }
        }
    }
}
