//! What the reader, its handles and its task have in common.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use opentelemetry_sdk::metrics::ManualReader;

use super::error::ReaderError;
use super::report::{FlushReport, ShutdownReport};
use super::timing::Timing;
use crate::metrics::callbacks::{Runner, in_callback};
use crate::metrics::carry_over::DropPolicy;
use crate::metrics::destination::Destination;
use crate::metrics::instrumentation::Instrumentation;
#[cfg(feature = "prometheus")]
use crate::metrics::repeating::RepeatingExporter;
use crate::metrics::temporality::TemporalityPreference;
use crate::metrics::times::Creations;
use crate::own_telemetry::ReaderTelemetry;
use crate::statistics::Counters;
use crate::worker::{Control, Job, Refusal};

pub(super) struct Shared {
    /// The SDK's own reader: it knows how to collect.
    pub(super) collector: ManualReader,
    pub(super) destination: Destination,
    /// The destination, where it can do without batches.
    #[cfg(feature = "prometheus")]
    pub(super) repeating: Option<Arc<dyn RepeatingExporter>>,
    pub(super) drop_policy: DropPolicy,
    pub(super) temporality: TemporalityPreference,
    pub(super) timing: Timing,
    pub(super) creations: Arc<Creations>,
    /// Set where the provider is one of this crate's.
    pub(super) instrumentation: OnceLock<Arc<Instrumentation>>,
    pub(super) counters: Counters,
    pub(super) control: Control<Reading>,
    pub(super) own_telemetry: Option<ReaderTelemetry>,
    /// How many cycles have ended.
    pub(super) ended_cycles: AtomicU64,
}

/// Collecting and exporting, as a worker does it.
pub(super) struct Reading;

impl Job for Reading {
    /// How many cycles had ended when it was called: it answers for those after them.
    type Scope = u64;
    type Flushed = FlushReport;
    type Ended = ShutdownReport;
    type Error = ReaderError;

    const ADVICE: &'static str = "on the reader's own runtime use the async form, force_flush(..).await or shutdown(..).await";
}

impl Shared {
    /// What a flush or shutdown that is called now answers for.
    pub(super) fn scope(&self) -> u64 {
        self.ended_cycles.load(Ordering::Acquire)
    }

    /// Whether a blocking call could be answered, were it made on this thread.
    pub(super) fn check_blocking(&self) -> Result<(), ReaderError> {
        if in_callback() {
            let advice =
                "a callback of an observable instrument must not flush or shut down its own reader";
            return Err(Refusal::WouldDeadlock { advice }.into());
        }
        Ok(self.control.check_blocking()?)
    }

    /// Where callbacks run: beside the reader where it has a thread of its own, else with it.
    pub(super) fn runner(&self) -> Runner {
        if self.control.has_own_thread() {
            Runner::Threads
        } else {
            Runner::Inline
        }
    }
}
