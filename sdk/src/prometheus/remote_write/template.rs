//! A message that is filled again: most batches differ from the one before in values and times alone.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, SummaryDataPoint,
    number_data_point,
};

use super::encode::{Message, SAMPLE_TIME};
use super::value::measured;
use super::walk::{milliseconds, numbers};
use crate::convert::unix_nano;
use crate::metrics::MetricBatch;
use crate::prometheus::family::{Families, Point, Value};

/// A message, and where in it the values and times of which points are.
#[derive(Debug)]
pub(super) struct Template {
    /// The batch that it was made of.
    request: ExportMetricsServiceRequest,
    message: Message,
    series: Vec<Filled>,
    /// How many bytes each time takes.
    time_bytes: usize,
    /// The values of the series that is being filled.
    values: Vec<f64>,
}

/// What a series is filled from.
#[derive(Clone, Copy, Debug)]
struct Filled {
    /// The number of its point in the batch; `None` where its value stays.
    point: Option<usize>,
    /// How many lines it is.
    lines: usize,
}

/// A data point whose values can be filled in.
#[derive(Clone, Copy)]
enum Source<'a> {
    Number(&'a NumberDataPoint),
    Histogram(&'a HistogramDataPoint),
    Summary(&'a SummaryDataPoint),
}

impl Template {
    /// Of the message that `families` of `batch` were written as, at `times`; `None` where the next may look different.
    pub(super) fn of(
        batch: &MetricBatch,
        families: &Families<'_>,
        times: &[i64],
        message: &Message,
    ) -> Option<Self> {
        let time_bytes = varint_bytes(*times.first()?);
        if times.iter().any(|time| varint_bytes(*time) != time_bytes) {
            return None;
        }
        let mut filled = Vec::with_capacity(times.len());
        let mut values = Vec::new();
        for series in families.families.iter().flat_map(|family| &family.series) {
            if !series.exemplars.is_empty() {
                return None;
            }
            numbers(&series.value, &mut values)?;
            filled.push(Filled {
                point: series.point,
                lines: values.len(),
            });
        }
        let lines: usize = filled.iter().map(|filled| filled.lines).sum();
        (lines == message.samples.len()).then(|| Self {
            request: batch.request.clone(),
            message: message.clone(),
            series: filled,
            time_bytes,
            values,
        })
    }

    /// Fills in `batch`, whose times have to be later than `times`, which then are those. `None` where it does not fit; then this
    /// template is of no use any longer.
    pub(super) fn fill(&mut self, batch: &MetricBatch, times: &mut [i64]) -> Option<&Message> {
        let points = sources(&self.request, &batch.request)?;
        if times.len() != self.series.len() {
            return None;
        }
        let of_resource = milliseconds(unix_nano(batch.window.end));
        let mut samples = self.message.samples.iter();
        for (series, last) in self.series.iter().zip(times) {
            let mut time = of_resource;
            if let Some(point) = series.point {
                time = points.get(point)?.read(&mut self.values)?;
                if self.values.len() != series.lines {
                    return None;
                }
            } else {
                self.values.clear();
            }
            if time <= *last || varint_bytes(time) != self.time_bytes {
                return None;
            }
            *last = time;
            for line in 0..series.lines {
                let sample = *samples.next()?;
                if let Some(value) = self.values.get(line) {
                    let place = self.message.bytes.get_mut(sample..sample + 8)?;
                    place.copy_from_slice(&measured(*value).to_le_bytes());
                }
                let from = sample + SAMPLE_TIME;
                let place = self.message.bytes.get_mut(from..from + self.time_bytes)?;
                write_varint(time, place);
            }
        }
        Some(&self.message)
    }
}

impl Source<'_> {
    /// Its values as they stand in lines, and its time; `None` where there are none.
    fn read(self, values: &mut Vec<f64>) -> Option<i64> {
        match self {
            // Without a detour, as most points are these.
            Self::Number(point) => {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "Prometheus has no other numbers"
                )]
                let value = match point.value? {
                    number_data_point::Value::AsInt(number) => number as f64,
                    number_data_point::Value::AsDouble(number) => number,
                };
                values.clear();
                values.push(value);
                Some(milliseconds(point.time_unix_nano))
            }
            Self::Histogram(point) => read(point, values),
            Self::Summary(point) => read(point, values),
        }
    }
}

