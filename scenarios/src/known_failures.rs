//! What a system under test is known to fail, each with its reason.
//!
//! A known failure still runs. One that fails is an expected failure; one that passes, or is not judged any more, is a
//! failure, so that the list stays true. What a known failure leaves other rules nothing to look at for is in the list, too.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use otelbox_mock_collector::{Protocol, Signal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::{CellId, Plan};
use crate::registry::VersionRange;
use crate::rules::{Level, RuleCatalog};
use crate::scenario::{RuleId, ScenarioId};
use crate::verdict::{CellReport, RuleResult, VerdictKind};

/// The known failures of one system under test: the file `drivers/<sut>/known-failures.yaml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownFailures {
    /// Its name.
    pub sut: String,
    /// What it fails.
    pub known_failures: Vec<KnownFailure>,
}

/// One rule that is known to fail in a scenario.
///
/// Where the scenario is a pattern, it is known to fail wherever it is judged; else it has to be judged, too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownFailure {
    /// The rule.
    pub rule: RuleId,
    /// The scenario, or a pattern of ids.
    pub scenario: ScenarioPattern,
    /// The releases of the system under test that fail it; it is not expected of others, nor where the release is not
    /// known. Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versions: Option<VersionRange>,
    /// The signals. Default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<Signal>,
    /// The protocols. Default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protocols: Vec<Protocol>,
    /// The variants. Default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<String>,
    /// Why it fails, for whoever reads the report.
    pub reason: String,
    /// It is not this rule that fails: for that reason there is nothing to look at, and its inconclusive result is not
    /// applicable. To pass is a failure here, too. Default: the rule fails.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nothing_to_judge: bool,
    /// Where its authors write about it: a URL. Default: nowhere known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// The id of a scenario, or a pattern of ids, in which `*` stands for any characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ScenarioPattern(String);

impl ScenarioPattern {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it can mean more than one scenario.
    pub fn is_open(&self) -> bool {
        self.0.contains('*')
    }

    /// Whether it means this scenario.
    pub fn means(&self, scenario: &ScenarioId) -> bool {
        let id = scenario.as_str();
        let Some((start, rest)) = self.0.split_once('*') else {
            return self.0 == id;
        };
        let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
        let inner = id
            .strip_prefix(start)
            .and_then(|left| left.strip_suffix(end));
        inner.is_some_and(|inner| {
            let found = |left: &str, part: &str| left.find(part).map(|at| at + part.len());
            let mut left = inner;
            middle.split('*').all(|part| {
                let Some(after) = found(left, part) else {
                    return false;
                };
                left = &left[after..];
                true
            })
        })
    }
}

impl fmt::Display for ScenarioPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A file of known failures that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("known failures of {sut}: {reason}")]
#[non_exhaustive]
pub struct KnownFailuresError {
    /// Of which system under test.
    pub sut: String,
    /// What is wrong.
    pub reason: String,
}

impl KnownFailures {
    /// Those that are embedded in the binary; none for a system under test without a file.
    ///
    /// # Errors
    ///
    /// [`KnownFailuresError`] where the file was wrong when the binary was built.
    pub fn embedded(sut: &str) -> Result<Self, KnownFailuresError> {
        let failed = |reason: String| KnownFailuresError {
            sut: sut.to_owned(),
            reason,
        };
        let Some(file) = crate::registry::file(sut, "known-failures.yaml") else {
            return Ok(Self::default());
        };
        let text = std::str::from_utf8(file).map_err(|error| failed(error.to_string()))?;
        let known: Self =
            serde_saphyr::from_str(text).map_err(|error| failed(error.to_string()))?;
        if known.sut == sut {
            Ok(known)
        } else {
            Err(failed(format!("the file is about {}", known.sut)))
        }
    }

