//! The instruments of one meter.

use std::any::type_name;
use std::borrow::Cow;
use std::sync::Arc;

use opentelemetry::InstrumentationScope;
use opentelemetry::metrics::{
    AsyncInstrument, AsyncInstrumentBuilder, Callback, Counter, Gauge, Histogram, HistogramBuilder,
    InstrumentBuilder, InstrumentProvider, Meter, ObservableCounter, ObservableGauge,
    ObservableUpDownCounter, UpDownCounter,
};
use opentelemetry_sdk::metrics::InstrumentKind;

use super::fan_out::FanOut;
use super::meter_provider::{Pipeline, Read};
use crate::environment::LOG_TARGET;
use crate::metrics::callbacks::Observer;
use crate::metrics::instrument::{Identity, Selectable, invalid, kind_name};
use crate::metrics::instrumentation::Catalogue;
use crate::metrics::temporality::Temporality;

/// Makes the instruments of one meter, in each pipeline.
pub(super) struct Instruments {
    scope: InstrumentationScope,
    scoped: Vec<Scoped>,
    catalogue: Arc<Catalogue>,
}

/// The meter of one pipeline.
pub(super) struct Scoped {
    meter: Meter,
    pipeline: Arc<Pipeline>,
}

/// After the shutdown: instruments that do nothing, as the API defines them.
pub(super) struct NoInstruments;

impl InstrumentProvider for NoInstruments {}

impl Scoped {
    pub(super) fn new(meter: Meter, pipeline: Arc<Pipeline>) -> Self {
        Self { meter, pipeline }
    }

    /// Runs `create`, and notes when that was.
    fn record<I>(&self, identity: &Identity, create: impl FnOnce(&Meter) -> I) -> I {
        match &self.pipeline.read {
            Some(read) => read
                .creations
                .record(identity.clone(), || create(&self.meter)),
            None => create(&self.meter),
        }
    }
}

/// What an application asks for.
struct Asked {
    kind: InstrumentKind,
    name: Cow<'static, str>,
    description: Option<Cow<'static, str>>,
    unit: Option<Cow<'static, str>>,
}

impl Asked {
    fn selectable<'a>(&'a self, scope: &'a InstrumentationScope) -> Selectable<'a> {
        Selectable {
            scope: scope.name(),
            name: &self.name,
            kind: self.kind,
            unit: self.unit.as_deref().unwrap_or_default(),
        }
    }
}

impl Instruments {
    pub(super) fn new(
        scope: InstrumentationScope,
        scoped: Vec<Scoped>,
        catalogue: Arc<Catalogue>,
    ) -> Self {
        Self {
            scope,
            scoped,
            catalogue,
        }
    }

    /// Makes the instrument in each pipeline.
    fn create<T, I>(&self, asked: &Asked, create: impl Fn(&Scoped, &Meter) -> I) -> Vec<I> {
        let unit = asked.unit.as_deref().unwrap_or_default();
        match invalid(&asked.name, unit) {
            Some(reason) => tracing::error!(
                target: LOG_TARGET,
                instrument = &*asked.name,
                meter = self.scope.name(),
                "the {} {:?} (meter {:?}) records nothing: {reason}",
                kind_name(asked.kind),
                asked.name,
                self.scope.name()
            ),
            None => self.catalogue.note(&asked.name),
        }
        let identity = Identity::new(
            self.scope.clone(),
            &asked.name,
            asked.kind,
            unit,
            asked.description.as_deref().unwrap_or_default(),
            type_name::<T>(),
        );
        self.scoped
            .iter()
            .map(|scoped| scoped.record(&identity, |meter| create(scoped, meter)))
            .collect()
    }

