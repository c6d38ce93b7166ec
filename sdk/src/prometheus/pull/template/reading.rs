//! Reading the numbers of a collection that is like another one.

use std::time::SystemTime;

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, Metric, MetricData, ResourceMetrics, ScopeMetrics,
};

use super::matching::{are_same, counterparts};
use super::point::CollectedPoint;
use crate::convert::unix_nano;
use crate::metrics::{Number, StreamTimes};
use crate::prometheus::text::{Figure, Part, Samples};

/// The numbers of a collection, while they are read.
pub(super) struct Reading<'a> {
    /// Where the numbers of the points belong that were not read yet.
    places: &'a [Option<usize>],
    parts: &'a [Part],
    figures: &'a mut [Figure],
    buffer: Samples,
}

impl<'a> Reading<'a> {
    pub(super) fn new(
        places: &'a [Option<usize>],
        parts: &'a [Part],
        figures: &'a mut [Figure],
    ) -> Self {
        Self {
            places,
            parts,
            figures,
            buffer: Samples::default(),
        }
    }

    /// Reads all numbers of `new`. Whether it differs from `known`, for which the places are, in numbers and times alone.
    pub(super) fn all(&mut self, known: &ResourceMetrics, new: &ResourceMetrics) -> bool {
        known.resource() == new.resource()
            && pairwise(known.scope_metrics(), new.scope_metrics(), |known, new| {
                is_same_scope(known.scope(), new.scope())
                    && pairwise(known.metrics(), new.metrics(), |known, new| {
                        self.metric(known, new)
                    })
            })
    }

    fn metric(&mut self, known: &Metric, new: &Metric) -> bool {
        known.name() == new.name()
            && known.description() == new.description()
            && known.unit() == new.unit()
            && match (known.data(), new.data()) {
                (AggregatedMetrics::F64(known), AggregatedMetrics::F64(new)) => {
                    self.data(known, new)
                }
                (AggregatedMetrics::U64(known), AggregatedMetrics::U64(new)) => {
                    self.data(known, new)
                }
                (AggregatedMetrics::I64(known), AggregatedMetrics::I64(new)) => {
                    self.data(known, new)
                }
                _ => false,
            }
    }

    fn data<T: Number>(&mut self, known: &MetricData<T>, new: &MetricData<T>) -> bool {
        match (known, new) {
            (MetricData::Gauge(known), MetricData::Gauge(new)) => {
                self.points(known.data_points(), new.data_points())
            }
            (MetricData::Sum(known), MetricData::Sum(new)) => {
                known.temporality() == new.temporality()
                    && known.is_monotonic() == new.is_monotonic()
                    && self.points(known.data_points(), new.data_points())
            }
            (MetricData::Histogram(known), MetricData::Histogram(new)) => {
                known.temporality() == new.temporality()
                    && self.points(known.data_points(), new.data_points())
            }
            (MetricData::ExponentialHistogram(known), MetricData::ExponentialHistogram(new)) => {
                known.temporality() == new.temporality()
                    && self.points(known.data_points(), new.data_points())
            }
            _ => false,
        }
    }

    fn points<'p, P: CollectedPoint + 'p>(
        &mut self,
        known: impl Iterator<Item = &'p P>,
        new: impl Iterator<Item = &'p P>,
    ) -> bool {
        let (known, new): (Vec<&P>, Vec<&P>) = (known.collect(), new.collect());
        let Some(counterparts) = counterparts(&known, &new) else {
            return false;
        };
        let (places, rest) = self.places.split_at(known.len());
        self.places = rest;
        counterparts.into_iter().zip(new).all(|(number, new)| {
            match places[number] {
                Some(first) => {
                    let figures = &mut self.figures[first..];
                    new.fill(&self.parts[first..], figures, &mut self.buffer)
                }
                // Were it not left out any more, or for another reason, other series could be, too.
                None => new.problem() == known[number].problem(),
            }
        })
    }
}

fn is_same_scope(one: &InstrumentationScope, other: &InstrumentationScope) -> bool {
    one.name() == other.name()
        && one.version() == other.version()
        && one.schema_url() == other.schema_url()
        && are_same(one.attributes(), other.attributes())
}

/// Whether there are as many of both, and each pair `is_same`.
fn pairwise<T>(
    one: impl Iterator<Item = T>,
    mut other: impl Iterator<Item = T>,
    mut is_same: impl FnMut(T, T) -> bool,
) -> bool {
    let mut one = one;
    one.all(|one| other.next().is_some_and(|other| is_same(one, other))) && other.next().is_none()
}

/// When each metric began, in nanoseconds since 1970; 0 for gauges, of which no page tells it.
pub(super) fn starts(collected: &ResourceMetrics, times: &dyn StreamTimes) -> Vec<u64> {
    let scopes = collected.scope_metrics();
    scopes
        .flat_map(ScopeMetrics::metrics)
        .map(|metric| match metric.data() {
            AggregatedMetrics::F64(data) => start(data, times),
            AggregatedMetrics::U64(data) => start(data, times),
            AggregatedMetrics::I64(data) => start(data, times),
        })
        .collect()
}

fn start<T>(data: &MetricData<T>, times: &dyn StreamTimes) -> u64 {
    let start = |start: SystemTime, time: SystemTime, temporality: Temporality| {
        unix_nano(times.start(start, time, temporality))
    };
    match data {
        MetricData::Gauge(_) => 0,
        MetricData::Sum(sum) => start(sum.start_time(), sum.time(), sum.temporality()),
        MetricData::Histogram(histogram) => start(
            histogram.start_time(),
            histogram.time(),
            histogram.temporality(),
        ),
        MetricData::ExponentialHistogram(histogram) => start(
            histogram.start_time(),
            histogram.time(),
            histogram.temporality(),
        ),
    }
}
