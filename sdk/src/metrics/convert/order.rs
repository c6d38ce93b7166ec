//! The fixed order of scopes, metrics and data points.

use std::cmp::Ordering;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Metric, ScopeMetrics};
use prost::Message;
use prost::encoding::encode_varint;

/// Scopes: by name, version, schema URL, then attributes.
pub(crate) fn scopes(one: &ScopeMetrics, two: &ScopeMetrics) -> Ordering {
    let key = |scope: &ScopeMetrics| {
        let inner = scope.scope.clone().unwrap_or_default();
        (
            inner.name,
            inner.version,
            scope.schema_url.clone(),
            attributes(&inner.attributes),
        )
    };
    key(one).cmp(&key(two))
}

/// Metrics: by name, unit, description, then kind of data, number of the OTLP field first.
pub(crate) fn metrics(one: &Metric, two: &Metric) -> Ordering {
    let key = |metric: &'_ Metric| {
        (
            metric.name.clone(),
            metric.unit.clone(),
            metric.description.clone(),
            kind(metric.data.as_ref()),
        )
    };
    key(one).cmp(&key(two))
}

/// Something to sort data points by: their encoded attributes, shorter first where one begins with the other.
pub(crate) fn attributes(attributes: &[KeyValue]) -> Vec<(String, Vec<u8>)> {
    attributes
        .iter()
        .map(|attribute| {
            let value = attribute.value.as_ref().map(Message::encode_to_vec);
            (attribute.key.clone(), value.unwrap_or_default())
        })
        .collect()
}

/// The order of what [`attributes`] gives, without encoding texts, which most values are.
pub(crate) fn by_attributes(one: &[KeyValue], two: &[KeyValue]) -> Ordering {
    let different = one.iter().zip(two).map(|(one, two)| {
        let by_key = one.key.cmp(&two.key);
        by_key.then_with(|| by_value(one.value.as_ref(), two.value.as_ref()))
    });
    let first = different.into_iter().find(|order| order.is_ne());
    first.unwrap_or_else(|| one.len().cmp(&two.len()))
}

fn by_value(one: Option<&AnyValue>, two: Option<&AnyValue>) -> Ordering {
    if let (Some(Value::StringValue(one)), Some(Value::StringValue(two))) =
        (value_of(one), value_of(two))
    {
        return by_length(one.len(), two.len()).then_with(|| one.cmp(two));
    }
    let encoded = |value: Option<&AnyValue>| value.map(Message::encode_to_vec);
    let (one, two) = (encoded(one), encoded(two));
    one.unwrap_or_default().cmp(&two.unwrap_or_default())
}

fn value_of(value: Option<&AnyValue>) -> Option<&Value> {
    value?.value.as_ref()
}

/// The order of two lengths as they are encoded before a text.
fn by_length(one: usize, two: usize) -> Ordering {
    if one < 0x80 && two < 0x80 {
        one.cmp(&two)
    } else {
        varint(one).cmp(&varint(two))
    }
}

/// A length as it is encoded before a text: seven bits in each byte, the lowest first. None is the beginning of another.
fn varint(length: usize) -> [u8; 10] {
    let mut bytes = [0; 10];
    encode_varint(length as u64, &mut &mut bytes[..]);
    bytes
}

/// How many data points a metric has.
pub(crate) fn points(metric: &Metric) -> usize {
    match &metric.data {
        Some(Data::Gauge(gauge)) => gauge.data_points.len(),
        Some(Data::Sum(sum)) => sum.data_points.len(),
        Some(Data::Histogram(histogram)) => histogram.data_points.len(),
        Some(Data::ExponentialHistogram(histogram)) => histogram.data_points.len(),
        Some(Data::Summary(summary)) => summary.data_points.len(),
        None => 0,
    }
}

fn kind(data: Option<&Data>) -> u8 {
    match data {
        None => 0,
        Some(Data::Gauge(_)) => 5,
        Some(Data::Sum(_)) => 7,
        Some(Data::Histogram(_)) => 9,
        Some(Data::ExponentialHistogram(_)) => 10,
        Some(Data::Summary(_)) => 11,
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::ArrayValue;
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = Option<AnyValue>> {
        let text = || prop_oneof!["[ab]{0,3}", "[ab]{126,130}"];
        prop_oneof![
            Just(None),
            Just(Some(AnyValue { value: None })),
            text().prop_map(|text| Some(AnyValue {
                value: Some(Value::StringValue(text))
            })),
            (-2_i64..2).prop_map(|number| Some(AnyValue {
                value: Some(Value::IntValue(number))
            })),
            any::<bool>().prop_map(|truth| Some(AnyValue {
                value: Some(Value::BoolValue(truth))
            })),
            Just(Some(AnyValue {
                value: Some(Value::ArrayValue(ArrayValue::default()))
            })),
        ]
    }

    fn list() -> impl Strategy<Value = Vec<KeyValue>> {
        let one = ("[ab]{1,2}", value()).prop_map(|(key, value)| KeyValue {
            key,
            value,
            ..KeyValue::default()
        });
        prop::collection::vec(one, 0..4)
    }

    proptest! {
        #[test]
        fn both_orders_are_the_same(one in list(), two in list()) {
            let encoded = attributes(&one).cmp(&attributes(&two));
            prop_assert_eq!(by_attributes(&one, &two), encoded);
        }
    }
}