fn read(point: &impl Point, values: &mut Vec<f64>) -> Option<i64> {
    let value: Value = point.value().ok()?;
    numbers(&value, values)?;
    let (_, time) = point.times();
    Some(milliseconds(time))
}

/// The points of `new` in turn, where it differs from `old` in values and times alone.
fn sources<'a>(
    old: &ExportMetricsServiceRequest,
    new: &'a ExportMetricsServiceRequest,
) -> Option<Vec<Source<'a>>> {
    let mut sources = Vec::new();
    for (old, new) in pairs(&old.resource_metrics, &new.resource_metrics)? {
        let ResourceMetrics {
            resource,
            scope_metrics,
            schema_url,
        } = new;
        if *resource != old.resource || *schema_url != old.schema_url {
            return None;
        }
        for (old, new) in pairs(&old.scope_metrics, scope_metrics)? {
            let ScopeMetrics {
                scope,
                metrics,
                schema_url,
            } = new;
            if *scope != old.scope || *schema_url != old.schema_url {
                return None;
            }
            for (old, new) in pairs(&old.metrics, metrics)? {
                of_metric(old, new, &mut sources)?;
            }
        }
    }
    Some(sources)
}

fn of_metric<'a>(old: &Metric, new: &'a Metric, sources: &mut Vec<Source<'a>>) -> Option<()> {
    let is_same = new.name == old.name
        && new.unit == old.unit
        && new.description == old.description
        && new.metadata == old.metadata;
    if !is_same {
        return None;
    }
    match (old.data.as_ref()?, new.data.as_ref()?) {
        (Data::Gauge(old), Data::Gauge(new)) => {
            of_numbers(&old.data_points, &new.data_points, sources)
        }
        (Data::Sum(old), Data::Sum(new)) => {
            let is_same = new.is_monotonic == old.is_monotonic
                && new.aggregation_temporality == old.aggregation_temporality;
            is_same.then(|| of_numbers(&old.data_points, &new.data_points, sources))?
        }
        (Data::Histogram(old), Data::Histogram(new)) => {
            if new.aggregation_temporality != old.aggregation_temporality {
                return None;
            }
            for (old, new) in pairs(&old.data_points, &new.data_points)? {
                let is_same = new.start_time_unix_nano == old.start_time_unix_nano
                    && new.explicit_bounds == old.explicit_bounds
                    && new.exemplars.is_empty()
                    && new.attributes == old.attributes;
                is_same.then(|| sources.push(Source::Histogram(new)))?;
            }
            Some(())
        }
        (Data::Summary(old), Data::Summary(new)) => {
            for (old, new) in pairs(&old.data_points, &new.data_points)? {
                let quantiles = |point: &SummaryDataPoint| -> Vec<f64> {
                    let all = point.quantile_values.iter();
                    all.map(|quantile| quantile.quantile).collect()
                };
                let is_same = new.start_time_unix_nano == old.start_time_unix_nano
                    && quantiles(new) == quantiles(old)
                    && new.attributes == old.attributes;
                is_same.then(|| sources.push(Source::Summary(new)))?;
            }
            Some(())
        }
        _ => None,
    }
}

fn of_numbers<'a>(
    old: &[NumberDataPoint],
    new: &'a [NumberDataPoint],
    sources: &mut Vec<Source<'a>>,
) -> Option<()> {
    for (old, new) in pairs(old, new)? {
        let is_same = new.start_time_unix_nano == old.start_time_unix_nano
            && new.flags == 0
            && new.exemplars.is_empty()
            && new.attributes == old.attributes;
        is_same.then(|| sources.push(Source::Number(new)))?;
    }
    Some(())
}

/// The items of both in pairs, where there are as many.
fn pairs<'o, 'n, T>(
    old: &'o [T],
    new: &'n [T],
) -> Option<impl Iterator<Item = (&'o T, &'n T)> + use<'o, 'n, T>> {
    (old.len() == new.len()).then(|| old.iter().zip(new))
}

fn varint_bytes(time: i64) -> usize {
    prost::encoding::encoded_len_varint(time.cast_unsigned())
}

/// Writes `time` into exactly as many bytes as it takes.
fn write_varint(time: i64, mut place: &mut [u8]) {
    prost::encoding::encode_varint(time.cast_unsigned(), &mut place);
}
