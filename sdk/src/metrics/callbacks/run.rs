//! Running all callbacks of a collection.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::{Instant, timeout_at};

use super::callback::Registered;
use super::failure::CallbackFailureReason;
use super::{Callbacks, Failures};
use crate::environment::LOG_TARGET;
use crate::export::Deadline;

/// How long a callback may hold up the others before they are run beside it.
const PATIENCE: Duration = Duration::from_millis(50);

thread_local! {
    static IN_CALLBACK: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is inside a callback of an observable instrument.
pub(crate) fn in_callback() -> bool {
    IN_CALLBACK.get()
}

/// Where callbacks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runner {
    /// On the reader's own task, one after the other. One that blocks cannot be abandoned, only named.
    Inline,
    /// On a thread beside the reader; on one more for each that blocks.
    Threads,
}

impl Runner {
    /// Runs `callbacks` for collection `number` and gives up those that are not done by `deadline`, which may come
    /// nearer meanwhile.
    pub(crate) async fn run(
        self,
        callbacks: &Callbacks,
        number: u64,
        deadline: impl Fn() -> Deadline,
    ) -> Failures {
        let all = callbacks.all();
        let mut failures = Failures::default();
        let mut begun = Vec::with_capacity(all.len());
        for callback in all {
            if callback.begin(number) {
                begun.push(callback);
            } else {
                let failure = callback.fail(CallbackFailureReason::StillBlocked);
                failures.failed.push((callback, failure));
            }
        }
        let no_thread = match self {
            Self::Inline => {
                run_inline(&begun, number, deadline());
                None
            }
            Self::Threads => run_on_threads(&begun, number, &deadline).await,
        };
        for callback in begun {
            let failure = callback
                .end()
                .map(|failure| match (&failure.reason, &no_thread) {
                    (CallbackFailureReason::NotReached, Some(error)) => {
                        callback.fail(CallbackFailureReason::NoThread(error.clone()))
                    }
                    _ => failure,
                });
            if let Some(failure) = failure {
                failures.failed.push((callback, failure));
            }
        }
        for (_, failure) in &failures.failed {
            tracing::error!(
                target: LOG_TARGET,
                instrument = failure.owner.instrument,
                meter = failure.owner.meter,
                "{failure}; its data points are missing from this collection"
            );
        }
        failures
    }
}

fn run_inline(callbacks: &[Arc<dyn Registered>], number: u64, deadline: Deadline) {
    for callback in callbacks {
        let was_in_time = !deadline.has_passed();
        run_one(callback.as_ref(), number);
        if was_in_time && deadline.has_passed() {
            tracing::warn!(
                target: LOG_TARGET,
                "the callback of {} blocks: it held up the collection beyond its deadline",
                callback.owner()
            );
        }
    }
}

/// The error of the operating system, where a thread that was needed could not be started.
async fn run_on_threads(
    callbacks: &[Arc<dyn Registered>],
    number: u64,
    deadline: &impl Fn() -> Deadline,
) -> Option<String> {
    let queue = Arc::new(Mutex::new(VecDeque::from(callbacks.to_vec())));
    let (returned, mut returns) = unbounded_channel();
    let mut waiting_for = callbacks.len();
    let mut needs_thread = true;
    let mut no_thread = None;
    while waiting_for > 0 && !deadline().has_passed() {
        if needs_thread
            && !queue.lock().is_empty()
            && let Err(error) = start_thread(&queue, number, &returned)
        {
            no_thread = Some(error.to_string());
            break;
        }
        let patience = Instant::now() + PATIENCE;
        let until = deadline()
            .instant()
            .map_or(patience, |end| end.min(patience));
        let return_of_one = timeout_at(until, returns.recv()).await;
        needs_thread = return_of_one.is_err();
        waiting_for -= usize::from(return_of_one.is_ok());
    }
    // A thread that comes back later finds nothing more to do.
    queue.lock().clear();
    no_thread
}

fn start_thread(
    queue: &Arc<Mutex<VecDeque<Arc<dyn Registered>>>>,
    number: u64,
    returned: &UnboundedSender<()>,
) -> std::io::Result<()> {
    let queue = Arc::clone(queue);
    let returned = returned.clone();
    thread::Builder::new()
        .name("otelbox-callbacks".to_owned())
        .spawn(move || {
            loop {
                let Some(callback) = queue.lock().pop_front() else {
                    return;
                };
                run_one(callback.as_ref(), number);
                // Nobody listens once the collection is over.
                let _ = returned.send(());
            }
        })
        .map(drop)
}

fn run_one(callback: &dyn Registered, number: u64) {
    IN_CALLBACK.set(true);
    callback.run(number);
    IN_CALLBACK.set(false);
}
