//! Metrics that a driver makes for what only forwards them: a point for each measurement.

use std::collections::HashMap;

use indexmap::IndexMap;
use opentelemetry_proto::tonic::{
    common::v1::KeyValue,
    metrics::v1::{
        AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, Sum,
        metric::Data, number_data_point,
    },
};

use super::source::key_value;
use crate::{
    driver::Measurement,
    scenario::{Instrument, InstrumentKind, Number, NumberKind},
    sut::SutError,
};

/// The instruments, and what has been measured with them.
pub(super) struct Measured {
    instruments: IndexMap<String, Instrument>,
    is_delta: bool,
    /// By instrument and attributes.
    series: HashMap<(String, String), Series>,
    /// The beginning of cumulative series.
    started: u64,
    /// The beginning of the next window of deltas.
    since: u64,
}

/// What has been measured since `start`, in two kinds of numbers: sums of whole numbers stay exact.
#[derive(Clone, Copy, Default)]
struct Series {
    start: u64,
    count: u64,
    sum: f64,
    whole_sum: i64,
    least: f64,
    most: f64,
}

impl Series {
    fn add(&mut self, value: Number, times: u64) {
        let number = value.as_f64();
        self.least = if self.count == 0 {
            number
        } else {
            self.least.min(number)
        };
        self.most = if self.count == 0 {
            number
        } else {
            self.most.max(number)
        };
        self.count += times;
        self.sum += number * float(times);
        if let Number::Integer(whole) = value {
            let times = i64::try_from(times).unwrap_or(i64::MAX);
            self.whole_sum = self.whole_sum.saturating_add(whole.saturating_mul(times));
        }
    }
}

impl Measured {
    pub(super) fn new(instruments: &[Instrument], is_delta: bool, now: u64) -> Self {
        let named = |instrument: &Instrument| (instrument.name.clone(), instrument.clone());
        Self {
            instruments: instruments.iter().map(named).collect(),
            is_delta,
            series: HashMap::new(),
            started: now,
            since: now,
        }
    }

    /// The metric with the point of the series that `measurement` belongs to.
    pub(super) fn record(
        &mut self,
        measurement: &Measurement,
        now: u64,
    ) -> Result<Metric, SutError> {
        let name = &measurement.instrument;
        let Some(instrument) = self.instruments.get(name) else {
            return Err(SutError::Refused(format!("no such instrument: {name}")));
        };
        let attributes = serde_json::to_string(&measurement.attributes)
            .map_err(|error| SutError::Refused(error.to_string()))?;
        // Spec: the preferences of exporters; a counter that goes up and down is cumulative with each of them.
        let is_delta = self.is_delta && instrument.kind != InstrumentKind::UpDownCounter;
        let new = Series {
            start: if is_delta { self.since } else { self.started },
            ..Series::default()
        };
        let mut series = new;
        let temporality = if is_delta {
            self.since = now;
            series.add(measurement.value, measurement.times);
            AggregationTemporality::Delta
        } else {
            let known = self.series.entry((name.clone(), attributes)).or_insert(new);
            known.add(measurement.value, measurement.times);
            series = *known;
            AggregationTemporality::Cumulative
        };
        Ok(Metric {
            name: name.clone(),
            description: instrument.description.clone().unwrap_or_default(),
            unit: instrument.unit.clone().unwrap_or_default(),
            data: Some(data(instrument, measurement, series, temporality, now)?),
            ..Metric::default()
        })
    }
}

fn data(
    instrument: &Instrument,
    measurement: &Measurement,
    series: Series,
    temporality: AggregationTemporality,
    now: u64,
) -> Result<Data, SutError> {
    let attributes: Vec<KeyValue> = measurement
        .attributes
        .iter()
        .map(|(key, value)| key_value(key, value))
        .collect();
    let is_float = instrument.number == Some(NumberKind::Float);
    let point = |value: Number| NumberDataPoint {
        attributes: attributes.clone(),
        start_time_unix_nano: series.start,
        time_unix_nano: now,
        value: Some(match value {
            Number::Integer(value) if !is_float => number_data_point::Value::AsInt(value),
            value => number_data_point::Value::AsDouble(value.as_f64()),
        }),
        ..NumberDataPoint::default()
    };
    let sum = |is_monotonic| {
        let total = match measurement.value {
            Number::Integer(_) if !is_float => Number::Integer(series.whole_sum),
            _ => Number::Float(series.sum),
        };
        Data::Sum(Sum {
            data_points: vec![point(total)],
            aggregation_temporality: temporality.into(),
            is_monotonic,
        })
    };
    Ok(match instrument.kind {
        InstrumentKind::Counter => sum(true),
        InstrumentKind::UpDownCounter => sum(false),
        InstrumentKind::Gauge => Data::Gauge(Gauge {
            data_points: vec![point(measurement.value)],
        }),
        InstrumentKind::Histogram => Data::Histogram(Histogram {
            data_points: vec![HistogramDataPoint {
                attributes,
                start_time_unix_nano: series.start,
                time_unix_nano: now,
                count: series.count,
                sum: Some(series.sum),
                min: Some(series.least),
                max: Some(series.most),
                ..HistogramDataPoint::default()
            }],
            aggregation_temporality: temporality.into(),
        }),
        InstrumentKind::ObservableCounter
        | InstrumentKind::ObservableUpDownCounter
        | InstrumentKind::ObservableGauge => {
            let reason = "there are no callbacks in a Collector";
            return Err(SutError::Refused(reason.to_owned()));
        }
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "scenarios repeat a measurement some thousand times at most"
)]
const fn float(times: u64) -> f64 {
    times as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Start, end and value of the point that the counter of items has after each of some additions at these times.
    fn points(is_delta: bool) -> Vec<(u64, u64, Option<number_data_point::Value>)> {
        let counter = Instrument::items_counter();
        let mut measured = Measured::new(std::slice::from_ref(&counter), is_delta, 10);
        let mut added = |times, now| {
            let measurement = Measurement {
                instrument: counter.name.clone(),
                value: Number::Integer(2),
                times,
                attributes: [].into_iter().collect(),
            };
            let metric = measured.record(&measurement, now).expect("a point");
            let Some(Data::Sum(sum)) = metric.data else {
                panic!("a counter is a sum");
            };
            let point = &sum.data_points[0];
            (
                point.start_time_unix_nano,
                point.time_unix_nano,
                point.value,
            )
        };
        vec![added(3, 20), added(1, 30)]
    }

    #[test]
    fn sums_are_those_since_the_start_or_since_the_measurement_before() {
        let number = |value| Some(number_data_point::Value::AsInt(value));
        assert_eq!(points(false), [(10, 20, number(6)), (10, 30, number(8))]);
        assert_eq!(points(true), [(10, 20, number(6)), (20, 30, number(2))]);
    }
}
