//! The instruments of a SUT that is written in Rust, by name.

use std::{sync::Arc, time::Duration};

use indexmap::IndexMap;
use opentelemetry::{
    KeyValue, StringValue, Value,
    logs::AnyValue,
    metrics::{AsyncInstrument, Counter, Gauge, Histogram, Meter, UpDownCounter},
};
use parking_lot::Mutex;

use super::SutError;
use crate::{
    driver::{Measurement, ObservableState},
    scenario::{AttributeValue, Attributes, Instrument, InstrumentKind, Number, NumberKind},
};

/// The instruments that a scenario asks for, made through the API that every Rust SDK implements.
#[derive(Default)]
pub(crate) struct Instruments {
    synchronous: IndexMap<String, Synchronous>,
    observable: IndexMap<String, Arc<Mutex<Reported>>>,
}

enum Synchronous {
    CounterU64(Counter<u64>),
    CounterF64(Counter<f64>),
    UpDownI64(UpDownCounter<i64>),
    UpDownF64(UpDownCounter<f64>),
    HistogramU64(Histogram<u64>),
    HistogramF64(Histogram<f64>),
    GaugeI64(Gauge<i64>),
    GaugeF64(Gauge<f64>),
}

/// What a callback does when it is called.
#[derive(Default)]
struct Reported {
    instrument: String,
    values: IndexMap<String, (Vec<KeyValue>, Number)>,
    panics: bool,
    blocks: Duration,
}

impl Instruments {
    /// Makes `specs` with `meter`.
    pub(crate) fn make(meter: &Meter, specs: &[Instrument]) -> Self {
        let mut instruments = Self::default();
        for spec in specs {
            if spec.kind.is_observable() {
                let reported = Arc::new(Mutex::new(Reported {
                    instrument: spec.name.clone(),
                    ..Reported::default()
                }));
                for observed in &spec.observe {
                    reported
                        .lock()
                        .set(&observed.attributes, Some(observed.value));
                }
                observable(meter, spec, Arc::clone(&reported));
                instruments.observable.insert(spec.name.clone(), reported);
            } else if let Some(instrument) = synchronous(meter, spec) {
                instruments
                    .synchronous
                    .insert(spec.name.clone(), instrument);
            }
        }
        instruments
    }

    /// Records on a synchronous instrument.
    pub(crate) fn record(&self, measurement: &Measurement) -> Result<(), SutError> {
        let name = &measurement.instrument;
        let instrument = self.synchronous.get(name).ok_or_else(|| {
            SutError::Refused(format!("there is no synchronous instrument `{name}`"))
        })?;
        let attributes = key_values(&measurement.attributes);
        for _ in 0..measurement.times {
            instrument.record(name, measurement.value, &attributes)?;
        }
        Ok(())
    }

    /// Sets what a callback does from now on.
    pub(crate) fn observe(&self, state: &ObservableState) -> Result<(), SutError> {
        let name = &state.instrument;
        let reported = self.observable.get(name).ok_or_else(|| {
            SutError::Refused(format!("there is no observable instrument `{name}`"))
        })?;
        let mut reported = reported.lock();
        if state.value.is_some() || !(state.panic || state.block_ms > 0) {
            reported.set(&state.attributes, state.value);
        }
        reported.panics = state.panic;
        reported.blocks = Duration::from_millis(state.block_ms);
        Ok(())
    }
}

impl Synchronous {
    fn record(&self, name: &str, value: Number, attributes: &[KeyValue]) -> Result<(), SutError> {
        match self {
            Self::CounterU64(counter) => counter.add(unsigned(name, value)?, attributes),
            Self::CounterF64(counter) => counter.add(value.as_f64(), attributes),
            Self::UpDownI64(counter) => counter.add(signed(name, value)?, attributes),
            Self::UpDownF64(counter) => counter.add(value.as_f64(), attributes),
            Self::HistogramU64(histogram) => histogram.record(unsigned(name, value)?, attributes),
            Self::HistogramF64(histogram) => histogram.record(value.as_f64(), attributes),
            Self::GaugeI64(gauge) => gauge.record(signed(name, value)?, attributes),
            Self::GaugeF64(gauge) => gauge.record(value.as_f64(), attributes),
        }
        Ok(())
    }
}

fn signed(name: &str, value: Number) -> Result<i64, SutError> {
    match value {
        Number::Integer(value) => Ok(value),
        Number::Float(value) => Err(SutError::Refused(format!(
            "`{name}` takes whole numbers, not {value}"
        ))),
    }
}

fn unsigned(name: &str, value: Number) -> Result<u64, SutError> {
    u64::try_from(signed(name, value)?)
        .map_err(|_| SutError::Refused(format!("`{name}` takes numbers from 0 up, not {value}")))
}

/// Builds one instrument; unit and description only where the scenario gives them.
macro_rules! built {
    ($builder:expr, $spec:expr) => {{
        let mut builder = $builder;
        if let Some(unit) = &$spec.unit {
            builder = builder.with_unit(unit.clone());
        }
        if let Some(description) = &$spec.description {
            builder = builder.with_description(description.clone());
        }
        builder.build()
    }};
}

