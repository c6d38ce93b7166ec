//! `prometheus.WriteRequest`.

use super::{Holds, Message, NoPlace, Sample, append};
use crate::prometheus::remote_write::line::{About, Line};
use crate::prometheus::remote_write::message::v1::{Label, TimeSeries};
use crate::prometheus::remote_write::walk::{Point, PointValue, Sink};

/// The field of the request that holds series.
const TIMESERIES: u32 = 1;

/// Writes a request.
#[derive(Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    holds: Holds,
    no_place: NoPlace,
    samples: Vec<usize>,
    /// The series that was written last, for its memory.
    series: TimeSeries,
}

impl Writer {
    pub(super) fn finish(self) -> (Message, NoPlace) {
        let message = Message {
            bytes: self.bytes,
            holds: self.holds,
            samples: self.samples,
        };
        (message, self.no_place)
    }
}

impl Sink for Writer {
    fn point(&mut self, line: Line<'_>, _about: About<'_>, point: &Point<'_>) {
        let value = match point.value {
            PointValue::Number(value) => value,
            PointValue::Native(_) => {
                self.no_place.points += 1;
                return;
            }
            // None was written, so none has ended.
            PointValue::NativeEnd => return,
        };
        self.no_place.exemplars += point.exemplars.iter().count() as u64;
        let mut written = 0;
        for (name, value) in line.pairs() {
            if written == self.series.labels.len() {
                self.series.labels.push(Label::default());
            }
            if let Some(label) = self.series.labels.get_mut(written) {
                label.name.clear();
                label.name.push_str(name);
                label.value.clear();
                label.value.push_str(value);
            }
            written += 1;
        }
        self.series.labels.truncate(written);
        let sample = Sample {
            value,
            time: point.time,
            start: 0,
        };
        let place = append(TIMESERIES, &self.series, sample, &mut self.bytes);
        self.samples.push(place);
        self.holds.samples += 1;
    }
}
