//! Requests of both protocols, as bytes.

mod symbols;
mod v1;
mod v2;

use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint};

use super::identity::Ended;
use super::protocol::RemoteWriteProtocol;
use super::sent::Next;
use super::value::stale_marker;
use super::walk::{Exemplars, Point, PointValue, Sink, walk};
use crate::prometheus::family::Families;

/// A request as protobuf, not yet compressed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) bytes: Vec<u8>,
    pub(super) holds: Holds,
    /// Where the values of samples are, each in eight bytes; their times come [`SAMPLE_TIME`] later.
    pub(super) samples: Vec<usize>,
}

/// How far the time of a sample is from its value: after that, and the key of its own.
pub(super) const SAMPLE_TIME: usize = 9;

/// Appends a series as the field `tag` of a request, with `sample` as its last field; gives where its value is. All of it is
/// written, also zeros, so that another value can take its place.
fn append(tag: u32, series: &impl prost::Message, sample: Sample, bytes: &mut Vec<u8>) -> usize {
    let Sample { value, time, start } = sample;
    let (time, start) = (time.cast_unsigned(), start.cast_unsigned());
    let start_bytes = if start == 0 {
        0
    } else {
        1 + encoded_len_varint(start)
    };
    let sample_bytes = 8 + 2 + encoded_len_varint(time) + start_bytes;
    let own_bytes = 1 + encoded_len_varint(sample_bytes as u64) + sample_bytes;
    encode_key(tag, WireType::LengthDelimited, bytes);
    encode_varint((series.encoded_len() + own_bytes) as u64, bytes);
    // Writing to memory cannot fail.
    let _ = series.encode(bytes);
    encode_key(SAMPLES, WireType::LengthDelimited, bytes);
    encode_varint(sample_bytes as u64, bytes);
    encode_key(1, WireType::SixtyFourBit, bytes);
    let place = bytes.len();
    bytes.extend_from_slice(&value.to_le_bytes());
    encode_key(2, WireType::Varint, bytes);
    encode_varint(time, bytes);
    if start != 0 {
        encode_key(3, WireType::Varint, bytes);
        encode_varint(start, bytes);
    }
    place
}

/// The field of a series that holds samples, in both protocols.
const SAMPLES: u32 = 2;

/// A value at a time, both times in milliseconds since 1970; a start of 0 is not written.
#[derive(Clone, Copy, Debug)]
struct Sample {
    value: f64,
    time: i64,
    start: i64,
}

/// What a request holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Holds {
    pub(super) samples: u64,
    pub(super) histograms: u64,
    pub(super) exemplars: u64,
}

impl Holds {
    /// Whether there is nothing to send.
    pub(super) const fn is_nothing(self) -> bool {
        self.samples == 0 && self.histograms == 0
    }
}

/// What a protocol has no place for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct NoPlace {
    pub(super) points: u64,
    pub(super) exemplars: u64,
}

/// The request with the points of `families` and the ends of series, as `next` has found them; and what it has no place for.
pub(super) fn encode(
    protocol: RemoteWriteProtocol,
    families: &Families<'_>,
    next: &Next,
) -> (Message, NoPlace) {
    match protocol {
        RemoteWriteProtocol::V1 => {
            let mut writer = v1::Writer::default();
            walk(families, &next.times, &mut writer);
            end(&next.ended, &mut writer);
            writer.finish()
        }
        RemoteWriteProtocol::V2 => {
            let mut writer = v2::Writer::default();
            walk(families, &next.times, &mut writer);
            end(&next.ended, &mut writer);
            writer.finish()
        }
    }
}

/// Marks the series that have ended.
///
/// Spec: Remote-Write 1.0, "Stale Markers" (MUST); Remote-Write 2.0, "Samples and Histogram Samples" (MUST where it can be
/// detected).
fn end(ended: &[Ended], sink: &mut impl Sink) {
    for series in ended {
        let value = if series.is_native {
            PointValue::NativeEnd
        } else {
            PointValue::Number(stale_marker())
        };
        sink.point(
            series.line(),
            series.about(),
            &Point {
                value,
                time: series.time,
                start: 0,
                exemplars: Exemplars::NONE,
            },
        );
    }
}
