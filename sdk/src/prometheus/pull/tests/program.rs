//! A program that measures what it is told to.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry::{Array, InstrumentationScope, KeyValue, StringValue, Value};
use opentelemetry_sdk::metrics::InstrumentKind;
use parking_lot::Mutex;

use crate::metrics::{MeterProvider, View};

/// One thing that a program does.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// It measures, with a new instrument or one that it has.
    Measure(Measurement),
    /// It measures again all that it has measured, differently.
    MeasureAgain(i32),
    /// From now on this series of an observable instrument has this value, or none.
    Observe {
        instrument: usize,
        series: usize,
        value: Option<i32>,
    },
}

/// One measurement; but for the amount, numbers are places in the tables below, and beyond their ends begin again.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Measurement {
    pub(super) scope: usize,
    pub(super) kind: usize,
    pub(super) name: usize,
    pub(super) unit: usize,
    pub(super) description: usize,
    pub(super) series: usize,
    pub(super) amount: i32,
}

pub(super) const KINDS: usize = 7;
pub(super) const OBSERVABLES: usize = 3;

/// Many of them become the same in Prometheus, or samples of each other.
const NAMES: [&str; 9] = [
    "wait",
    EXPONENTIAL,
    LIMITED,
    "x.y",
    "x-y",
    "x_y_total",
    "x.y.count",
    "wait.sum",
    "1st",
];
const EXPONENTIAL: &str = "size";
const LIMITED: &str = "limited";
const UNITS: [&str; 4] = ["", "s", "1", "{thing}"];
const DESCRIPTIONS: [&str; 3] = ["", "One \\ two\nthree", "Another"];
const SCOPES: [&str; 3] = ["", "lib", "other"];

/// Sets of attributes, of which many become the same labels, or are called as labels that mean something else.
fn attributes(series: usize) -> Vec<KeyValue> {
    let list: Vec<StringValue> = vec!["x".into(), "y\n".into()];
    match series % 16 {
        0 => vec![],
        1 => vec![KeyValue::new("a", "1")],
        2 => vec![KeyValue::new("a", 1)],
        3 => vec![KeyValue::new("a", "1"), KeyValue::new("b", true)],
        4 => vec![KeyValue::new("b", true), KeyValue::new("a", "1")],
        5 => vec![KeyValue::new("a.b", "x")],
        6 => vec![KeyValue::new("a_b", "x")],
        7 => vec![KeyValue::new("a_b", "y"), KeyValue::new("a.b", "x")],
        8 => vec![KeyValue::new("a.b", "x;y")],
        9 => vec![KeyValue::new("le", "0.5")],
        10 => vec![KeyValue::new("otel_scope_name", "\"mine\"")],
        11 => vec![KeyValue::new("a", "")],
        12 => vec![KeyValue::new("a", Value::Array(Array::String(list)))],
        13 => vec![KeyValue::new("a", 0.5)],
        14 => vec![KeyValue::new("a", "0.5")],
        _ => vec![KeyValue::new("__name__", "x"), KeyValue::new("4xx", "\\")],
    }
}

pub(super) fn views() -> [View; 2] {
    let exponential = View::new()
        .name(EXPONENTIAL)
        .kind(InstrumentKind::Histogram);
    [
        exponential.exponential_buckets(),
        View::new().name(LIMITED).cardinality_limit(2),
    ]
}

type Observed = Arc<Mutex<BTreeMap<usize, i32>>>;

pub(super) struct Program {
    provider: MeterProvider,
    measured: Vec<Measurement>,
    observed: [Observed; OBSERVABLES],
    observables: BTreeMap<usize, Box<dyn Any>>,
}

impl Program {
    pub(super) fn new(provider: MeterProvider) -> Self {
        Self {
            provider,
            measured: Vec::new(),
            observed: Default::default(),
            observables: BTreeMap::new(),
        }
    }

    pub(super) fn step(&mut self, step: &Step) {
        match step {
            Step::Measure(measurement) => {
                self.measured.push(*measurement);
                self.measure(*measurement);
            }
            Step::MeasureAgain(amount) => {
                for (measurement, times) in self.measured.iter().zip(1..) {
                    let amount = amount * times;
                    self.measure(Measurement {
                        amount,
                        ..*measurement
                    });
                }
            }
            Step::Observe {
                instrument,
                series,
                value,
            } => self.observe(instrument % OBSERVABLES, *series, *value),
        }
    }

    fn meter(&self, scope: usize) -> Meter {
        let name = SCOPES[scope % SCOPES.len()];
        let scope = InstrumentationScope::builder(name)
            .with_version("1.0")
            .with_attributes([KeyValue::new("z", name.is_empty())]);
        self.provider.meter_with_scope(scope.build())
    }

    fn measure(&self, measurement: Measurement) {
        let meter = self.meter(measurement.scope);
        let attributes = attributes(measurement.series);
        let whole = measurement.amount;
        let (positive, float) = (u64::from(whole.unsigned_abs()), f64::from(whole) / 4.0);
        let name = NAMES[measurement.name % NAMES.len()];
        macro_rules! with {
            ($instrument:ident.$method:ident($value:expr)) => {
                meter
                    .$instrument(name)
                    .with_unit(UNITS[measurement.unit % UNITS.len()])
                    .with_description(DESCRIPTIONS[measurement.description % DESCRIPTIONS.len()])
                    .build()
                    .$method($value, &attributes)
            };
        }
        match measurement.kind % KINDS {
            0 => with!(u64_counter.add(positive)),
            1 => with!(f64_counter.add(float.abs())),
            2 => with!(i64_up_down_counter.add(i64::from(whole))),
            3 => with!(f64_gauge.record(float)),
            4 => with!(u64_gauge.record(u64::MAX - positive)),
            5 => with!(f64_histogram.record(float)),
            _ => with!(u64_histogram.record(positive)),
        }
    }

    fn observe(&mut self, instrument: usize, series: usize, value: Option<i32>) {
        let observed = Arc::clone(&self.observed[instrument]);
        match value {
            Some(value) => observed.lock().insert(series, value),
            None => observed.lock().remove(&series),
        };
        if self.observables.contains_key(&instrument) {
            return;
        }
        let meter = self.meter(1);
        let all = move || observed.lock().clone().into_iter();
        let observable: Box<dyn Any> = match instrument {
            0 => Box::new(
                meter
                    .i64_observable_gauge("level")
                    .with_callback(move |gauge| {
                        all().for_each(|(series, value)| {
                            gauge.observe(i64::from(value), &attributes(series));
                        });
                    })
                    .build(),
            ),
            1 => Box::new(
                meter
                    .u64_observable_counter("x.y")
                    .with_callback(move |counter| {
                        all().for_each(|(series, value)| {
                            counter.observe(u64::from(value.unsigned_abs()), &attributes(series));
                        });
                    })
                    .build(),
            ),
            _ => Box::new(
                meter
                    .f64_observable_up_down_counter("balance")
                    .with_callback(move |counter| {
                        all().for_each(|(series, value)| {
                            counter.observe(f64::from(value), &attributes(series));
                        });
                    })
                    .build(),
            ),
        };
        self.observables.insert(instrument, observable);
    }
}
