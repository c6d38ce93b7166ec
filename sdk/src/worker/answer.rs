//! Waiting for an answer, with and without a runtime.

use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use tokio::sync::oneshot;

use super::Refusal;

/// How long an answer may take that the task gives at the deadline. Only a task that is blocked needs it.
const ANSWER_MARGIN: Duration = Duration::from_millis(20);

/// Where an answer goes. Nobody may be listening any more.
pub(super) type Answer<R, E> = Box<dyn FnOnce(Result<R, E>) + Send>;

type Answered<R, E> = oneshot::Receiver<Result<R, E>>;

pub(super) fn answer_async<R, E>() -> (Answer<R, E>, Answered<R, E>)
where
    R: Send + 'static,
    E: Send + 'static,
{
    let (sender, answered) = oneshot::channel();
    // Whoever asked may have stopped waiting.
    let answer = Box::new(move |result| drop(sender.send(result)));
    (answer, answered)
}

pub(super) async fn wait<R, E>(answered: Answered<R, E>, limit: Duration) -> Result<R, E>
where
    E: From<Refusal>,
{
    match tokio::time::timeout(limit.saturating_add(ANSWER_MARGIN), answered).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(Refusal::Gone.into()),
        Err(_) => Err(Refusal::Timeout { limit }.into()),
    }
}

pub(super) fn answer_blocking<R, E>() -> (Answer<R, E>, Receiver<Result<R, E>>)
where
    R: Send + 'static,
    E: Send + 'static,
{
    let (sender, answered) = sync_channel(1);
    let answer = Box::new(move |result| drop(sender.send(result)));
    (answer, answered)
}

pub(super) fn block<R, E>(answered: &Receiver<Result<R, E>>, limit: Duration) -> Result<R, E>
where
    E: From<Refusal>,
{
    match answered.recv_timeout(limit.saturating_add(ANSWER_MARGIN)) {
        Ok(result) => result,
        Err(RecvTimeoutError::Disconnected) => Err(Refusal::Gone.into()),
        Err(RecvTimeoutError::Timeout) => Err(Refusal::Timeout { limit }.into()),
    }
}