    /// Those in this file, in place of the embedded ones.
    ///
    /// # Errors
    ///
    /// [`KnownFailuresError`] where the file cannot be read, is about another system under test, or has an entry that
    /// nothing in `all` can match.
    pub fn read(path: &Path, sut: &str, all: &Plan) -> Result<Self, KnownFailuresError> {
        let failed = |reason: String| KnownFailuresError {
            sut: sut.to_owned(),
            reason: format!("{}: {reason}", path.display()),
        };
        let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        let known: Self =
            serde_saphyr::from_str(&text).map_err(|error| failed(error.to_string()))?;
        if known.sut != sut {
            return Err(failed(format!("the file is about {}", known.sut)));
        }
        let unmatched: Vec<String> = known.unmatched(all).map(ToString::to_string).collect();
        if unmatched.is_empty() {
            Ok(known)
        } else {
            Err(failed(format!(
                "no cell judges what these entries name: {}",
                unmatched.join("; ")
            )))
        }
    }

    /// Entries that no cell of `plan` judges: their scenario has no such signal, protocol or variant, or does not judge the
    /// rule there.
    pub fn unmatched<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = &'a KnownFailure> {
        self.known_failures.iter().filter(|known| {
            let mut cells = plan.cells.iter();
            !cells.any(|cell| known.is_about(&cell.id) && cell.may_judge(&known.rule))
        })
    }

    /// Those that are about this release of the system under test.
    #[must_use]
    pub fn of_version(&self, version: Option<&str>) -> Self {
        let is_about = |known: &&KnownFailure| {
            known
                .versions
                .as_ref()
                .is_none_or(|range| version.is_some_and(|version| range.contains(version)))
        };
        Self {
            sut: self.sut.clone(),
            known_failures: self
                .known_failures
                .iter()
                .filter(is_about)
                .cloned()
                .collect(),
        }
    }

    /// Turns known failures of this cell into expected failures, and stale entries into failures.
    pub fn apply(&self, report: &mut CellReport, rules: &RuleCatalog) {
        let is_idle = |result: &RuleResult| {
            matches!(
                result.verdict,
                VerdictKind::NotApplicable | VerdictKind::NotRun
            )
        };
        // Nothing can be known of a cell that was not run.
        if !report.results.is_empty() && report.results.iter().all(is_idle) {
            return;
        }
        for known in self
            .known_failures
            .iter()
            .filter(|known| known.is_about(&report.cell))
        {
            let judged = report
                .results
                .iter_mut()
                .find(|result| result.rule == known.rule);
            match judged {
                Some(result) => known.apply(result),
                None if known.scenario.is_open() => {}
                None => report.results.push(known.unjudged(&report.cell, rules)),
            }
        }
    }
}

impl KnownFailure {
    fn is_about(&self, cell: &CellId) -> bool {
        let has_variant = |name: &String| cell.variant.as_ref() == Some(name);
        self.scenario.means(&cell.scenario)
            && (self.signals.is_empty() || self.signals.contains(&cell.signal))
            && (self.protocols.is_empty() || self.protocols.contains(&cell.protocol))
            && (self.variants.is_empty() || self.variants.iter().any(has_variant))
    }

    fn apply(&self, result: &mut RuleResult) {
        match result.verdict {
            VerdictKind::Failed if !self.nothing_to_judge => {
                result.verdict = VerdictKind::ExpectedFailure;
                result.actual = format!("{} ({})", self.reason, result.actual);
            }
            VerdictKind::Inconclusive if self.nothing_to_judge => {
                result.verdict = VerdictKind::NotApplicable;
                result.actual = format!("nothing to judge: {} ({})", self.reason, result.actual);
            }
            VerdictKind::Passed => {
                result.verdict = VerdictKind::Failed;
                result.actual = format!(
                    "it passes, and is listed as a known failure: {}",
                    self.reason
                );
            }
            VerdictKind::Failed
            | VerdictKind::ExpectedFailure
            | VerdictKind::Inconclusive
            | VerdictKind::NotApplicable
            | VerdictKind::NotRun => {}
        }
    }

    fn unjudged(&self, cell: &CellId, rules: &RuleCatalog) -> RuleResult {
        let known = rules.rule(&self.rule);
        RuleResult {
            rule: self.rule.clone(),
            level: known.map_or(Level::Must, |known| known.level),
            cell: cell.clone(),
            verdict: VerdictKind::Failed,
            requirement: known
                .map_or_else(|| Arc::from(""), |known| known.sentence.as_str().into()),
            expected: "a known failure that is judged".to_owned(),
            actual: format!(
                "the scenario does not judge it, and it is listed as a known failure: {}",
                self.reason
            ),
        }
    }
}

