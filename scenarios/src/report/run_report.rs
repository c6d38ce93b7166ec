//! The events of one run, collected: what every report is made of.

use std::ops::Range;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::{RunFinished, RunStarted, RunTime, RunnerEvent, Summary, SutDescription};
use crate::exit_code::ExitCode;
use crate::verdict::{CellReport, RuleResult, VerdictKind};

/// One run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunReport {
    /// How it began.
    pub started: RunStarted,
    /// Its cells, in the order in which they were finished.
    pub cells: Vec<CellReport>,
    /// How it ended. Before its end: interrupted, after no time.
    pub finished: RunFinished,
}

impl RunReport {
    /// Takes the next event. The events of several runs, one after another, make one report: cells and times add up,
    /// the first beginning counts.
    pub fn take(&mut self, event: RunnerEvent) {
        match event {
            RunnerEvent::RunStarted(mut started) => {
                started.cells += self.started.cells;
                if self.cells.is_empty() {
                    self.started = started;
                } else {
                    self.started.cells = started.cells;
                }
            }
            // What was seen is too much to keep, and reports are made of what was judged.
            RunnerEvent::CellRecorded(_) => {}
            RunnerEvent::CellFinished(cell) => self.cells.push(cell),
            RunnerEvent::RunFinished(finished) => {
                self.finished.elapsed += finished.elapsed;
                self.finished.interrupted = finished.interrupted;
            }
        }
    }

    /// The same without the course of cells in which nothing failed, and without what was seen where a rule held: what is
    /// left is enough for the matrix of rules, for every fact, and for every failure in full. Paths below `cache`, which are those of one
    /// machine, are written as `$OTELBOX_CACHE`, and places in the sources of crates without where cargo keeps them.
    #[must_use]
    pub fn brief(mut self, cache: Option<&Path>) -> Self {
        let cache = cache.and_then(Path::to_str);
        let told = |text: &mut String| {
            if let Some(cache) = cache.filter(|cache| text.contains(cache)) {
                *text = text.replace(cache, "$OTELBOX_CACHE");
            }
            while let Some(place) = registry(text) {
                text.replace_range(place, "");
            }
        };
        let is_told = |result: &RuleResult| {
            matches!(
                result.verdict,
                VerdictKind::Failed | VerdictKind::ExpectedFailure | VerdictKind::Inconclusive
            )
        };
        for cell in &mut self.cells {
            for seen in &mut cell.observations {
                told(&mut seen.value);
                told(&mut seen.evidence);
            }
            if !cell.results.iter().any(is_told) {
                cell.attempts.clear();
                cell.timeline.clear();
                cell.ledger.clear();
            }
            for result in &mut cell.results {
                if result.verdict == VerdictKind::Passed {
                    result.expected.clear();
                    result.actual.clear();
                }
                told(&mut result.actual);
            }
            for entry in &mut cell.timeline {
                told(&mut entry.text);
            }
        }
        self
    }

    /// Its numbers.
    pub fn summary(&self) -> Summary {
        Summary::of(&self.cells)
    }

    /// Its exit code. `strict`: failed SHOULDs count.
    pub fn exit_code(&self, strict: bool) -> ExitCode {
        self.summary().exit_code(strict, self.finished.interrupted)
    }
}

impl Default for RunReport {
    fn default() -> Self {
        Self {
            started: RunStarted {
                sut: SutDescription {
                    name: String::new(),
                    version: None,
                    language: None,
                },
                started: SystemTime::UNIX_EPOCH,
                cells: 0,
                seed: 0,
                time: RunTime::Virtual,
            },
            cells: Vec::new(),
            finished: RunFinished {
                elapsed: Duration::ZERO,
                interrupted: true,
            },
        }
    }
}

/// Where `text` has the directory of a registry of cargo, `/home/me/.cargo/registry/src/index-1949/`.
fn registry(text: &str) -> Option<Range<usize>> {
    const SOURCES: &str = "/registry/src/";
    let found = text.find(SOURCES)?;
    let is_before = |letter: char| letter.is_whitespace() || "\"'`(=[".contains(letter);
    let words = text.get(..found)?.rsplit(is_before);
    let start = found - words.map(str::len).next()?;
    let index = found + SOURCES.len();
    let end = text.get(index..)?.find('/')? + index + 1;
    Some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{empty_recording, judge};
    use crate::report::facts;
    use crate::rules::RuleCatalog;
    use crate::verdict::{Observation, Subject};

    #[test]
    fn places_in_crates_are_told_without_the_registry() {
        let mut text = "panicked at /home/me/.cargo/registry/src/index-19/tonic-0.14.9/src/status.rs:504:18: no".to_owned();
        let place = registry(&text).expect("a place");
        text.replace_range(place, "");
        assert_eq!(text, "panicked at tonic-0.14.9/src/status.rs:504:18: no");
        assert_eq!(registry(&text), None);
        assert_eq!(registry("/registry/src/unfinished"), None);
    }

    #[test]
    fn a_brief_report_names_no_place_of_the_machine() {
        let rules = RuleCatalog::embedded().expect("readable rules");
        let mut recording = empty_recording();
        recording.end = crate::run::RunEnd::Crashed("at /home/me/cache/suts/x.js:1".to_owned());
        let mut report = RunReport::default();
        report.cells.push(judge(&recording, rules, Duration::ZERO));
        let actual = |report: &RunReport| report.cells[0].results[0].actual.clone();
        assert!(actual(&report).contains("/home/me/cache"));
        let brief = report.clone().brief(Some(Path::new("/home/me/cache")));
        assert_eq!(actual(&brief), "at $OTELBOX_CACHE/suts/x.js:1");
        assert_eq!(actual(&report.brief(None)), "at /home/me/cache/suts/x.js:1");
    }

    #[test]
    fn a_brief_report_tells_every_fact() {
        let rules = RuleCatalog::embedded().expect("readable rules");
        let mut report = RunReport::default();
        let mut cell = judge(&empty_recording(), rules, Duration::ZERO);
        cell.looked_for.push(Subject::UnboundedWait);
        cell.observations.push(Observation {
            subject: Subject::UnboundedWait,
            cell: cell.cell.clone(),
            value: "force_flush".to_owned(),
            evidence: "called at 1s, in /home/me/cache/suts/x.js".to_owned(),
        });
        report.cells.push(cell);
        let told = |report: &RunReport| {
            let facts = facts(&report.cells);
            let mut harm = facts
                .into_iter()
                .filter(|fact| fact.subject == Subject::UnboundedWait);
            let harm = harm.next().expect("it was looked for");
            let evidence = harm.evidence.as_ref().map(|seen| seen.evidence.clone());
            (harm.how_often(), evidence)
        };
        let (often, evidence) = told(&report.brief(Some(Path::new("/home/me/cache"))));
        assert_eq!(often, "1 of 1 cell");
        let place = "called at 1s, in $OTELBOX_CACHE/suts/x.js".to_owned();
        assert_eq!(evidence, Some(place));
    }
}
