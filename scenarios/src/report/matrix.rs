//! The matrix of several systems under test as JSON: how often each verdict came for each rule, signal and protocol.

use std::collections::BTreeMap;

use super::{Program, RunReport};
use crate::verdict::VerdictKind;

/// The version of the matrix. It grows when a key changes its meaning or goes, not when one is added.
const MATRIX_VERSION: u32 = 1;

/// How often each verdict came, in the order of [`VerdictKind::ALL`].
type Counts = [u32; VerdictKind::ALL.len()];

/// The matrix of `runs`, with a line for each rule of each, so that any program for texts can compare two of them.
///
/// # Errors
///
/// That of the encoder.
pub(super) fn matrix(runs: &[RunReport]) -> Result<String, serde_json::Error> {
    let tool = Program {
        name: "otelbox".to_owned(),
        version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        language: None,
    };
    let suts: Result<Vec<String>, _> = runs.iter().map(of_sut).collect();
    Ok(format!(
        "{{\"version\":{MATRIX_VERSION},\"tool\":{},\"verdicts\":{},\"suts\":[{}]}}\n",
        serde_json::to_string(&tool)?,
        serde_json::to_string(&VerdictKind::ALL)?,
        suts?.join(",\n"),
    ))
}

fn of_sut(run: &RunReport) -> Result<String, serde_json::Error> {
    let sut = &run.started.sut;
    let lines: Result<Vec<String>, serde_json::Error> = rules(run)
        .iter()
        .map(|(rule, columns)| {
            let rule = serde_json::to_string(rule)?;
            Ok(format!("{rule}:{}", serde_json::to_string(columns)?))
        })
        .collect();
    Ok(format!(
        "{{\"name\":{},\"version\":{},\"cells\":{},\"rules\":{{\n{}\n}}}}",
        serde_json::to_string(&sut.name)?,
        serde_json::to_string(&sut.version)?,
        run.cells.len(),
        lines?.join(",\n"),
    ))
}

/// By rule, and in it by signal and protocol (`metrics grpc`), how often each verdict came.
fn rules(run: &RunReport) -> BTreeMap<&str, BTreeMap<String, Counts>> {
    let mut rules: BTreeMap<&str, BTreeMap<String, Counts>> = BTreeMap::new();
    for result in run.cells.iter().flat_map(|cell| &cell.results) {
        let column = format!("{} {}", result.cell.signal, result.cell.protocol);
        let counts = rules
            .entry(result.rule.as_str())
            .or_default()
            .entry(column)
            .or_default();
        let place = VerdictKind::ALL
            .iter()
            .position(|verdict| *verdict == result.verdict);
        if let Some(count) = place.and_then(|place| counts.get_mut(place)) {
            *count += 1;
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_was_run_makes_an_empty_matrix() {
        let text = matrix(&[]).expect("a matrix");
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["version"], 1);
        assert_eq!(value["suts"], serde_json::json!([]));
        assert_eq!(value["verdicts"][0], "passed");
    }
}
