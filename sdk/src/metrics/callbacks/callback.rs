//! One callback, and what it observed last.

use std::panic::{AssertUnwindSafe, catch_unwind};

use opentelemetry::metrics::{AsyncInstrument, Callback};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::metrics::InstrumentKind;
use parking_lot::Mutex;

use super::failure::{CallbackFailure, CallbackFailureReason, CallbackOwner};
use crate::metrics::instrument::kind_name;
use crate::worker::panic_message;

type Observations<T> = Vec<(T, Vec<KeyValue>)>;

/// A callback, whatever its number type.
pub(crate) trait Registered: Send + Sync {
    /// Takes part in collection `number`. Whether it may be run: not while it still runs for an earlier one.
    fn begin(&self, number: u64) -> bool;

    /// Runs the callback for collection `number`; what it observes counts unless that collection is over by then.
    fn run(&self, number: u64);

    /// Ends its part in the collection: from here on what it observed is what the SDK sees.
    fn end(&self) -> Option<CallbackFailure>;

    /// Ends its part in the collection without an observation, for `reason`.
    fn fail(&self, reason: CallbackFailureReason) -> CallbackFailure;

    /// Whose callback it is.
    fn owner(&self) -> CallbackOwner;

    /// Whether old observations of this callback are replayed into the stream `name` when it fails.
    fn stands_in_for(&self, scope: &InstrumentationScope, name: &str) -> bool;
}

/// A callback of an instrument with numbers of type `T`.
pub(crate) struct Observer<T> {
    pub(crate) scope: InstrumentationScope,
    pub(crate) name: String,
    pub(crate) kind: InstrumentKind,
    /// The delta sums that it feeds, by name: what needs the last total when there is no new one.
    pub(crate) delta_streams: Vec<String>,
    callback: Callback<T>,
    state: Mutex<State<T>>,
}

struct State<T> {
    /// The collection that waits for it.
    awaited: Option<u64>,
    /// It has been called and has not returned.
    running: bool,
    result: Option<Result<Observations<T>, String>>,
    /// What the SDK sees.
    observations: Observations<T>,
}

impl<T> Observer<T> {
    pub(crate) fn new(
        scope: InstrumentationScope,
        name: String,
        kind: InstrumentKind,
        delta_streams: Vec<String>,
        callback: Callback<T>,
    ) -> Self {
        Self {
            scope,
            name,
            kind,
            delta_streams,
            callback,
            state: Mutex::new(State {
                awaited: None,
                running: false,
                result: None,
                observations: Vec::new(),
            }),
        }
    }
}

impl<T: Copy + Send + Sync + 'static> Observer<T> {
    /// Gives the SDK what was observed for this collection.
    pub(crate) fn replay(&self, instrument: &dyn AsyncInstrument<T>) {
        for (value, attributes) in &self.state.lock().observations {
            instrument.observe(*value, attributes);
        }
    }
}

impl<T: Copy + Send + Sync + 'static> Registered for Observer<T> {
    fn begin(&self, number: u64) -> bool {
        let mut state = self.state.lock();
        state.awaited = Some(number);
        state.result = None;
        !state.running
    }

    fn run(&self, number: u64) {
        self.state.lock().running = true;
        let recorder = Recorder(Mutex::new(Vec::new()));
        let returned = catch_unwind(AssertUnwindSafe(|| (self.callback)(&recorder)));
        let mut state = self.state.lock();
        state.running = false;
        if state.awaited == Some(number) {
            state.result = Some(match returned {
                Ok(()) => Ok(recorder.0.into_inner()),
                Err(payload) => Err(panic_message(payload.as_ref())),
            });
        }
    }

    fn end(&self) -> Option<CallbackFailure> {
        let mut state = self.state.lock();
        let reason = match state.result.take() {
            Some(Ok(observations)) => {
                state.awaited = None;
                state.observations = observations;
                return None;
            }
            Some(Err(message)) => CallbackFailureReason::Panicked(message),
            None if state.running => CallbackFailureReason::Blocked,
            None => CallbackFailureReason::NotReached,
        };
        drop(state);
        Some(self.fail(reason))
    }

    fn fail(&self, reason: CallbackFailureReason) -> CallbackFailure {
        let mut state = self.state.lock();
        state.awaited = None;
        state.result = None;
        if self.delta_streams.is_empty() {
            state.observations.clear();
        }
        drop(state);
        CallbackFailure {
            owner: self.owner(),
            reason,
        }
    }

    fn owner(&self) -> CallbackOwner {
        CallbackOwner {
            meter: self.scope.name().to_owned(),
            instrument: self.name.clone(),
            kind: kind_name(self.kind),
        }
    }

    fn stands_in_for(&self, scope: &InstrumentationScope, name: &str) -> bool {
        self.scope == *scope
            && self
                .delta_streams
                .iter()
                .any(|stream| stream.eq_ignore_ascii_case(name))
    }
}