fn synchronous(meter: &Meter, spec: &Instrument) -> Option<Synchronous> {
    let name = spec.name.clone();
    Some(match (spec.kind, spec.number_kind()) {
        (InstrumentKind::Counter, NumberKind::Integer) => {
            Synchronous::CounterU64(built!(meter.u64_counter(name), spec))
        }
        (InstrumentKind::Counter, NumberKind::Float) => {
            Synchronous::CounterF64(built!(meter.f64_counter(name), spec))
        }
        (InstrumentKind::UpDownCounter, NumberKind::Integer) => {
            Synchronous::UpDownI64(built!(meter.i64_up_down_counter(name), spec))
        }
        (InstrumentKind::UpDownCounter, NumberKind::Float) => {
            Synchronous::UpDownF64(built!(meter.f64_up_down_counter(name), spec))
        }
        (InstrumentKind::Histogram, NumberKind::Integer) => {
            Synchronous::HistogramU64(built!(meter.u64_histogram(name), spec))
        }
        (InstrumentKind::Histogram, NumberKind::Float) => {
            Synchronous::HistogramF64(built!(meter.f64_histogram(name), spec))
        }
        (InstrumentKind::Gauge, NumberKind::Integer) => {
            Synchronous::GaugeI64(built!(meter.i64_gauge(name), spec))
        }
        (InstrumentKind::Gauge, NumberKind::Float) => {
            Synchronous::GaugeF64(built!(meter.f64_gauge(name), spec))
        }
        (
            InstrumentKind::ObservableCounter
            | InstrumentKind::ObservableUpDownCounter
            | InstrumentKind::ObservableGauge,
            _,
        ) => return None,
    })
}

fn observable(meter: &Meter, spec: &Instrument, reported: Arc<Mutex<Reported>>) {
    let name = spec.name.clone();
    let float = |reported: Arc<Mutex<Reported>>| {
        move |instrument: &dyn AsyncInstrument<f64>| {
            report(&reported, |value, attributes| {
                instrument.observe(value.as_f64(), attributes);
            });
        }
    };
    let integer = |reported: Arc<Mutex<Reported>>| {
        move |instrument: &dyn AsyncInstrument<i64>| {
            report(&reported, |value, attributes| {
                if let Number::Integer(value) = value {
                    instrument.observe(value, attributes);
                }
            });
        }
    };
    let unsigned = |reported: Arc<Mutex<Reported>>| {
        move |instrument: &dyn AsyncInstrument<u64>| {
            report(&reported, |value, attributes| {
                if let Number::Integer(value) = value
                    && let Ok(value) = u64::try_from(value)
                {
                    instrument.observe(value, attributes);
                }
            });
        }
    };
    // The SDK keeps the callback; the handle itself is of no further use.
    match (spec.kind, spec.number_kind()) {
        (InstrumentKind::ObservableCounter, NumberKind::Integer) => {
            built!(
                meter
                    .u64_observable_counter(name)
                    .with_callback(unsigned(reported)),
                spec
            );
        }
        (InstrumentKind::ObservableCounter, NumberKind::Float) => {
            built!(
                meter
                    .f64_observable_counter(name)
                    .with_callback(float(reported)),
                spec
            );
        }
        (InstrumentKind::ObservableUpDownCounter, NumberKind::Integer) => {
            built!(
                meter
                    .i64_observable_up_down_counter(name)
                    .with_callback(integer(reported)),
                spec
            );
        }
        (InstrumentKind::ObservableUpDownCounter, NumberKind::Float) => {
            built!(
                meter
                    .f64_observable_up_down_counter(name)
                    .with_callback(float(reported)),
                spec
            );
        }
        (InstrumentKind::ObservableGauge, NumberKind::Integer) => {
            built!(
                meter
                    .i64_observable_gauge(name)
                    .with_callback(integer(reported)),
                spec
            );
        }
        (InstrumentKind::ObservableGauge, NumberKind::Float) => {
            built!(
                meter
                    .f64_observable_gauge(name)
                    .with_callback(float(reported)),
                spec
            );
        }
        (
            InstrumentKind::Counter
            | InstrumentKind::UpDownCounter
            | InstrumentKind::Histogram
            | InstrumentKind::Gauge,
            _,
        ) => {}
    }
}

impl Reported {
    fn set(&mut self, attributes: &Attributes, value: Option<Number>) {
        let key = format!("{attributes:?}");
        match value {
            Some(value) => drop(self.values.insert(key, (key_values(attributes), value))),
            None => drop(self.values.shift_remove(&key)),
        }
    }
}

fn report(reported: &Mutex<Reported>, mut observe: impl FnMut(Number, &[KeyValue])) {
    let (panics, blocks) = {
        let reported = reported.lock();
        for (attributes, value) in reported.values.values() {
            observe(*value, attributes);
        }
        (reported.panics, reported.blocks)
    };
    if !blocks.is_zero() {
        #[expect(
            clippy::disallowed_methods,
            reason = "a callback that blocks its thread is what the scenario asks for"
        )]
        std::thread::sleep(blocks);
    }
    if panics {
        let instrument = reported.lock().instrument.clone();
        // A panic as the SDK sees it, without a line on the runner's own standard error.
        std::panic::resume_unwind(Box::new(format!(
            "the callback of {instrument} panics, as the scenario asks for"
        )));
    }
}

/// Attributes as the API takes them.
pub(crate) fn key_values(attributes: &Attributes) -> Vec<KeyValue> {
    attributes
        .iter()
        .map(|(key, value)| KeyValue::new(key.clone(), value_of(value)))
        .collect()
}

fn value_of(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::Boolean(value) => Value::Bool(*value),
        AttributeValue::Integer(value) => Value::I64(*value),
        AttributeValue::Float(value) => Value::F64(*value),
        AttributeValue::Text(value) => Value::String(StringValue::from(value.clone())),
    }
}

/// The same as a value of a log record.
pub(crate) fn any_value(value: &AttributeValue) -> AnyValue {
    match value {
        AttributeValue::Boolean(value) => AnyValue::Boolean(*value),
        AttributeValue::Integer(value) => AnyValue::Int(*value),
        AttributeValue::Float(value) => AnyValue::Double(*value),
        AttributeValue::Text(value) => AnyValue::String(StringValue::from(value.clone())),
    }
}