impl fmt::Display for KnownFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} in {}", self.rule, self.scenario)?;
        let versions = self.versions.iter().map(ToString::to_string);
        let words: Vec<String> = versions
            .chain(self.signals.iter().map(Signal::to_string))
            .chain(self.protocols.iter().map(Protocol::to_string))
            .chain(self.variants.iter().cloned())
            .collect();
        if words.is_empty() {
            Ok(())
        } else {
            write!(formatter, " [{}]", words.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::catalog::ScenarioCatalog;
    use crate::plan::Filter;

    fn report(verdict: VerdictKind) -> CellReport {
        let cell = CellId {
            scenario: "retry/x".into(),
            signal: Signal::Metrics,
            protocol: Protocol::Grpc,
            variant: Some("delta".to_owned()),
        };
        CellReport {
            cell: cell.clone(),
            title: "x".into(),
            results: vec![RuleResult {
                rule: "OTLP-RTY-001".into(),
                level: Level::Must,
                cell,
                verdict,
                requirement: "x".into(),
                expected: "x".to_owned(),
                actual: "y".to_owned(),
            }],
            observations: Vec::new(),
            looked_for: Vec::new(),
            attempts: Vec::new(),
            timeline: Vec::new(),
            ledger: Vec::new(),
            elapsed: Duration::ZERO,
        }
    }

    fn known(text: &str) -> KnownFailures {
        let entry = format!("{{ rule: OTLP-RTY-001, scenario: retry/x, reason: because{text} }}");
        serde_saphyr::from_str(&format!("{{ sut: x, known_failures: [{entry}] }}"))
            .expect("known failures")
    }

    #[track_caller]
    fn becomes(known: &KnownFailures, before: VerdictKind, after: VerdictKind) {
        let mut report = report(before);
        known.apply(
            &mut report,
            RuleCatalog::embedded().expect("readable rules"),
        );
        assert_eq!(report.results[0].verdict, after);
    }

    #[test]
    fn a_listed_failure_is_expected_and_a_listed_pass_is_a_failure() {
        for entry in [
            "",
            ", protocols: [grpc]",
            ", signals: [metrics]",
            ", variants: [delta]",
        ] {
            becomes(
                &known(entry),
                VerdictKind::Failed,
                VerdictKind::ExpectedFailure,
            );
            becomes(&known(entry), VerdictKind::Passed, VerdictKind::Failed);
            becomes(
                &known(entry),
                VerdictKind::Inconclusive,
                VerdictKind::Inconclusive,
            );
        }
        for entry in [
            ", protocols: [http/json]",
            ", signals: [logs]",
            ", variants: [other]",
        ] {
            becomes(&known(entry), VerdictKind::Failed, VerdictKind::Failed);
            becomes(&known(entry), VerdictKind::Passed, VerdictKind::Passed);
        }
    }

    #[test]
    fn where_nothing_is_to_judge_an_inconclusive_result_is_not_applicable_and_any_other_is_a_failure()
     {
        let known = known(", nothing_to_judge: true");
        becomes(
            &known,
            VerdictKind::Inconclusive,
            VerdictKind::NotApplicable,
        );
        becomes(&known, VerdictKind::Failed, VerdictKind::Failed);
        becomes(&known, VerdictKind::Passed, VerdictKind::Failed);
    }

    #[test]
    fn an_entry_is_about_the_releases_in_its_range_only() {
        let known = known(", versions: '>=1.40, <1.45'");
        for (version, count) in [
            (Some("1.44.0"), 1),
            (Some("1.45.0"), 0),
            (Some("unknown"), 0),
            (None, 0),
        ] {
            let left = known.of_version(version).known_failures;
            assert_eq!(left.len(), count, "{version:?}");
        }
    }

    #[test]
    fn an_entry_that_nothing_judges_is_a_failure() {
        let mut report = report(VerdictKind::Passed);
        report.results.clear();
        known("").apply(
            &mut report,
            RuleCatalog::embedded().expect("readable rules"),
        );
        assert_eq!(report.results[0].verdict, VerdictKind::Failed);
    }

    #[test]
    fn a_pattern_is_about_every_scenario_that_it_means_and_about_no_other() {
        let means = |pattern: &str, id: &str| {
            ScenarioPattern(pattern.to_owned()).means(&ScenarioId::from(id))
        };
        assert!(means("*", "retry/x"));
        assert!(means("retry/*", "retry/x"));
        assert!(means("*/x", "retry/x"));
        assert!(means("r*/x", "retry/x"));
        assert!(means("r*t*y*x", "retry/x"));
        assert!(means("retry/x*", "retry/x"));
        assert!(!means("retry", "retry/x"));
        assert!(!means("retry/*", "status/x"));
        assert!(!means("r*z*x", "retry/x"));
        assert!(!means("retry/x*x", "retry/x"));
    }

    #[test]
    fn an_entry_with_a_pattern_fails_where_it_is_judged_and_need_not_be_judged() {
        let text = "{ rule: OTLP-RTY-001, scenario: 'retry/*', reason: because }";
        let known: KnownFailures =
            serde_saphyr::from_str(&format!("{{ sut: x, known_failures: [{text}] }}"))
                .expect("known failures");
        becomes(&known, VerdictKind::Failed, VerdictKind::ExpectedFailure);
        becomes(&known, VerdictKind::Passed, VerdictKind::Failed);
        let mut unjudged = report(VerdictKind::Passed);
        unjudged.results.clear();
        known.apply(
            &mut unjudged,
            RuleCatalog::embedded().expect("readable rules"),
        );
        assert!(unjudged.results.is_empty());
    }

    #[test]
    fn an_entry_says_nothing_about_a_cell_that_was_not_run() {
        let mut report = report(VerdictKind::NotApplicable);
        report.results[0].rule = "OTLP-RTY-002".into();
        known("").apply(
            &mut report,
            RuleCatalog::embedded().expect("readable rules"),
        );
        assert_eq!(report.results.len(), 1);
    }

    fn whole_plan() -> Plan {
        let rules = RuleCatalog::embedded().expect("readable rules");
        let catalog = ScenarioCatalog::embedded(rules).expect("readable scenarios");
        Plan::of(catalog.scenarios().map(AsRef::as_ref), &Filter::default())
    }

    #[test]
    fn a_file_of_ones_own_is_read_and_has_to_match_something() {
        let plan = whole_plan();
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("known.yaml");
        let read = |text: &str| {
            std::fs::write(&path, text).expect("a file");
            KnownFailures::read(&path, "x", &plan).map_err(|error| error.to_string())
        };
        let entry = "rule: OTLP-RTY-009, scenario: status/drops-are-told, reason: because";
        let known = read(&format!("{{ sut: x, known_failures: [{{ {entry} }}] }}"));
        assert_eq!(known.expect("readable").known_failures.len(), 1);
        for (text, part) in [
            ("{ sut: y, known_failures: [] }", "is about y"),
            ("{ sut: x, known_failures: [{}] }", "rule"),
            (
                &format!("{{ sut: x, known_failures: [{{ {entry}, variants: [none] }}] }}"),
                "OTLP-RTY-009 in status/drops-are-told [none]",
            ),
            (
                "{ sut: x, known_failures: [{ rule: OTLP-MDT-016, scenario: status/drops-are-told, protocols: [grpc], signals: [logs], reason: r }] }",
                "OTLP-MDT-016",
            ),
        ] {
            let error = read(text).expect_err(text);
            assert!(
                error.contains(part) && error.contains("known.yaml"),
                "{error}"
            );
        }
        std::fs::remove_file(&path).expect("a file");
        let missing = KnownFailures::read(&path, "x", &plan).expect_err("no file");
        assert!(missing.to_string().contains("known.yaml"));
    }

    #[test]
    fn every_embedded_entry_names_what_a_cell_judges() {
        let rules = RuleCatalog::embedded().expect("readable rules");
        let plan = whole_plan();
        for sut in crate::registry::Registry::embedded()
            .expect("readable entries")
            .names()
        {
            for known in KnownFailures::embedded(sut)
                .expect("readable known failures")
                .known_failures
            {
                assert!(rules.rule(&known.rule).is_some(), "{sut}: {known:?}");
            }
            let known = KnownFailures::embedded(sut).expect("readable known failures");
            let unmatched: Vec<_> = known.unmatched(&plan).collect();
            assert!(unmatched.is_empty(), "{sut}: {unmatched:#?}");
        }
    }
}
