//! What the page shows, as it stands in it: numbers, and texts by their place in one list. Times are in microseconds.

use std::time::{Duration, SystemTime};

use indexmap::{IndexMap, IndexSet};
use serde::Serialize;

use crate::report::{RunReport, RunTime};
use crate::rules::RuleCatalog;
use crate::scenario::RuleId;
use crate::verdict::{self, CellReport, Subject, VerdictKind};

/// The place of a text in [`Data::texts`].
type Text = usize;

#[derive(Serialize)]
pub(super) struct Data {
    version: &'static str,
    /// What stands at the places that the others name.
    texts: IndexSet<String>,
    /// The words for the verdicts, in the order of their numbers.
    verdicts: Vec<String>,
    /// Rules that were judged or observed, in the order of the catalogue.
    rules: Vec<Rule>,
    /// What was observed or looked for, rules left out, in the order of tables: harms first.
    subjects: Vec<SubjectRow>,
    runs: Vec<Run>,
}

/// Name, words for it, whether it is a harm, whether its values are amounts.
#[derive(Serialize)]
struct SubjectRow(Text, Text, bool, bool);

#[derive(Serialize)]
struct Rule {
    id: Text,
    level: Text,
    requirement: Text,
    topic: Text,
    source: Text,
}

#[derive(Serialize)]
struct Run {
    sut: Text,
    version: Option<Text>,
    language: Option<Text>,
    /// RFC 3339.
    started: Text,
    seed: u64,
    clock: &'static str,
    elapsed: u64,
    planned: usize,
    interrupted: bool,
    cells: Vec<Cell>,
}

#[derive(Serialize)]
struct Cell {
    scenario: Text,
    title: Text,
    signal: Text,
    protocol: Text,
    variant: Option<Text>,
    results: Vec<ResultRow>,
    observations: Vec<ObservationRow>,
    /// Harms that would have shown themselves.
    looked_for: Vec<Text>,
    ledger: Vec<LedgerRow>,
    attempts: Vec<AttemptRow>,
    events: Vec<EventRow>,
}

/// Place of the rule in [`Data::rules`], number of the verdict, expected, actual.
#[derive(Serialize)]
struct ResultRow(usize, usize, Text, Text);

/// Subject, value, evidence.
#[derive(Serialize)]
struct ObservationRow(Text, Text, Text);

/// Instrument, sent, received, lost, repeated.
#[derive(Serialize)]
struct LedgerRow(Text, f64, f64, f64, f64);

#[derive(Serialize)]
struct AttemptRow(
    /// Beginning.
    u64,
    /// End.
    Option<u64>,
    /// Connection.
    u64,
    /// Signal.
    Option<Text>,
    /// Export.
    Option<u64>,
    /// Attempt of that export.
    u32,
    /// Items.
    Option<u64>,
    /// Bytes.
    u64,
    /// Fault.
    Option<Text>,
    /// Answer.
    Text,
    /// Acknowledged.
    bool,
    /// How long the client said that it would wait.
    Option<u64>,
);

/// Time, kind, what happened, end, time limit.
#[derive(Serialize)]
struct EventRow(u64, verdict::TimelineKind, Text, Option<u64>, Option<u64>);

impl Data {
    pub(super) fn of(runs: &[RunReport]) -> Self {
        let mut texts = Texts::default();
        let rules = rules(runs, &mut texts);
        let places: IndexMap<Text, usize> = rules
            .iter()
            .enumerate()
            .map(|(place, rule)| (rule.id, place))
            .collect();
        let subjects = subjects(runs, &mut texts);
        let runs = runs
            .iter()
            .map(|run| of_run(run, &places, &mut texts))
            .collect();
        Self {
            version: env!("CARGO_PKG_VERSION"),
            texts: texts.0,
            verdicts: VerdictKind::ALL.iter().map(ToString::to_string).collect(),
            rules,
            subjects,
            runs,
        }
    }
}

#[derive(Default)]
struct Texts(IndexSet<String>);

impl Texts {
    fn place(&mut self, text: &str) -> Text {
        match self.0.get_index_of(text) {
            Some(place) => place,
            None => self.0.insert_full(text.to_owned()).0,
        }
    }

    fn place_of(&mut self, value: &impl ToString) -> Text {
        self.place(&value.to_string())
    }
}

/// Rules of the catalogue that the runs say something about, in its order; then what only the runs know.
fn rules(runs: &[RunReport], texts: &mut Texts) -> Vec<Rule> {
    let cells = || runs.iter().flat_map(|run| &run.cells);
    let mut seen: IndexMap<&str, Option<&verdict::RuleResult>> = IndexMap::new();
    for cell in cells() {
        for result in &cell.results {
            seen.insert(result.rule.as_str(), Some(result));
        }
        for observation in &cell.observations {
            if let Subject::Rule(rule) = &observation.subject {
                seen.entry(rule.as_str()).or_insert(None);
            }
        }
    }
    let catalog = RuleCatalog::embedded().ok();
    let mut rules: Vec<Rule> = Vec::new();
    for rule in catalog.iter().flat_map(|catalog| catalog.rules()) {
        if seen.shift_remove(rule.id.as_str()).is_some() {
            rules.push(Rule {
                id: texts.place(rule.id.as_str()),
                level: texts.place_of(&rule.level),
                requirement: texts.place(&rule.sentence),
                topic: texts.place(topic(catalog, &rule.id)),
                source: texts.place_of(&format!("{}, \"{}\"", rule.source, rule.section)),
            });
        }
    }
    for result in seen.into_values().flatten() {
        rules.push(Rule {
            id: texts.place(result.rule.as_str()),
            level: texts.place_of(&result.level),
            requirement: texts.place(&result.requirement),
            topic: texts.place("Other rules"),
            source: texts.place(""),
        });
    }
    rules
}

