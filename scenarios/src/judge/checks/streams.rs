//! Streams and points of accepted payloads.

use std::{collections::BTreeSet, time::Duration};

use opentelemetry_proto::tonic::common::v1::{AnyValue, any_value::Value};

use crate::{
    judge::{
        Outcome,
        payload::{Point, PointValue, points_of},
    },
    run::{Accepted, Recording},
    scenario::{
        AttributeValue, Attributes, CallResult, Number,
        check::{PointCheck, StreamCheck},
    },
};

/// Floating-point values may be off by this part.
const TOLERANCE: f64 = 1e-9;

pub(super) fn judge(check: &StreamCheck, recording: &Recording) -> Vec<Outcome> {
    let all: Vec<Point<'_>> = recording
        .payloads()
        .flat_map(points_of)
        .filter(|point| point.metric.name == check.name)
        .collect();
    if check.absent {
        let expected = format!("no stream {}", check.name);
        return vec![if recording.payloads().next().is_none() {
            Outcome::nothing(expected, "no payload")
        } else {
            Outcome::of(
                all.is_empty(),
                expected,
                format!("{} points of {}", all.len(), check.name),
            )
        }];
    }
    let chosen: Vec<Point<'_>> = match check.export {
        Some(number) => super::attempts::nth(recording, number)
            .first()
            .map(|exchange| points_of(exchange))
            .unwrap_or_default()
            .into_iter()
            .filter(|point| point.metric.name == check.name)
            .collect(),
        None => recording
            .attempts()
            .filter(|exchange| exchange.accepted != Accepted::No)
            .map(|exchange| {
                let mut points = points_of(exchange);
                points.retain(|point| point.metric.name == check.name);
                points
            })
            .filter(|points| !points.is_empty())
            .last()
            .unwrap_or_default(),
    };
    let Some(first) = chosen.first() else {
        let expected = format!("a stream {}", check.name);
        let silent = recording.payloads().next().is_none();
        return vec![if silent && !has_flushed(recording) {
            Outcome::nothing(expected, "no payload")
        } else if silent {
            Outcome::of(false, expected, "a call succeeded, and there is no payload")
        } else {
            Outcome::of(false, expected, format!("streams {}", names(recording)))
        }];
    };
    let mut outcomes = properties(check, first);
    if let Some(wanted) = check.series {
        let series: BTreeSet<String> = all.iter().map(Point::series).collect();
        outcomes.push(Outcome::of(
            series.len() as u64 == wanted,
            format!("{} of {}", super::counted(wanted, "series"), check.name),
            format!("{} series", series.len()),
        ));
    }
    if let Some(wanted) = &check.attribute_keys {
        outcomes.push(attribute_keys(check, wanted, &all));
    }
    if let Some(wanted) = &check.points {
        outcomes.extend(points(check, wanted, &chosen, recording));
    }
    if let Some(wanted) = &check.values {
        outcomes.push(values(check, wanted, recording));
    }
    if outcomes.is_empty() {
        outcomes.push(Outcome::of(
            true,
            format!("a stream {}", check.name),
            format!("{} points", chosen.len()),
        ));
    }
    outcomes
}

/// Whether a flush or a shutdown returned success: what was recorded should have been exported.
fn has_flushed(recording: &Recording) -> bool {
    recording
        .steps
        .iter()
        .any(|step| step.result() == Some(CallResult::Ok))
}

