//! What a client makes of payloads that are no OTLP: series of remote write, and spans for Zipkin.

use std::io::Write as _;

use bytes::Bytes;
use otelbox_mock_collector::payload::remote_write::{self, is_stale};
use otelbox_mock_collector::payload::zipkin::{ListOfSpans, Span};
use prost::Message;
use serde::Deserialize;
use serde_json::Value;

/// What becomes of the series of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum SeriesChange {
    /// They have no names.
    Unnamed,
    /// Their last label is there twice.
    LabelTwice,
    /// Their labels are in the reverse order.
    Unsorted,
    /// Their last label has no value.
    EmptyLabel,
    /// A label has a name with a dot.
    DottedName,
    /// The later, the earlier.
    Backwards,
    /// Another NaN says that they have ended.
    OtherNan,
    /// Where all of them end, the last does not.
    OneGoesOn,
    /// A value is another.
    OtherValue,
    /// A symbol is there twice.
    SymbolTwice,
    /// There is a series without anything.
    Bare,
    /// Nothing is said of the metric.
    Untyped,
    /// Nobody knows when counting began.
    Endless,
    /// The block of Snappy is a frame.
    Framed,
}

/// What becomes of the spans of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum SpanChange {
    /// Ids are without the zeros that they begin with, or cut.
    ShortIds,
    /// The service is another.
    OtherService,
    /// They have no kind.
    Kindless,
    /// They have no other side.
    NoRemote,
    /// Booleans begin with a capital letter.
    CapitalBooleans,
    /// All of them have failed.
    AlwaysErrors,
    /// Events are without their attributes.
    BareEvents,
    /// Times are in milliseconds.
    Milliseconds,
    /// What is not there is an empty list.
    EmptyFields,
}

/// A time that no scenario comes to, in milliseconds since the Unix epoch.
const LATE: i64 = 8_000_000_000_000;

impl SeriesChange {
    /// The body of a request, changed; `None` where it is no request of remote write.
    pub(super) fn applied(self, content_type: &str, body: &[u8]) -> Option<Bytes> {
        let plain = snap::raw::Decoder::new().decompress_vec(body).ok()?;
        let changed = if content_type.contains("v2.Request") {
            let mut request = remote_write::v2::Request::decode(plain.as_slice()).ok()?;
            self.change_2_0(&mut request);
            request.encode_to_vec()
        } else {
            let mut request = remote_write::v1::WriteRequest::decode(plain.as_slice()).ok()?;
            self.change_1_0(&mut request);
            request.encode_to_vec()
        };
        if self == Self::Framed {
            let mut frames = snap::write::FrameEncoder::new(Vec::new());
            frames.write_all(&changed).ok()?;
            return frames.into_inner().ok().map(Bytes::from);
        }
        let block = snap::raw::Encoder::new().compress_vec(&changed).ok()?;
        Some(block.into())
    }

    fn change_1_0(self, request: &mut remote_write::v1::WriteRequest) {
        if self == Self::OneGoesOn {
            leave_open(&mut request.timeseries, |series| {
                series.samples.iter().all(|sample| is_stale(sample.value))
            });
        }
        for series in &mut request.timeseries {
            let labels = &mut series.labels;
            match self {
                Self::Unnamed => labels.retain(|label| label.name != "__name__"),
                Self::LabelTwice => labels.extend(labels.last().cloned()),
                Self::Unsorted => labels.reverse(),
                Self::EmptyLabel => labels
                    .last_mut()
                    .into_iter()
                    .for_each(|label| label.value.clear()),
                Self::DottedName => labels
                    .last_mut()
                    .into_iter()
                    .for_each(|label| label.name.push_str(".x")),
                _ => {}
            }
            for sample in &mut series.samples {
                self.change_sample(&mut sample.value, &mut sample.timestamp);
            }
        }
    }

    fn change_2_0(self, request: &mut remote_write::v2::Request) {
        let empty = self == Self::EmptyLabel;
        let name = request
            .symbols
            .iter()
            .position(|symbol| symbol == "__name__")
            .and_then(|place| u32::try_from(place).ok());
        if self == Self::OneGoesOn {
            leave_open(&mut request.timeseries, |series| {
                series.samples.iter().all(|sample| is_stale(sample.value))
            });
        }
        for series in &mut request.timeseries {
            let labels = &mut series.labels_refs;
            let pairs: Vec<[u32; 2]> = labels
                .chunks_exact(2)
                .map(|pair| [pair[0], pair[1]])
                .collect();
            match self {
                Self::Unnamed => {
                    let named = pairs.iter().filter(|pair| Some(pair[0]) != name);
                    *labels = named.flatten().copied().collect();
                }
                Self::LabelTwice => labels.extend(pairs.last().into_iter().flatten()),
                Self::Unsorted => *labels = pairs.iter().rev().flatten().copied().collect(),
                _ if empty => labels.last_mut().into_iter().for_each(|last| *last = 0),
                _ => {}
            }
            match self {
                Self::Untyped => series.metadata = None,
                Self::Endless => series
                    .samples
                    .iter_mut()
                    .for_each(|sample| sample.start_timestamp = 0),
                _ => {}
            }
            for sample in &mut series.samples {
                self.change_sample(&mut sample.value, &mut sample.timestamp);
            }
        }
        match self {
            Self::SymbolTwice => request.symbols.extend(request.symbols.last().cloned()),
            Self::Bare => {
                let bare = request.timeseries.first().cloned().map(|mut series| {
                    series.samples.clear();
                    series.histograms.clear();
                    series
                });
                request.timeseries.extend(bare);
            }
            _ => {}
        }
    }

