//! What the series of remote write say about an instrument.

use otelbox_mock_collector::payload::remote_write::{Histogram, HistogramCount, Series, is_stale};

use crate::run::{Exchange, Recording};
use crate::scenario::{AttributeValue, Attributes, Instrument, InstrumentKind};

/// The series of the instrument called `name` in a payload of remote write, with these attributes at least, each with what it
/// has come to: a sum's value, or a histogram's count.
pub(crate) fn written(
    exchange: &Exchange,
    recording: &Recording,
    name: &str,
    attributes: Option<&Attributes>,
) -> Vec<(String, f64)> {
    let instruments = &recording.cell.instruments;
    let Some(instrument) = instruments.iter().find(|known| known.name == name) else {
        return Vec::new();
    };
    let base = in_letters(name);
    let is_of_another = |told: &str| {
        let mut others = instruments.iter().map(|known| in_letters(&known.name));
        others.any(|other| other.len() > base.len() && begins_with(told, &other))
    };
    exchange
        .series()
        .iter()
        .filter(|series| attributes.is_none_or(|wanted| has_labels(series, wanted)))
        .filter_map(|series| {
            let (told, amount) = amount(series, instrument)?;
            let is_of_it = begins_with(told, &base) && !is_of_another(told);
            is_of_it.then(|| (format!("{:?}", series.labels), amount))
        })
        .collect()
}

/// The name of the instrument, perhaps with its unit, and what the series has come to; none where it is not the one that says
/// so, or has only ended.
fn amount<'a>(series: &Series<'a>, instrument: &Instrument) -> Option<(&'a str, f64)> {
    let name = series.name();
    let last = || {
        let mut values = series.samples.iter().map(|sample| sample.value);
        values.rfind(|value| !is_stale(*value))
    };
    match instrument.kind {
        InstrumentKind::Counter | InstrumentKind::ObservableCounter => {
            Some((name.strip_suffix("_total")?, last()?))
        }
        InstrumentKind::UpDownCounter | InstrumentKind::ObservableUpDownCounter => {
            Some((name, last()?))
        }
        InstrumentKind::Histogram => {
            if let Some(name) = name.strip_suffix("_count") {
                return Some((name, last()?));
            }
            let mut native = series.histograms.iter();
            let native = native.rfind(|histogram| !is_stale(histogram.sum))?;
            Some((name, observations(native)))
        }
        InstrumentKind::Gauge | InstrumentKind::ObservableGauge => None,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a scenario stay far below 2^53"
)]
fn observations(histogram: &Histogram) -> f64 {
    match histogram.count {
        Some(HistogramCount::Int(count)) => count as f64,
        Some(HistogramCount::Double(count)) => count,
        None => 0.0,
    }
}

/// Whether `told` is `base`, perhaps with more words after it.
fn begins_with(told: &str, base: &str) -> bool {
    let told = in_letters(told);
    told.strip_prefix(base)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

/// The letters that names have in every format, without two underscores in a row.
///
/// Spec: Prometheus compatibility, "Metric Metadata".
fn in_letters(name: &str) -> String {
    let mut letters = String::with_capacity(name.len());
    for letter in name.chars() {
        let is_kept = letter.is_ascii_alphanumeric() || letter == ':';
        if is_kept {
            letters.push(letter);
        } else if !letters.ends_with('_') {
            letters.push('_');
        }
    }
    letters
}

fn has_labels(series: &Series<'_>, wanted: &Attributes) -> bool {
    wanted.iter().all(|(key, value)| {
        let text = match value {
            AttributeValue::Boolean(value) => value.to_string(),
            AttributeValue::Integer(value) => value.to_string(),
            AttributeValue::Float(value) => value.to_string(),
            AttributeValue::Text(value) => value.clone(),
        };
        series.label(&in_letters(key)) == Some(text.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_of_the_instrument_that_its_name_begins_with() {
        assert_eq!(in_letters("otelbox.items"), "otelbox_items");
        assert_eq!(in_letters("a..b-_c"), "a_b_c");
        assert!(begins_with("otelbox_items", "otelbox_items"));
        assert!(begins_with("otelbox_sizes_bytes", "otelbox_sizes"));
        assert!(!begins_with("otelbox_itemsets", "otelbox_items"));
        assert!(!begins_with("otelbox", "otelbox_items"));
    }
}
