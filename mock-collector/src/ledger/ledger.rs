//! What was offered to the collector, and what it took.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::entry::{SignalEntry, Taken};
use super::stream::{Point, StreamEntry, StreamKey, StreamKind, Total};
use crate::journal::{Accepted, Evicted, Exchange, Identity, Journal};
use crate::payload::remote_write::{HistogramCount, Series, is_stale};
use crate::payload::{Payload, attribute_texts};
use crate::signal::Signal;

/// The attribute by which emitted spans and log records are told apart.
const ITEM: &str = "otelbox.item";

/// What was offered to the collector, and what it took. A snapshot of the journal as it was.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    signals: BTreeMap<Signal, SignalEntry>,
    streams: BTreeMap<StreamKey, StreamEntry>,
    evicted: Evicted,
    partial_payloads: u64,
    unreadable_payloads: u64,
}

impl Ledger {
    /// The ledger of a journal, as it stands now.
    pub fn of(journal: &Journal) -> Self {
        Self::from_exchanges(&journal.exchanges(), journal.evicted())
    }

    /// The same without what takes the payloads: no streams, and nothing by item. It costs little, and decodes nothing.
    pub fn counts_of(journal: &Journal) -> Self {
        Self::enter_all(&journal.exchanges(), journal.evicted(), false)
    }

    /// The ledger of these exchanges, of which so much was evicted.
    pub fn from_exchanges(exchanges: &[Arc<Exchange>], evicted: Evicted) -> Self {
        Self::enter_all(exchanges, evicted, true)
    }

    fn enter_all(exchanges: &[Arc<Exchange>], evicted: Evicted, with_payloads: bool) -> Self {
        let mut ledger = Self {
            evicted,
            ..Self::default()
        };
        let mut payloads: HashMap<(Signal, Identity), Taken> = HashMap::new();
        for exchange in exchanges {
            if let (Some(signal), Some(identity)) = (exchange.signal, exchange.identity) {
                let taken = payloads.entry((signal, identity)).or_default();
                ledger.enter(signal, exchange, taken, with_payloads);
            }
        }
        ledger
    }

    /// The entry of a signal; empty where nothing came.
    pub fn signal(&self, signal: Signal) -> SignalEntry {
        self.signals.get(&signal).cloned().unwrap_or_default()
    }

    /// The signals of which something came.
    pub fn signals(&self) -> &BTreeMap<Signal, SignalEntry> {
        &self.signals
    }

    /// The metric streams of which something was taken.
    pub fn streams(&self) -> &BTreeMap<StreamKey, StreamEntry> {
        &self.streams
    }

    /// The total of all streams of a metric, over attributes and resources; `None` where nothing of it was taken.
    pub fn total(&self, metric: &str) -> Option<Total> {
        let totals = self
            .streams
            .iter()
            .filter(|(key, _)| key.name == metric)
            .map(|(_, stream)| stream.total);
        totals.reduce(Total::plus)
    }

    /// The count of all streams of a histogram or summary, over attributes and resources.
    pub fn count(&self, metric: &str) -> u64 {
        self.streams
            .iter()
            .filter(|(key, _)| key.name == metric)
            .map(|(_, stream)| stream.count)
            .sum()
    }

    /// What the journal had let go of when the ledger was made.
    pub fn evicted(&self) -> Evicted {
        self.evicted
    }

    /// Why its numbers cannot be relied on; `None` where they can.
    ///
    /// An assertion over the ledger has to ask, and to fail where there is a reason.
    pub fn doubt(&self) -> Option<String> {
        if !self.evicted.is_nothing() {
            return Some(format!("the ledger is too low: {}", self.evicted));
        }
        if self.unreadable_payloads > 0 {
            return Some(format!(
                "the ledger is too low: {} payloads could not be read",
                self.unreadable_payloads
            ));
        }
        None
    }

    /// Payloads of which a partial success took only a part: which points it took is not known, so that the streams
    /// count all of them.
    pub fn partial_payloads(&self) -> u64 {
        self.partial_payloads
    }

    fn enter(
        &mut self,
        signal: Signal,
        exchange: &Exchange,
        taken: &mut Taken,
        with_payload: bool,
    ) {
        let entry = self.signals.entry(signal).or_default();
        entry.offer(exchange, taken);
        let Some(repeated) = entry.take(exchange, taken) else {
            return;
        };
        if matches!(exchange.accepted(), Accepted::Partial { rejected } if rejected > 0) {
            self.partial_payloads += 1;
        }
        if exchange.accepted_items() == 0 || !with_payload {
            return;
        }
        match exchange.payload() {
            Ok(payload) => self.enter_payload(signal, payload, repeated),
            Err(_) => self.unreadable_payloads += 1,
        }
    }

    fn enter_payload(&mut self, signal: Signal, payload: &Payload, repeated: bool) {
        match payload {
            Payload::Metrics(_) => each_point(payload, |key, point| {
                let stream = self
                    .streams
                    .entry(key)
                    .or_insert_with(|| StreamEntry::new(point.kind));
                stream.take(&point, repeated);
            }),
            Payload::Traces(_) | Payload::Logs(_) => {
                let by_item = &mut self.signals.entry(signal).or_default().by_item;
                for item in payload.item_attributes().filter_map(item) {
                    *by_item.entry(item).or_default() += 1;
                }
            }
            Payload::Profiles { .. } => {}
            Payload::RemoteWrite1(request) => self.enter_series(request.series(), repeated),
            Payload::RemoteWrite2(request) => self.enter_series(request.series(), repeated),
            Payload::Zipkin(list) => {
                let by_item = &mut self.signals.entry(signal).or_default().by_item;
                for item in list.spans.iter().filter_map(|span| span.tags.get(ITEM)) {
                    *by_item.entry(item.clone()).or_default() += 1;
                }
            }
        }
    }

