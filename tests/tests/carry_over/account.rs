//! What was accepted against what was recorded, counted from the payloads alone and not by the ledger of the judge.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, NumberDataPoint, metric::Data, number_data_point::Value,
};
use otelbox::run::{Accepted, Recording};

use crate::generate::Sent;

/// Accepted amounts and windows of the series of one run.
#[derive(Default)]
struct Account {
    totals: BTreeMap<(String, String), (f64, f64)>,
    /// Where the last accepted window of a series ended.
    ends: BTreeMap<(String, String), u64>,
    wrong: String,
}

/// What of `sent` was not accepted, or more than once, and windows that overlap or leave a gap; empty where all is well.
#[expect(clippy::cast_precision_loss, reason = "the numbers are far below 2^53")]
pub(crate) fn compare(recording: &Recording, sent: &Sent) -> String {
    let mut account = Account::default();
    let accepted = recording
        .attempts()
        .filter(|exchange| exchange.accepted != Accepted::No);
    for metric in accepted
        .filter_map(otelbox::run::Exchange::metrics)
        .flat_map(|request| &request.resource_metrics)
        .flat_map(|resource| &resource.scope_metrics)
        .flat_map(|scope| &scope.metrics)
    {
        match &metric.data {
            Some(Data::Sum(sum)) => {
                account.is_delta(&metric.name, sum.aggregation_temporality);
                for point in &sum.data_points {
                    let window = (point.start_time_unix_nano, point.time_unix_nano);
                    account.add(
                        &metric.name,
                        &point.attributes,
                        (number(point), 0.0),
                        window,
                    );
                }
            }
            Some(Data::Histogram(histogram)) => {
                account.is_delta(&metric.name, histogram.aggregation_temporality);
                for point in &histogram.data_points {
                    if point.bucket_counts.iter().sum::<u64>() != point.count {
                        let _ =
                            writeln!(account.wrong, "{}: buckets and count differ", metric.name);
                    }
                    let amount = (point.count as f64, point.sum.unwrap_or_default());
                    let window = (point.start_time_unix_nano, point.time_unix_nano);
                    account.add(&metric.name, &point.attributes, amount, window);
                }
            }
            _ => {}
        }
    }
    let expected: BTreeMap<_, _> = sent
        .iter()
        .map(|(series, (amount, sum))| (series.clone(), (*amount as f64, *sum as f64)))
        .collect();
    if account.totals != expected {
        let _ = writeln!(
            account.wrong,
            "recorded {expected:?}\naccepted {:?}",
            account.totals
        );
    }
    account.wrong
}

impl Account {
    fn is_delta(&mut self, name: &str, temporality: i32) {
        if temporality != AggregationTemporality::Delta as i32 {
            let _ = writeln!(self.wrong, "{name}: temporality {temporality}");
        }
    }

    fn add(
        &mut self,
        name: &str,
        attributes: &[KeyValue],
        amount: (f64, f64),
        (start, time): (u64, u64),
    ) {
        let series = (name.to_owned(), shard(attributes));
        // These have a point in every window: the counter because every window records, the others by their callbacks.
        let always = series.1.is_empty() && matches!(name, "otelbox.items" | "read" | "used");
        let end = self.ends.insert(series.clone(), time);
        let follows = match end {
            Some(end) if always => start == end,
            Some(end) => start >= end,
            None => true,
        };
        if !follows || start >= time {
            let _ = writeln!(self.wrong, "{series:?}: {end:?}, then {start}..{time}");
        }
        let total = self.totals.entry(series).or_default();
        total.0 += amount.0;
        total.1 += amount.1;
    }
}

#[expect(clippy::cast_precision_loss, reason = "the numbers are far below 2^53")]
fn number(point: &NumberDataPoint) -> f64 {
    match point.value {
        Some(Value::AsInt(value)) => value as f64,
        Some(Value::AsDouble(value)) => value,
        None => f64::NAN,
    }
}

fn shard(attributes: &[KeyValue]) -> String {
    let value = attributes
        .first()
        .and_then(|attribute| attribute.value.as_ref());
    match value.and_then(|value| value.value.as_ref()) {
        Some(any_value::Value::StringValue(shard)) => shard.clone(),
        _ => String::new(),
    }
}
