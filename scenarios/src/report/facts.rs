//! Facts put together: what was observed in all cells of one system under test, and of several side by side.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RunReport;
use crate::verdict::{CellReport, Observation, Subject};

/// How many values of a subject are named, the most frequent first.
const VALUES: usize = 3;

/// What all cells of one system under test say about one subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fact {
    /// The subject.
    pub subject: Subject,
    /// In how many cells it was looked for, where it is a harm; absent where it is counted only where it is seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_for: Option<u64>,
    /// In how many cells it was seen.
    pub cells: u64,
    /// The values that were seen most, the most frequent first.
    pub values: Vec<FactValue>,
    /// How many other values were seen.
    pub other_values: u64,
    /// Where values are amounts: from which to which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<FactRange>,
    /// From what the first value was read; absent where nothing was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<FactEvidence>,
}

/// One value of a subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FactValue {
    /// The value, with its unit.
    pub value: String,
    /// How often it was seen.
    pub count: u64,
}

/// Amounts in order, with their units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FactRange {
    /// The least.
    pub least: String,
    /// The one in the middle.
    pub median: String,
    /// The most.
    pub most: String,
    /// How many there are.
    pub count: u64,
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FactEvidence {
    /// The cell: scenario, signal, protocol, variant.
    pub cell: String,
    /// The value there.
    pub value: String,
    /// From what it was read.
    pub evidence: String,
}

/// What several systems under test say about each subject.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "otelbox facts")]
pub struct FactTable {
    /// Names and versions of the systems under test.
    pub suts: Vec<String>,
    /// One row per subject, harms first.
    pub rows: Vec<FactRow>,
}

/// What several systems under test say about one subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FactRow {
    /// The subject.
    pub subject: Subject,
    /// What each system under test says, in the order of [`FactTable::suts`]; absent where it says nothing.
    pub facts: Vec<Option<Fact>>,
}

/// The facts of these cells, harms first, then in the order of the subjects.
pub fn facts<'a>(cells: impl IntoIterator<Item = &'a CellReport>) -> Vec<Fact> {
    let mut looked_for: IndexMap<&Subject, u64> = IndexMap::new();
    let mut seen: IndexMap<&Subject, Vec<&Observation>> = IndexMap::new();
    let mut in_cells: IndexMap<&Subject, u64> = IndexMap::new();
    for cell in cells {
        for subject in &cell.looked_for {
            *looked_for.entry(subject).or_default() += 1;
            seen.entry(subject).or_default();
        }
        let mut here: Vec<&Subject> = Vec::new();
        for observation in &cell.observations {
            seen.entry(&observation.subject)
                .or_default()
                .push(observation);
            if !here.contains(&&observation.subject) {
                here.push(&observation.subject);
            }
        }
        for subject in here {
            *in_cells.entry(subject).or_default() += 1;
        }
    }
    seen.sort_unstable_keys();
    seen.into_iter()
        .map(|(subject, observed)| Fact {
            subject: subject.clone(),
            looked_for: looked_for.get(subject).copied(),
            cells: in_cells.get(subject).copied().unwrap_or_default(),
            range: range(subject, &observed),
            evidence: evidence(subject, &observed),
            ..values(subject, &observed)
        })
        .collect()
}

fn values(subject: &Subject, observed: &[&Observation]) -> Fact {
    let mut counts: IndexMap<&str, u64> = IndexMap::new();
    for observation in observed {
        *counts.entry(&observation.value).or_default() += 1;
    }
    // Stable: of those that are as frequent, the one that was seen first comes first.
    counts.sort_by(|_, one, _, other| other.cmp(one));
    let other_values = counts.len().saturating_sub(VALUES) as u64;
    Fact {
        subject: subject.clone(),
        looked_for: None,
        cells: 0,
        values: counts
            .into_iter()
            .take(VALUES)
            .map(|(value, count)| FactValue {
                value: value.to_owned(),
                count,
            })
            .collect(),
        other_values,
        range: None,
        evidence: None,
    }
}

