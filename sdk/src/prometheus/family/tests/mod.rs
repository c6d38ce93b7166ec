//! Batches as they become families.

pub(crate) mod batches;
mod names;
pub(crate) mod points;
mod target;

use std::fmt::Write as _;

use super::escaping::Escaping;
use super::strategy::TranslationStrategy;
use super::{Families, Target, Translation, Value};
use crate::metrics::MetricBatch;

/// Families as lines: the head of each, its series, then the problems.
fn shown(families: &Families<'_>) -> String {
    let mut text = String::new();
    for family in &families.families {
        let (name, suffix, unit, help) = (&family.name, family.suffix, &family.unit, family.help);
        writeln!(
            text,
            "{name}+{suffix} {:?} unit={unit} {help:?}",
            family.kind
        )
        .expect("memory");
        for series in &family.series {
            let labels: Vec<String> = series
                .labels
                .iter()
                .map(|label| format!("{}={}", label.name, label.value))
                .collect();
            let value = match &series.value {
                Value::Number(number) => number.as_f64().to_string(),
                other => format!("{other:?}"),
            };
            writeln!(text, "  {{{}}} {value}", labels.join(", ")).expect("memory");
        }
    }
    for problem in &families.problems {
        writeln!(text, "! {problem}").expect("memory");
    }
    text
}

/// Names by this strategy, for a client that asks for this escaping of them.
pub(crate) fn naming(strategy: TranslationStrategy, escaping: Escaping) -> Translation {
    Translation {
        strategy,
        escaping,
        ..Translation::new(Target::Info)
    }
}

fn translated(batch: &MetricBatch, target: Target) -> String {
    shown(&Translation::new(target).families(batch))
}
