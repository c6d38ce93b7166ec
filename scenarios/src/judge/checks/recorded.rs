//! What was recorded on an instrument.

use std::time::Duration;

use crate::run::{Emission, Recording};
use crate::scenario::{Instrument, InstrumentKind};

/// What one emission adds to a counter (its sum) or a histogram (its count); none for other kinds.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a scenario stay far below 2^53"
)]
pub(crate) fn added(emission: &Emission) -> Option<f64> {
    match emission.kind {
        InstrumentKind::Counter => Some(emission.value?.as_f64() * emission.times as f64),
        InstrumentKind::Histogram => Some(emission.times as f64),
        InstrumentKind::UpDownCounter
        | InstrumentKind::Gauge
        | InstrumentKind::ObservableCounter
        | InstrumentKind::ObservableUpDownCounter
        | InstrumentKind::ObservableGauge => None,
    }
}

/// What was recorded up to `moment`, that included; none for instruments that count nothing.
pub(crate) fn recorded_until(
    recording: &Recording,
    instrument: &Instrument,
    moment: Duration,
) -> Option<f64> {
    if !matches!(
        instrument.kind,
        InstrumentKind::Counter | InstrumentKind::Histogram
    ) {
        return None;
    }
    recording
        .emissions
        .iter()
        .filter(|emission| emission.instrument == instrument.name && emission.at <= moment)
        .map(added)
        .sum()
}