/// What is no rule among what the runs observed or looked for.
fn subjects(runs: &[RunReport], texts: &mut Texts) -> Vec<SubjectRow> {
    let cells = runs.iter().flat_map(|run| &run.cells);
    let mut subjects: Vec<&Subject> = cells
        .flat_map(|cell| {
            let observed = cell.observations.iter().map(|seen| &seen.subject);
            observed.chain(&cell.looked_for)
        })
        .filter(|subject| !matches!(subject, Subject::Rule(_)))
        .collect();
    subjects.sort_unstable();
    subjects.dedup();
    subjects
        .into_iter()
        .map(|subject| {
            SubjectRow(
                texts.place(subject.name()),
                texts.place(subject.words()),
                subject.is_harm(),
                subject.is_measured(),
            )
        })
        .collect()
}

/// What the group of a rule is about.
fn topic<'a>(catalog: Option<&'a RuleCatalog>, rule: &'a RuleId) -> &'a str {
    let group = rule.as_str().split('-').nth(1).unwrap_or_default();
    let is_ours = rule.as_str().starts_with("OBX-");
    let group = if is_ours { "OBX" } else { group };
    catalog
        .and_then(|catalog| catalog.topic(group))
        .unwrap_or(group)
}

fn of_run(run: &RunReport, rules: &IndexMap<Text, usize>, texts: &mut Texts) -> Run {
    let started = &run.started;
    Run {
        sut: texts.place(&started.sut.name),
        version: started.sut.version.as_ref().map(|text| texts.place(text)),
        language: started.sut.language.as_ref().map(|text| texts.place(text)),
        started: texts.place(&rfc3339(started.started)),
        seed: started.seed,
        clock: match started.time {
            RunTime::Virtual => "virtual time",
            RunTime::Real => "real time",
        },
        elapsed: micros(run.finished.elapsed),
        planned: started.cells,
        interrupted: run.finished.interrupted,
        cells: run
            .cells
            .iter()
            .map(|cell| of_cell(cell, rules, texts))
            .collect(),
    }
}

fn of_cell(cell: &CellReport, rules: &IndexMap<Text, usize>, texts: &mut Texts) -> Cell {
    let number = |verdict| {
        VerdictKind::ALL
            .iter()
            .position(|known| *known == verdict)
            .unwrap_or_default()
    };
    Cell {
        scenario: texts.place(cell.cell.scenario.as_str()),
        title: texts.place(&cell.title),
        signal: texts.place_of(&cell.cell.signal),
        protocol: texts.place_of(&cell.cell.protocol),
        variant: cell.cell.variant.as_ref().map(|text| texts.place(text)),
        results: cell
            .results
            .iter()
            .filter_map(|result| {
                let rule = texts.place(result.rule.as_str());
                Some(ResultRow(
                    *rules.get(&rule)?,
                    number(result.verdict),
                    texts.place(&result.expected),
                    texts.place(&result.actual),
                ))
            })
            .collect(),
        observations: cell
            .observations
            .iter()
            .map(|seen| {
                let (subject, value) = (texts.place(seen.subject.name()), texts.place(&seen.value));
                ObservationRow(subject, value, texts.place(&seen.evidence))
            })
            .collect(),
        looked_for: cell
            .looked_for
            .iter()
            .map(|subject| texts.place(subject.name()))
            .collect(),
        ledger: cell
            .ledger
            .iter()
            .map(|line| {
                let instrument = texts.place(&line.instrument);
                LedgerRow(
                    instrument,
                    line.sent,
                    line.received,
                    line.lost(),
                    line.repeated,
                )
            })
            .collect(),
        attempts: cell
            .attempts
            .iter()
            .map(|attempt| of_attempt(attempt, texts))
            .collect(),
        events: cell
            .timeline
            .iter()
            .map(|event| {
                EventRow(
                    micros(event.at),
                    event.kind,
                    texts.place(&event.text),
                    event.until.map(micros),
                    event.limit.map(micros),
                )
            })
            .collect(),
    }
}

fn of_attempt(attempt: &verdict::Attempt, texts: &mut Texts) -> AttemptRow {
    AttemptRow(
        micros(attempt.at),
        attempt.completed_at.map(micros),
        attempt.connection,
        attempt.signal.map(|signal| texts.place_of(&signal)),
        attempt.export,
        attempt.attempt,
        attempt.items,
        attempt.bytes,
        attempt.fault.as_ref().map(|fault| texts.place(fault)),
        texts.place(&attempt.answer),
        attempt.acknowledged,
        attempt.deadline.map(micros),
    )
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}