    fn enter_series<'a>(&mut self, series: impl Iterator<Item = Series<'a>>, repeated: bool) {
        for series in series {
            let kind = StreamKind::series(series.metadata.as_ref());
            for point in series_points(&series, kind) {
                self.streams
                    .entry(series_key(&series))
                    .or_insert_with(|| StreamEntry::new(kind))
                    .take(&point, repeated);
            }
        }
    }
}

/// A series is a stream of its own, by the name and the labels that it has there; nothing is known of its resource.
fn series_key(series: &Series<'_>) -> StreamKey {
    const SCOPE: &str = "otel_scope_name";
    let attributes = series.labels.iter();
    StreamKey {
        resource: BTreeMap::new(),
        scope: series.label(SCOPE).unwrap_or_default().to_owned(),
        name: series.name().to_owned(),
        attributes: attributes
            .filter(|(name, _)| *name != "__name__" && *name != SCOPE)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    }
}

/// The points of a series. What only says that it has ended is none.
fn series_points(series: &Series<'_>, kind: StreamKind) -> Vec<Point> {
    let samples = series.samples.iter().map(|sample| (sample.value, 0));
    let histograms = series.histograms.iter().map(|histogram| {
        let count = match histogram.count {
            Some(HistogramCount::Int(count)) => count,
            // Counts as doubles belong to what is no longer counted one by one.
            Some(HistogramCount::Double(_)) | None => 0,
        };
        (histogram.sum, count)
    });
    samples
        .chain(histograms)
        .filter(|(value, _)| !is_stale(*value))
        .map(|(value, count)| Point {
            kind,
            total: Total::Double(value),
            count,
        })
        .collect()
}

/// A ledger as it is written.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Ledger")]
struct Fields<'a> {
    /// By signal, those of which something came.
    signals: &'a BTreeMap<Signal, SignalEntry>,
    /// The metric streams of which something was taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    streams: Vec<Stream<'a>>,
    /// Why its numbers cannot be relied on; absent where they can.
    #[serde(skip_serializing_if = "Option::is_none")]
    doubt: Option<String>,
}

/// A metric stream and what was taken of it.
#[derive(Serialize, JsonSchema)]
struct Stream<'a> {
    #[serde(flatten)]
    key: &'a StreamKey,
    #[serde(flatten)]
    entry: &'a StreamEntry,
}

impl JsonSchema for Ledger {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Fields::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Fields::json_schema(generator)
    }
}

impl Serialize for Ledger {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let streams = self
            .streams
            .iter()
            .map(|(key, entry)| Stream { key, entry })
            .collect();
        Fields {
            signals: &self.signals,
            streams,
            doubt: self.doubt(),
        }
        .serialize(serializer)
    }
}

fn item(attributes: &[KeyValue]) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.key == ITEM)?;
    attribute_texts(std::slice::from_ref(attribute)).remove(ITEM)
}

/// Calls `each` for every data point of a payload of metrics.
fn each_point(payload: &Payload, mut each: impl FnMut(StreamKey, Point)) {
    let Payload::Metrics(request) = payload else {
        return;
    };
    for resource in &request.resource_metrics {
        let resource_attributes = attribute_texts(
            resource
                .resource
                .as_ref()
                .map_or(&[], |resource| &resource.attributes),
        );
        for scope in &resource.scope_metrics {
            let scope_name = scope.scope.as_ref().map_or("", |scope| &scope.name);
            for metric in &scope.metrics {
                let mut point = |attributes: &[KeyValue], kind, total, count| {
                    let key = StreamKey {
                        resource: resource_attributes.clone(),
                        scope: scope_name.to_owned(),
                        name: metric.name.clone(),
                        attributes: attribute_texts(attributes),
                    };
                    each(key, Point { kind, total, count });
                };
                match &metric.data {
                    None => {}
                    Some(Data::Gauge(gauge)) => {
                        for each in &gauge.data_points {
                            point(&each.attributes, StreamKind::Gauge, each.value.into(), 0);
                        }
                    }
                    Some(Data::Sum(sum)) => {
                        let kind = StreamKind::sum(sum.aggregation_temporality);
                        for each in &sum.data_points {
                            point(&each.attributes, kind, each.value.into(), 0);
                        }
                    }
                    Some(Data::Histogram(histogram)) => {
                        let kind = StreamKind::histogram(histogram.aggregation_temporality);
                        for each in &histogram.data_points {
                            let sum = Total::Double(each.sum.unwrap_or_default());
                            point(&each.attributes, kind, sum, each.count);
                        }
                    }
                    Some(Data::ExponentialHistogram(histogram)) => {
                        let kind = StreamKind::histogram(histogram.aggregation_temporality);
                        for each in &histogram.data_points {
                            let sum = Total::Double(each.sum.unwrap_or_default());
                            point(&each.attributes, kind, sum, each.count);
                        }
                    }
                    Some(Data::Summary(summary)) => {
                        for each in &summary.data_points {
                            point(
                                &each.attributes,
                                StreamKind::Summary,
                                Total::Double(each.sum),
                                each.count,
                            );
                        }
                    }
                }
            }
        }
    }
}