/// Writes down what a callback observes.
struct Recorder<T>(Mutex<Observations<T>>);

impl<T: Copy + Send + Sync> AsyncInstrument<T> for Recorder<T> {
    fn observe(&self, measurement: T, attributes: &[KeyValue]) {
        self.0.lock().push((measurement, attributes.to_vec()));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    fn observer(delta_streams: &[&str], callback: Callback<u64>) -> Observer<u64> {
        Observer::new(
            InstrumentationScope::builder("meter").build(),
            "queue".to_owned(),
            InstrumentKind::ObservableCounter,
            delta_streams.iter().map(ToString::to_string).collect(),
            callback,
        )
    }

    fn replayed(observer: &Observer<u64>) -> Vec<u64> {
        let recorder = Recorder(Mutex::new(Vec::new()));
        observer.replay(&recorder);
        recorder
            .0
            .into_inner()
            .into_iter()
            .map(|(value, _)| value)
            .collect()
    }

    #[test]
    fn a_panic_loses_what_was_observed_before_it_and_is_over_with_the_collection() {
        let fails = AtomicBool::new(true);
        let observer = observer(
            &[],
            Box::new(move |instrument| {
                instrument.observe(5, &[]);
                assert!(!fails.swap(false, Ordering::Relaxed), "no database");
            }),
        );
        assert!(observer.begin(1));
        observer.run(1);
        let failure = observer.end().expect("a failure");
        assert_eq!(
            failure.to_string(),
            "the callback of observable counter \"queue\" (meter \"meter\") panicked: no database"
        );
        assert!(replayed(&observer).is_empty());
        assert!(observer.begin(2));
        observer.run(2);
        assert_eq!(observer.end(), None);
        assert_eq!(replayed(&observer), [5]);
    }

    #[test]
    fn a_late_result_does_not_count_for_a_later_collection() {
        let observer = observer(&[], Box::new(|instrument| instrument.observe(5, &[])));
        assert!(observer.begin(1));
        observer.state.lock().running = true;
        let failure = observer.end().expect("a failure");
        assert_eq!(failure.reason, CallbackFailureReason::Blocked);
        assert!(!observer.begin(2), "it still runs");
        observer.run(1);
        assert!(
            observer.end().is_some(),
            "its observation was for the first"
        );
        assert!(observer.begin(3), "it has returned");
    }

    #[test]
    fn delta_sums_keep_their_last_total() {
        let fails = AtomicBool::new(false);
        let observer = observer(
            &["queue"],
            Box::new(move |instrument| {
                assert!(!fails.swap(true, Ordering::Relaxed), "no database");
                instrument.observe(5, &[]);
            }),
        );
        for (number, failed) in [(1, false), (2, true)] {
            assert!(observer.begin(number));
            observer.run(number);
            assert_eq!(observer.end().is_some(), failed);
            assert_eq!(replayed(&observer), [5]);
        }
    }
}