    fn change_sample(self, value: &mut f64, timestamp: &mut i64) {
        match self {
            Self::Backwards => *timestamp = LATE - *timestamp,
            Self::OtherNan if is_stale(*value) => *value = f64::NAN,
            Self::OtherValue => *value += 1.0,
            _ => {}
        }
    }
}

impl SpanChange {
    /// The body of a request, changed; `None` where it is no list of spans.
    pub(super) fn applied(self, content_type: &str, body: &[u8]) -> Option<Bytes> {
        if content_type == "application/json" {
            let mut spans: Value = serde_json::from_slice(body).ok()?;
            for span in spans.as_array_mut()? {
                self.change_json(span);
            }
            return Some(spans.to_string().into());
        }
        let mut list = ListOfSpans::decode(body).ok()?;
        list.spans.iter_mut().for_each(|span| self.change(span));
        Some(list.encode_to_vec().into())
    }

    fn change(self, span: &mut Span) {
        match self {
            Self::OtherService => {
                if let Some(endpoint) = &mut span.local_endpoint {
                    endpoint.service_name.push_str("-2");
                }
            }
            Self::Kindless => span.kind = 0,
            Self::NoRemote => span.remote_endpoint = None,
            Self::CapitalBooleans => span
                .tags
                .values_mut()
                .filter(|value| *value == "true")
                .for_each(|value| "True".clone_into(value)),
            Self::AlwaysErrors => drop(span.tags.insert("error".to_owned(), "true".to_owned())),
            Self::BareEvents => span.annotations.iter_mut().for_each(|annotation| {
                annotation.value = bare(&annotation.value);
            }),
            Self::Milliseconds => span.timestamp /= 1000,
            Self::ShortIds | Self::EmptyFields => {}
        }
    }

    fn change_json(self, span: &mut Value) {
        let Some(span) = span.as_object_mut() else {
            return;
        };
        match self {
            Self::ShortIds => {
                if let Some(Value::String(id)) = span.get_mut("id") {
                    let _ = id.remove(0);
                }
            }
            Self::OtherService => {
                span.insert(
                    "localEndpoint".to_owned(),
                    serde_json::json!({ "serviceName": "other" }),
                );
            }
            Self::Kindless => drop(span.remove("kind")),
            Self::NoRemote => drop(span.remove("remoteEndpoint")),
            Self::CapitalBooleans | Self::AlwaysErrors => {
                let tags = span
                    .entry("tags")
                    .or_insert_with(|| Value::Object(serde_json::Map::new()));
                let Some(tags) = tags.as_object_mut() else {
                    return;
                };
                if self == Self::AlwaysErrors {
                    tags.insert("error".to_owned(), "true".into());
                }
                for value in tags.values_mut().filter(|value| **value == "true") {
                    if self == Self::CapitalBooleans {
                        *value = "True".into();
                    }
                }
            }
            Self::BareEvents => {
                let annotations = span.get_mut("annotations").and_then(Value::as_array_mut);
                for annotation in annotations.into_iter().flatten() {
                    if let Some(Value::String(value)) = annotation.get_mut("value") {
                        *value = bare(value);
                    }
                }
            }
            Self::Milliseconds => {
                if let Some(micros) = span.get("timestamp").and_then(Value::as_u64) {
                    span.insert("timestamp".to_owned(), (micros / 1000).into());
                }
            }
            Self::EmptyFields => {
                span.entry("annotations")
                    .or_insert_with(|| Value::Array(Vec::new()));
            }
        }
    }
}

/// Leaves out the last series where nothing but ends is said.
fn leave_open<S>(series: &mut Vec<S>, has_ended: impl Fn(&S) -> bool) {
    if series.iter().all(has_ended) {
        series.pop();
    }
}

/// An event without its attributes.
fn bare(value: &str) -> String {
    let name = value.split(':').next().unwrap_or_default();
    name.trim_matches('"').to_owned()
}
