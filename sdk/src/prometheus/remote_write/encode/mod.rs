//! Requests of both protocols, as bytes.

mod symbols;
mod v1;
mod v2;

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
