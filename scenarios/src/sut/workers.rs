//! Providers side by side, as in worker processes: every request is done by each of them.

use otelbox_sdk::Clock;

use super::{SutError, emitter::Emitter, instruments::Instruments};
use crate::{
    driver::{Items, Measurement, ObservableState, StartRequest},
    scenario::Attributes,
};

/// A provider, and what is done with it.
pub(crate) struct Worker<P> {
    pub(crate) provider: P,
    pub(crate) source: Source,
}

/// What measures, or emits.
pub(crate) enum Source {
    Instruments(Instruments),
    Emitter(Emitter),
}

/// The workers of a SUT; one, unless the start request asks for more.
pub(crate) struct Workers<P>(Vec<Worker<P>>);

impl<P> Default for Workers<P> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<P> Workers<P> {
    /// Makes the workers that `request` asks for, each with its attributes for the resource.
    pub(crate) fn start(
        request: &StartRequest,
        mut make: impl FnMut(Option<&Attributes>) -> Result<Worker<P>, SutError>,
    ) -> Result<Self, SutError> {
        if request.workers.is_empty() {
            return Ok(Self(vec![make(None)?]));
        }
        let all: Result<_, _> = request
            .workers
            .iter()
            .map(|more| make(Some(more)))
            .collect();
        Ok(Self(all?))
    }

    /// The provider of each.
    pub(crate) fn providers(&self) -> impl Iterator<Item = &P> {
        self.0.iter().map(|worker| &worker.provider)
    }

    /// Records on a synchronous instrument of each.
    pub(crate) fn record(&self, measurement: &Measurement) -> Result<(), SutError> {
        self.instruments(|instruments| instruments.record(measurement))
    }

    /// Sets what the callback of an observable instrument of each does from now on.
    pub(crate) fn observe(&self, state: &ObservableState) -> Result<(), SutError> {
        self.instruments(|instruments| instruments.observe(state))
    }

    /// Emits spans or log records with each.
    pub(crate) fn emit(&self, items: &Items, clock: Option<&dyn Clock>) -> Result<(), SutError> {
        self.0.iter().try_for_each(|worker| match &worker.source {
            Source::Emitter(emitter) => emitter.emit(items, clock),
            Source::Instruments(_) => Err(SutError::Refused(
                "items are emitted by tracers and loggers".to_owned(),
            )),
        })
    }

    fn instruments(
        &self,
        call: impl Fn(&Instruments) -> Result<(), SutError>,
    ) -> Result<(), SutError> {
        self.0.iter().try_for_each(|worker| match &worker.source {
            Source::Instruments(instruments) => call(instruments),
            Source::Emitter(_) => Err(SutError::Refused("there are no instruments".to_owned())),
        })
    }
}