fn names(recording: &Recording) -> String {
    let names: BTreeSet<String> = recording
        .payloads()
        .flat_map(points_of)
        .map(|point| point.metric.name.clone())
        .collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

fn properties(check: &StreamCheck, first: &Point<'_>) -> Vec<Outcome> {
    let name = &check.name;
    let mut outcomes = Vec::new();
    let mut compare = |what: &str, wanted: Option<String>, actual: String| {
        if let Some(wanted) = wanted {
            let holds = wanted == actual;
            outcomes.push(Outcome::of(
                holds,
                format!("{name} has {what} {wanted}"),
                format!("{what} {actual}"),
            ));
        }
    };
    compare(
        "type",
        check.data.map(|data| format!("{data:?}")),
        format!("{:?}", first.data),
    );
    compare("unit", check.unit.clone(), first.metric.unit.clone());
    compare(
        "description",
        check.description.clone(),
        first.metric.description.clone(),
    );
    compare(
        "temporality",
        check
            .temporality
            .map(|temporality| format!("{temporality:?}")),
        first.known_temporality().map_or_else(
            || "none".to_owned(),
            |temporality| format!("{temporality:?}"),
        ),
    );
    compare(
        "is_monotonic",
        check.monotonic.map(|monotonic| monotonic.to_string()),
        first
            .monotonic
            .map_or_else(|| "none".to_owned(), |monotonic| monotonic.to_string()),
    );
    compare(
        "scope",
        check.scope.clone(),
        first.scope.split(' ').next().unwrap_or_default().to_owned(),
    );
    if let Some(wanted) = &check.resource {
        let missing: Vec<String> = wanted
            .iter()
            .map(|(key, value)| format!("{key}={}", attribute_value_text(value)))
            .filter(|pair| !format!(",{},", first.resource).contains(&format!(",{pair},")))
            .collect();
        outcomes.push(Outcome::of(
            missing.is_empty(),
            format!("{name} has a resource with {}", wanted_text(wanted)),
            format!("resource {}", first.resource),
        ));
    }
    let has = |key: &str| format!(",{},", first.resource).contains(&format!(",{key}="));
    let is_empty = |key: &str| format!(",{},", first.resource).contains(&format!(",{key}=,"));
    if let Some(keys) = &check.resource_keys {
        outcomes.push(Outcome::of(
            keys.iter().all(|key| has(key) && !is_empty(key)),
            format!("{name} has a resource with {}", keys.join(", ")),
            format!("resource {}", first.resource),
        ));
    }
    if let Some(keys) = &check.resource_without {
        outcomes.push(Outcome::of(
            !keys.iter().any(|key| has(key)),
            format!("{name} has a resource without {}", keys.join(", ")),
            format!("resource {}", first.resource),
        ));
    }
    outcomes
}

fn attribute_keys(check: &StreamCheck, wanted: &[String], all: &[Point<'_>]) -> Outcome {
    let wanted: BTreeSet<&str> = wanted.iter().map(String::as_str).collect();
    let keys_of = |point: &Point<'_>| -> BTreeSet<String> {
        point
            .attributes
            .iter()
            .map(|attribute| attribute.key.clone())
            .collect()
    };
    let other = all
        .iter()
        .map(keys_of)
        .find(|keys| !keys.iter().map(String::as_str).eq(wanted.iter().copied()));
    let join = |keys: Vec<&str>| {
        if keys.is_empty() {
            "none".to_owned()
        } else {
            keys.join(", ")
        }
    };
    Outcome::of(
        other.is_none(),
        format!(
            "{} has the attribute keys {}",
            check.name,
            join(wanted.iter().copied().collect())
        ),
        other.map_or_else(
            || format!("points looked at: {}", all.len()),
            |keys| format!("keys {}", join(keys.iter().map(String::as_str).collect())),
        ),
    )
}

fn points(
    check: &StreamCheck,
    wanted: &[PointCheck],
    chosen: &[Point<'_>],
    recording: &Recording,
) -> Vec<Outcome> {
    let shown: Vec<String> = chosen.iter().map(|point| shown(point)).collect();
    let mut left: Vec<&Point<'_>> = chosen.iter().collect();
    let mut missing = None;
    for point in wanted {
        match left
            .iter()
            .position(|candidate| is_point(point, candidate, recording))
        {
            Some(position) => drop(left.swap_remove(position)),
            None => missing = missing.or(Some(point)),
        }
    }
    let expected = match missing {
        Some(missing) => format!("{} has a point {}", check.name, wish(missing)),
        None => format!(
            "{} has {}",
            check.name,
            super::counted(wanted.len() as u64, "point")
        ),
    };
    let holds = missing.is_none() && left.is_empty();
    vec![Outcome::of(holds, expected, shown.join(", "))]
}

fn shown(point: &Point<'_>) -> String {
    let value = match point.value {
        PointValue::Number(value) => {
            value.map_or_else(|| "nothing".to_owned(), |value| value.to_string())
        }
        PointValue::Histogram(histogram) => format!(
            "count {} sum {:?} buckets {:?} bounds {:?}",
            histogram.count,
            histogram.sum.unwrap_or(f64::NAN),
            histogram.bucket_counts,
            histogram.explicit_bounds
        ),
        PointValue::Exponential(histogram) => format!("count {}", histogram.count),
        PointValue::Summary => "summary".to_owned(),
    };
    format!("{{{}}} = {value}", point.attribute_text())
}

/// What was wanted of a point, as the file writes it.
fn wish(check: &PointCheck) -> String {
    serde_json::to_string(check).unwrap_or_default()
}

fn is_point(check: &PointCheck, point: &Point<'_>, recording: &Recording) -> bool {
    let histogram = match point.value {
        PointValue::Histogram(histogram) => Some(histogram),
        PointValue::Number(_) | PointValue::Exponential(_) | PointValue::Summary => None,
    };
    let number = match point.value {
        PointValue::Number(number) => number,
        PointValue::Histogram(_) | PointValue::Exponential(_) | PointValue::Summary => None,
    };
    let count = histogram
        .map(|histogram| histogram.count)
        .or(match point.value {
            PointValue::Exponential(histogram) => Some(histogram.count),
            _ => None,
        });
    let sum = histogram
        .and_then(|histogram| histogram.sum)
        .or(match point.value {
            PointValue::Exponential(histogram) => histogram.sum,
            _ => None,
        });
    check
        .attributes
        .as_ref()
        .is_none_or(|wanted| has_attributes(point, wanted))
        && check
            .value
            .is_none_or(|wanted| number.is_some_and(|number| same_number(wanted, number)))
        && check.count.is_none_or(|wanted| count == Some(wanted))
        && check
            .sum
            .is_none_or(|wanted| sum.is_some_and(|sum| near(wanted, sum)))
        && !(check.without_sum && sum.is_some())
        && check.min.is_none_or(|wanted| {
            histogram
                .and_then(|histogram| histogram.min)
                .is_some_and(|min| near(wanted, min))
        })
        && check.max.is_none_or(|wanted| {
            histogram
                .and_then(|histogram| histogram.max)
                .is_some_and(|max| near(wanted, max))
        })
        && check.bounds.as_ref().is_none_or(|wanted| {
            histogram.is_some_and(|histogram| {
                histogram.explicit_bounds.len() == wanted.len()
                    && histogram
                        .explicit_bounds
                        .iter()
                        .zip(wanted)
                        .all(|(bound, wanted)| near(*bound, *wanted))
            })
        })
        && check.buckets.as_ref().is_none_or(|wanted| {
            histogram.is_some_and(|histogram| histogram.bucket_counts == *wanted)
        })
        && check
            .start
            .is_none_or(|wanted| is_at(recording, point.start, wanted.get()))
        && check
            .time
            .is_none_or(|wanted| is_at(recording, point.time, wanted.get()))
}

fn is_at(recording: &Recording, unix_nano: u64, wanted: Duration) -> bool {
    let wanted = u128::from(recording.epoch_unix_nano) + wanted.as_nanos();
    !recording.is_exact() || u128::from(unix_nano).abs_diff(wanted) <= 1_000_000
}

fn values(check: &StreamCheck, wanted: &[Number], recording: &Recording) -> Outcome {
    let actual: Vec<Number> = recording
        .payloads()
        .filter_map(|exchange| {
            let mut points = points_of(exchange);
            points.retain(|point| point.metric.name == check.name);
            match points.as_slice() {
                [
                    Point {
                        value: PointValue::Number(Some(number)),
                        ..
                    },
                ] => Some(*number),
                _ => None,
            }
        })
        .collect();
    let join = |numbers: &[Number]| {
        let texts: Vec<_> = numbers.iter().map(ToString::to_string).collect();
        if texts.is_empty() {
            "none".to_owned()
        } else {
            texts.join(", ")
        }
    };
    let holds = actual.len() == wanted.len()
        && actual
            .iter()
            .zip(wanted)
            .all(|(actual, wanted)| same_number(*wanted, *actual));
    Outcome::of(
        holds,
        format!("{} has the values {}", check.name, join(wanted)),
        format!("values {}", join(&actual)),
    )
}

fn same_number(wanted: Number, actual: Number) -> bool {
    match (wanted, actual) {
        (Number::Integer(wanted), Number::Integer(actual)) => wanted == actual,
        (wanted, actual) => near(wanted.as_f64(), actual.as_f64()),
    }
}

fn near(one: f64, other: f64) -> bool {
    one.total_cmp(&other).is_eq() || (one - other).abs() <= TOLERANCE * one.abs().max(other.abs())
}

/// Whether the point has exactly these attributes: `200` is not `"200"`.
pub(crate) fn has_attributes(point: &Point<'_>, wanted: &Attributes) -> bool {
    point.attributes.len() == wanted.len()
        && point.attributes.iter().all(|attribute| {
            wanted
                .get(&attribute.key)
                .is_some_and(|value| is_value(value, attribute.value.as_ref()))
        })
}

fn is_value(wanted: &AttributeValue, actual: Option<&AnyValue>) -> bool {
    match (wanted, actual.and_then(|actual| actual.value.as_ref())) {
        (AttributeValue::Boolean(wanted), Some(Value::BoolValue(actual))) => wanted == actual,
        (AttributeValue::Integer(wanted), Some(Value::IntValue(actual))) => wanted == actual,
        (AttributeValue::Float(wanted), Some(Value::DoubleValue(actual))) => near(*wanted, *actual),
        (AttributeValue::Text(wanted), Some(Value::StringValue(actual))) => wanted == actual,
        (_, Some(_) | None) => false,
    }
}

fn wanted_text(attributes: &Attributes) -> String {
    attributes
        .iter()
        .map(|(key, value)| format!("{key}={}", attribute_value_text(value)))
        .collect::<Vec<_>>()
        .join(",")
}

fn attribute_value_text(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Boolean(value) => value.to_string(),
        AttributeValue::Integer(value) => value.to_string(),
        AttributeValue::Float(value) => format!("{value:?}"),
        AttributeValue::Text(value) => value.clone(),
    }
}
