//! One instrument for the application, one for each reader.

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram, SyncInstrument, UpDownCounter};

/// Records into all of them.
pub(super) struct FanOut<I>(Vec<I>);

impl<I> FanOut<I> {
    /// The only one as it is, or `wrap` of all.
    pub(super) fn one_or_all(mut made: Vec<I>, wrap: impl FnOnce(Self) -> I) -> I {
        match made.pop() {
            Some(only) if made.is_empty() => only,
            last => {
                made.extend(last);
                wrap(Self(made))
            }
        }
    }
}

/// Takes measurements.
trait Record<T>: Send + Sync {
    fn record_one(&self, value: T, attributes: &[KeyValue]);
}

macro_rules! record {
    ($($instrument:ident.$method:ident),+) => {
        $(impl<T> Record<T> for $instrument<T> {
            fn record_one(&self, value: T, attributes: &[KeyValue]) {
                self.$method(value, attributes);
            }
        })+
    };
}

record!(
    Counter.add,
    UpDownCounter.add,
    Gauge.record,
    Histogram.record
);

impl<T: Copy, I: Record<T>> SyncInstrument<T> for FanOut<I> {
    fn measure(&self, measurement: T, attributes: &[KeyValue]) {
        for instrument in &self.0 {
            instrument.record_one(measurement, attributes);
        }
    }
}