/// The evidence for the most frequent value; of amounts, for the most.
fn evidence(subject: &Subject, observed: &[&Observation]) -> Option<FactEvidence> {
    let shown = if subject.is_measured() {
        in_order(observed).last().copied()?
    } else {
        let most = values(subject, observed).values.into_iter().next()?.value;
        observed
            .iter()
            .find(|observation| observation.value == most)?
    };
    Some(FactEvidence {
        cell: shown.cell.to_string(),
        value: shown.value.clone(),
        evidence: shown.evidence.clone(),
    })
}

fn range(subject: &Subject, observed: &[&Observation]) -> Option<FactRange> {
    if !subject.is_measured() {
        return None;
    }
    let ordered = in_order(observed);
    let at = |place: usize| ordered.get(place).map(|seen| seen.value.clone());
    Some(FactRange {
        least: at(0)?,
        median: at(ordered.len() / 2)?,
        most: at(ordered.len().checked_sub(1)?)?,
        count: ordered.len() as u64,
    })
}

/// Observations in the order of their amounts; without those that have none.
fn in_order<'a>(observed: &[&'a Observation]) -> Vec<&'a Observation> {
    let mut amounts: Vec<(f64, &Observation)> = observed
        .iter()
        .filter_map(|seen| {
            let number = seen.value.strip_suffix('s').unwrap_or(&seen.value);
            Some((number.parse().ok()?, *seen))
        })
        .collect();
    amounts.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    amounts.into_iter().map(|(_, seen)| seen).collect()
}

/// Name and version of the system under test of a run.
pub(super) fn sut_of(run: &RunReport) -> String {
    let sut = &run.started.sut;
    sut.version.as_ref().map_or_else(
        || sut.name.clone(),
        |version| format!("{} {version}", sut.name),
    )
}

impl FactTable {
    /// The table across all systems under test of these runs, in the order of their first runs.
    pub fn of(runs: &[RunReport]) -> Self {
        let mut by_sut: IndexMap<String, Vec<&CellReport>> = IndexMap::new();
        for run in runs {
            by_sut.entry(sut_of(run)).or_default().extend(&run.cells);
        }
        let (suts, of_suts): (Vec<String>, Vec<Vec<Fact>>) = by_sut
            .into_iter()
            .map(|(sut, cells)| (sut, facts(cells)))
            .unzip();
        let mut subjects: Vec<Subject> = of_suts
            .iter()
            .flatten()
            .map(|fact| fact.subject.clone())
            .collect();
        subjects.sort();
        subjects.dedup();
        let rows = subjects
            .into_iter()
            .map(|subject| FactRow {
                facts: of_suts
                    .iter()
                    .map(|facts| facts.iter().find(|fact| fact.subject == subject).cloned())
                    .collect(),
                subject,
            })
            .collect();
        Self { suts, rows }
    }
}

impl Fact {
    /// How often it was seen, where it was looked for: `none in 120 cells`, `3 of 120 cells`; empty where that is no
    /// question.
    pub fn how_often(&self) -> String {
        match self.looked_for {
            None => String::new(),
            Some(looked_for) => {
                let plural = if looked_for == 1 { "" } else { "s" };
                if self.cells == 0 {
                    format!("none in {looked_for} cell{plural}")
                } else {
                    format!("{} of {looked_for} cell{plural}", self.cells)
                }
            }
        }
    }

