use std::convert::Infallible;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::connection::Connection;
use super::intake::Intake;
use crate::journal::End;
use crate::respond::Answer;

/// Answers over HTTP/1.1 that the HTTP implementation has taken and that may not have left yet, on a connection on which
/// bytes are sent late, or not at all.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: Mutex<Vec<(Intake, Answer)>>,
    added: Notify,
}

impl Outbox {
    /// Leaves it to [`Outbox::run`] to complete an exchange.
    pub(super) fn add(&self, intake: Intake, answer: Answer) {
        self.waiting.lock().push((intake, answer));
        self.added.notify_one();
    }

    /// Completes exchanges when their answers have been sent, for as long as the connection lives.
    pub(super) async fn run(&self, connection: &Connection) -> Infallible {
        loop {
            self.added.notified().await;
            let count = self.waiting.lock().len();
            // hyper has been polled before, and has written what it could.
            connection.interposition.drained().await;
            self.complete(connection, count);
        }
    }

    /// Completes what waits where hyper has ended the connection in good order, which it does when all of it has been sent.
    pub(super) fn finish(&self, connection: &Connection) {
        self.complete(connection, usize::MAX);
    }

    /// Completes the first exchanges, so many.
    fn complete(&self, connection: &Connection, count: usize) {
        let end = connection.end_of_answer();
        let sent: Vec<_> = {
            let mut waiting = self.waiting.lock();
            let count = count.min(waiting.len());
            waiting.drain(..count).collect()
        };
        for (mut intake, answer) in sent {
            intake.complete((end == End::Answered).then_some(&answer), end);
        }
    }

    /// Lets go of the exchanges whose answers were not sent: they end with their connection.
    pub(super) fn abandon(&self) {
        drop(std::mem::take(&mut *self.waiting.lock()));
    }
}