    /// The callbacks of an observable instrument for the SDK of one pipeline: they replay what the reader's run of the
    /// application's callbacks observed.
    fn replays<T: Copy + Send + Sync + 'static>(
        &self,
        asked: &Asked,
        callbacks: &[Arc<Callback<T>>],
        read: Option<&Read>,
    ) -> Vec<impl Fn(&dyn AsyncInstrument<T>) + Send + Sync + use<T>> {
        let Some(read) = read else {
            // Nobody collects.
            return Vec::new();
        };
        let sums = matches!(
            asked.kind,
            InstrumentKind::ObservableCounter | InstrumentKind::ObservableUpDownCounter
        );
        let delta_streams = if sums && read.temporality.of(asked.kind) == Temporality::Delta {
            self.catalogue
                .views
                .plain_streams(asked.selectable(&self.scope))
        } else {
            Vec::new()
        };
        callbacks
            .iter()
            .map(|callback| {
                let callback = Arc::clone(callback);
                let observer = Arc::new(Observer::new(
                    self.scope.clone(),
                    asked.name.to_string(),
                    asked.kind,
                    delta_streams.clone(),
                    Box::new(move |instrument: &dyn AsyncInstrument<T>| callback(instrument)),
                ));
                read.instrumentation.callbacks.register(&observer);
                move |instrument: &dyn AsyncInstrument<T>| observer.replay(instrument)
            })
            .collect()
    }
}

/// Sets what is optional.
macro_rules! described {
    ($builder:expr, $asked:expr) => {{
        let mut builder = $builder;
        builder.description.clone_from(&$asked.description);
        builder.unit.clone_from(&$asked.unit);
        builder
    }};
}

macro_rules! asked {
    ($kind:ident, $builder:expr) => {
        Asked {
            kind: InstrumentKind::$kind,
            name: $builder.name.clone(),
            description: $builder.description.clone(),
            unit: $builder.unit.clone(),
        }
    };
}

macro_rules! synchronous {
    ($($method:ident: $kind:ident<$number:ty>),+ $(,)?) => {
        $(fn $method(&self, builder: InstrumentBuilder<'_, $kind<$number>>) -> $kind<$number> {
            let asked = asked!($kind, builder);
            let made = self.create::<$number, _>(&asked, |_, meter| {
                described!(meter.$method(asked.name.clone()), asked).build()
            });
            FanOut::one_or_all(made, |all| $kind::new(Arc::new(all)))
        })+
    };
}

macro_rules! histogram {
    ($($method:ident: $number:ty),+ $(,)?) => {
        $(fn $method(&self, builder: HistogramBuilder<'_, Histogram<$number>>) -> Histogram<$number> {
            let asked = asked!(Histogram, builder);
            let made = self.create::<$number, _>(&asked, |_, meter| {
                let mut inner = described!(meter.$method(asked.name.clone()), asked);
                inner.boundaries.clone_from(&builder.boundaries);
                inner.build()
            });
            FanOut::one_or_all(made, |all| Histogram::new(Arc::new(all)))
        })+
    };
}

macro_rules! observable {
    ($($method:ident: $kind:ident<$number:ty>),+ $(,)?) => {
        $(fn $method(
            &self,
            builder: AsyncInstrumentBuilder<'_, $kind<$number>, $number>,
        ) -> $kind<$number> {
            let asked = asked!($kind, builder);
            let callbacks: Vec<_> = builder.callbacks.into_iter().map(Arc::new).collect();
            self.create::<$number, _>(&asked, |scoped, meter| {
                let read = scoped.pipeline.read.as_ref();
                let inner = described!(meter.$method(asked.name.clone()), asked);
                self.replays(&asked, &callbacks, read)
                    .into_iter()
                    .fold(inner, |inner, replay| inner.with_callback(replay))
                    .build()
            });
            $kind::new()
        })+
    };
}

impl InstrumentProvider for Instruments {
    synchronous! {
        u64_counter: Counter<u64>,
        f64_counter: Counter<f64>,
        i64_up_down_counter: UpDownCounter<i64>,
        f64_up_down_counter: UpDownCounter<f64>,
        u64_gauge: Gauge<u64>,
        f64_gauge: Gauge<f64>,
        i64_gauge: Gauge<i64>,
    }

    histogram! {
        f64_histogram: f64,
        u64_histogram: u64,
    }

    observable! {
        u64_observable_counter: ObservableCounter<u64>,
        f64_observable_counter: ObservableCounter<f64>,
        i64_observable_up_down_counter: ObservableUpDownCounter<i64>,
        f64_observable_up_down_counter: ObservableUpDownCounter<f64>,
        u64_observable_gauge: ObservableGauge<u64>,
        i64_observable_gauge: ObservableGauge<i64>,
        f64_observable_gauge: ObservableGauge<f64>,
    }
}