    /// The values in words, one text for each: `5 × 12`; of amounts, one text for all. `shorten`: what becomes of a
    /// value.
    pub fn in_words(&self, shorten: impl Fn(&str) -> String) -> Vec<String> {
        if let Some(range) = &self.range {
            let FactRange {
                least,
                median,
                most,
                count,
            } = range;
            return vec![if least == most {
                format!("{median} (n={count})")
            } else {
                format!("{median} ({least} to {most}, n={count})")
            }];
        }
        let mut words: Vec<String> = self
            .values
            .iter()
            .map(|FactValue { value, count }| format!("{} \u{d7} {count}", shorten(value)))
            .collect();
        match self.other_values {
            0 => {}
            1 => words.push("1 other value".to_owned()),
            more => words.push(format!("{more} other values")),
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::judge::judge;
    use crate::rules::RuleCatalog;

    /// A cell with these observations, in which every harm was looked for.
    fn cell(observed: &[(Subject, &str)]) -> CellReport {
        let rules = RuleCatalog::embedded().expect("rules");
        let recording = crate::judge::empty_recording();
        let mut report = judge(&recording, rules, Duration::ZERO);
        report.looked_for = Subject::HARMS.to_vec();
        report.observations = observed
            .iter()
            .map(|(subject, value)| Observation {
                subject: subject.clone(),
                cell: report.cell.clone(),
                value: (*value).to_owned(),
                evidence: format!("evidence of {value}"),
            })
            .collect();
        report
    }

    #[test]
    fn harms_come_first_and_say_in_how_many_cells_they_were_looked_for() {
        let cells = [
            cell(&[(Subject::TimeToExit, "0.500s"), (Subject::Overlap, "two")]),
            cell(&[(Subject::TimeToExit, "10.000s")]),
            cell(&[(Subject::TimeToExit, "2.000s")]),
        ];
        let facts = facts(&cells);
        let subjects: Vec<&str> = facts.iter().map(|fact| fact.subject.name()).collect();
        let harms = Subject::HARMS;
        assert_eq!(subjects[..5], harms.each_ref().map(Subject::name));
        assert_eq!(subjects[5..], ["time_to_exit"]);
        assert_eq!(facts[0].how_often(), "none in 3 cells");
        assert_eq!(facts[3].how_often(), "1 of 3 cells");
        let evidence = facts[3].evidence.as_ref().expect("evidence");
        assert_eq!(evidence.evidence, "evidence of two");
        // In the order of amounts, not of letters.
        let words = facts[5].in_words(str::to_owned);
        assert_eq!(words, ["2.000s (0.500s to 10.000s, n=3)"]);
        assert_eq!(facts[5].how_often(), "");
    }

    #[test]
    fn values_are_counted_and_the_rest_is_told() {
        let seen = |value| (Subject::AttemptsUntilGivenUp, value);
        let cells = [cell(&[
            seen("5"),
            seen("4"),
            seen("5"),
            seen("3"),
            seen("2"),
        ])];
        let facts = facts(&cells);
        let attempts = facts.last().expect("a fact");
        assert_eq!(attempts.cells, 1);
        assert_eq!(
            attempts.in_words(str::to_owned),
            ["5 \u{d7} 2", "4 \u{d7} 1", "3 \u{d7} 1", "1 other value"]
        );
    }

    #[test]
    fn systems_stand_side_by_side() {
        let run = |name: &str, cells: Vec<CellReport>| {
            let mut run = RunReport {
                cells,
                ..RunReport::default()
            };
            name.clone_into(&mut run.started.sut.name);
            run
        };
        let one = run("one", vec![cell(&[(Subject::Redirect, "followed")])]);
        let other = run("other", vec![cell(&[(Subject::SilentLoss, "3 spans")])]);
        let again = run("one", vec![cell(&[])]);
        let table = FactTable::of(&[one, other, again]);
        assert_eq!(table.suts, ["one", "other"]);
        let row = |subject| {
            let row = table.rows.iter().find(|row| row.subject == subject);
            let row = row.expect("a row");
            row.facts
                .iter()
                .map(|fact| {
                    let fact = fact.as_ref()?;
                    Some((fact.how_often(), fact.in_words(str::to_owned).join(", ")))
                })
                .collect::<Vec<_>>()
        };
        let text = |often: &str, words: &str| Some((often.to_owned(), words.to_owned()));
        assert_eq!(
            row(Subject::SilentLoss),
            [
                text("none in 2 cells", ""),
                text("1 of 1 cell", "3 spans \u{d7} 1")
            ]
        );
        assert_eq!(
            row(Subject::Redirect),
            [text("", "followed \u{d7} 1"), None]
        );
    }
}
