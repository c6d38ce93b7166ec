//! The callbacks of observable instruments, run by the reader instead of the SDK.
//!
//! `opentelemetry_sdk` runs callbacks under the lock of its pipeline: one that panics poisons the pipeline for good,
//! one that blocks stops every collection after it. Here the reader runs them before the collection, and what they
//! observed is replayed when the SDK asks. A callback that panics, or that is not done in time, loses its own
//! observations of that collection, all of them, and nothing else.
//!
//! Under delta temporality the SDK forgets the total of a series that was not observed and would count it again from
//! zero the next time. So for those the last observations are replayed, and the points that say "no change" are
//! taken out of the batch.

mod callback;
mod failure;
mod run;

use std::sync::{Arc, Weak};

use opentelemetry::InstrumentationScope;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, Metric};
use parking_lot::Mutex;

pub(crate) use callback::{Observer, Registered};
pub use failure::{CallbackFailure, CallbackFailureReason, CallbackOwner};
pub(crate) use run::{Runner, in_callback};

/// Every callback of one reader, in the order in which they were registered.
///
/// They are owned by the SDK, by way of what replays them: it keeps those of instruments that it accepted and that no
/// view drops.
#[derive(Default)]
pub(crate) struct Callbacks {
    registered: Mutex<Vec<Weak<dyn Registered>>>,
}

impl Callbacks {
    pub(crate) fn register<T: Copy + Send + Sync + 'static>(&self, observer: &Arc<Observer<T>>) {
        let registered: Arc<dyn Registered> = Arc::clone(observer) as _;
        self.registered.lock().push(Arc::downgrade(&registered));
    }

    fn all(&self) -> Vec<Arc<dyn Registered>> {
        let mut all = Vec::new();
        self.registered.lock().retain(|callback| {
            let callback = callback.upgrade();
            let alive = callback.is_some();
            all.extend(callback);
            alive
        });
        all
    }
}

/// What a collection has to leave out.
#[derive(Default)]
pub(crate) struct Failures {
    failed: Vec<(Arc<dyn Registered>, CallbackFailure)>,
}

impl Failures {
    /// Takes the points that only keep a total alive out of the metrics of callbacks that failed.
    pub(crate) fn strip(&self, scope: &InstrumentationScope, metric: &mut Metric) {
        let stands_in = self
            .failed
            .iter()
            .any(|(callback, _)| callback.stands_in_for(scope, &metric.name));
        let Some(Data::Sum(sum)) = metric.data.as_mut().filter(|_| stands_in) else {
            return;
        };
        if sum.aggregation_temporality == i32::from(AggregationTemporality::Delta) {
            sum.data_points.retain(|point| match point.value {
                Some(Value::AsInt(value)) => value != 0,
                Some(Value::AsDouble(value)) => value != 0.0,
                None => false,
            });
        }
    }

    /// What failed, in words.
    pub(crate) fn into_failures(self) -> Vec<CallbackFailure> {
        self.failed
            .into_iter()
            .map(|(_, failure)| failure)
            .collect()
    }
}
