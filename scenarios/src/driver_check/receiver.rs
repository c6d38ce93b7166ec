//! A receiver that takes whatever comes, and what came.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::metrics::v1::{metric::Data, number_data_point};
use otelbox_mock_collector::{
    MockCollector, Protocol, Signal,
    fault::Fault,
    journal::{Exchange, Journal},
    payload::Payload,
};

use super::points::Broken;
use crate::scenario::ITEMS_COUNTER;
use crate::sut::explained;

/// One receiver for one point.
pub(super) struct Receiver(MockCollector);

impl Receiver {
    pub(super) async fn start() -> Result<Self, Broken> {
        let started = MockCollector::builder().start().await;
        started
            .map(Self)
            .map_err(|error| Broken::NotRun(explained(&error)))
    }

    /// One with these faults, in the words of scenario files.
    pub(super) async fn with_faults(faults: &str) -> Result<Self, Broken> {
        let receiver = Self::start().await?;
        let faults: Vec<Fault> =
            serde_saphyr::from_str(faults).map_err(|error| Broken::NotRun(error.to_string()))?;
        receiver
            .0
            .set_faults(faults)
            .map_err(|error| Broken::NotRun(error.to_string()))?;
        Ok(receiver)
    }

    /// The variables of an SDK that is to export to it.
    pub(super) fn env(&self, protocol: Protocol) -> BTreeMap<String, String> {
        let endpoint = match protocol {
            Protocol::Grpc => self.0.grpc_endpoint(),
            _ => self.0.http_endpoint(),
        };
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol.name()),
            // Nothing is exported unless somebody asks for it.
            ("OTEL_METRIC_EXPORT_INTERVAL", "3600000"),
            ("OTEL_BSP_SCHEDULE_DELAY", "3600000"),
            ("OTEL_BLRP_SCHEDULE_DELAY", "3600000"),
        ];
        variables
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    pub(super) fn seen(&self) -> Seen {
        Seen::of(&self.0.journal())
    }
}

/// What a receiver saw.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Seen {
    pub(super) connections: u64,
    pub(super) requests: usize,
    /// What was not meant for this receiver, or cannot be read.
    pub(super) strange: Vec<String>,
    /// Value of the counter of items, in the newest export.
    pub(super) counter: Option<f64>,
    /// Numbers of the items in the order in which they came.
    pub(super) items: Vec<i64>,
    pub(super) signals: Vec<Signal>,
}

impl Seen {
    fn of(journal: &Journal) -> Self {
        let mut seen = Self {
            connections: journal.connection_count(),
            ..Self::default()
        };
        for exchange in journal.exchanges() {
            seen.requests += 1;
            seen.take(&exchange);
        }
        seen
    }

    fn take(&mut self, exchange: &Exchange) {
        self.signals.extend(exchange.signal);
        match exchange.payload() {
            Ok(Payload::Metrics(request)) => {
                let scopes = request
                    .resource_metrics
                    .iter()
                    .flat_map(|resource| &resource.scope_metrics);
                let metrics = scopes.flat_map(|scope| &scope.metrics);
                for metric in metrics.filter(|metric| metric.name == ITEMS_COUNTER) {
                    if let Some(Data::Sum(sum)) = &metric.data {
                        let values = sum.data_points.iter().filter_map(|point| point.value);
                        self.counter = Some(values.map(number).sum());
                    }
                }
            }
            Ok(Payload::Traces(request)) => {
                let scopes = request
                    .resource_spans
                    .iter()
                    .flat_map(|resource| &resource.scope_spans);
                let spans = scopes.flat_map(|scope| &scope.spans);
                self.items
                    .extend(spans.filter_map(|span| item(&span.attributes)));
            }
            Ok(Payload::Logs(request)) => {
                let scopes = request
                    .resource_logs
                    .iter()
                    .flat_map(|resource| &resource.scope_logs);
                let records = scopes.flat_map(|scope| &scope.log_records);
                self.items
                    .extend(records.filter_map(|record| item(&record.attributes)));
            }
            Ok(_) => {}
            Err(error) => self.strange.push(format!(
                "{} {}: {error}",
                exchange.request.method, exchange.request.target
            )),
        }
    }
}

/// Whole numbers of this size are exact in either form.
#[expect(clippy::cast_precision_loss, reason = "the numbers are small")]
const fn number(value: number_data_point::Value) -> f64 {
    match value {
        number_data_point::Value::AsInt(value) => value as f64,
        number_data_point::Value::AsDouble(value) => value,
    }
}

/// The number of an item.
fn item(attributes: &[KeyValue]) -> Option<i64> {
    let mut attributes = attributes.iter();
    let attribute = attributes.find(|attribute| attribute.key == "otelbox.item")?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::IntValue(number) => Some(*number),
        _ => None,
    }
}
