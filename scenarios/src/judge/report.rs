//! Findings filed under their rules.

use std::{sync::Arc, time::Duration};

use indexmap::IndexMap;
use otelbox_mock_collector::Signal;

use super::{Finding, Grade, checks, observations, payload, timeline};
use crate::{
    driver::Capability,
    plan::Cell,
    rules::{Level, PROGRAM, RuleCatalog},
    run::{Exchange, Recording, RunEnd},
    scenario::{Processor, RuleId, Step},
    verdict::{Attempt, CellReport, Observation, RuleResult, Subject, VerdictKind},
};

/// The rule that a SUT breaks by ending or panicking in the middle of any run.
const CRASH_RULE: &str = "OTLP-LIF-004";

/// The rule that a SUT breaks by a call that does not return, where there is one.
fn hang_rule(cell: &Cell, name: &str) -> Option<&'static str> {
    let is_batched = cell.id.signal != Signal::Metrics
        && cell.configuration.processor != Some(Processor::Simple);
    match name {
        "shutdown" => Some("OTLP-LIF-002"),
        "force_flush" => Some("OTLP-RTY-010"),
        "emit" if is_batched => Some("OTLP-BSP-005"),
        _ => None,
    }
}

/// Another rule that it breaks so, in scenarios that expect it: files that cannot be used crash nobody.
const CRASH_BY_FILES_RULE: &str = "OTLP-TLS-007";

/// Rules about an option that a SUT may lack.
const OPTIONAL: [(&str, Capability); 3] = [
    ("OTLP-TMO-005", Capability::ExportDeadline),
    ("OTLP-TMO-006", Capability::ExportDeadline),
    ("OTLP-TMO-010", Capability::Timeout),
];

/// Judges one recording: every rule that the cell expects, and every rule that holds for all payloads.
///
/// A rule that is not about this SUT is not applicable; a rule that is only observed becomes an observation.
pub fn judge(recording: &Recording, rules: &RuleCatalog, elapsed: Duration) -> CellReport {
    let cell = &recording.cell;
    let observations::Observed {
        facts: mut observations,
        looked_for,
    } = observations::of(recording);
    let findings = match &recording.end {
        RunEnd::Completed => completed(recording),
        RunEnd::Crashed(reason) => {
            let (of_crashes, others): (Vec<RuleId>, Vec<RuleId>) =
                expected_rules(cell).partition(|rule| rule.as_str() == CRASH_BY_FILES_RULE);
            let mut findings = undecided(others.into_iter(), reason);
            let broken = std::iter::once(CRASH_RULE.into()).chain(of_crashes);
            findings.extend(broken.map(|rule| Finding {
                rule,
                grade: Grade::Failed,
                expected: "an application that lives on".to_owned(),
                actual: reason.clone(),
            }));
            findings
        }
        RunEnd::Hung { call: name, reason } => {
            let mut findings = undecided(expected_rules(cell), reason);
            findings.extend(hang_rule(cell, name).map(|rule| Finding {
                rule: rule.into(),
                grade: Grade::Failed,
                expected: format!("an end of {name}"),
                actual: reason.clone(),
            }));
            findings
        }
        RunEnd::DidNotStart(reason) if !cell.may_refuse_to_start => expected_rules(cell)
            .map(|rule| Finding {
                grade: if is_only_of_connections(cell, &rule) {
                    Grade::Inconclusive
                } else {
                    Grade::Failed
                },
                rule,
                expected: "an SDK that starts with this configuration".to_owned(),
                actual: format!("it refused: {reason}"),
            })
            .collect(),
        RunEnd::Inconclusive(reason)
        | RunEnd::Broken(reason)
        | RunEnd::DidNotStart(reason)
        | RunEnd::NotApplicable(reason) => undecided(expected_rules(cell), reason),
    };
    let mut results = filed(recording, rules, findings, &mut observations);
    let unjudged = match &recording.end {
        RunEnd::NotApplicable(_) | RunEnd::DidNotStart(_) => VerdictKind::NotApplicable,
        RunEnd::Broken(_) => VerdictKind::NotRun,
        RunEnd::Completed | RunEnd::Crashed(_) | RunEnd::Hung { .. } | RunEnd::Inconclusive(_) => {
            VerdictKind::Inconclusive
        }
    };
    for result in results
        .iter_mut()
        .filter(|result| result.verdict == VerdictKind::Inconclusive)
    {
        result.verdict = unjudged;
    }
    let place = |rule: &RuleId| {
        rules
            .rules()
            .position(|known| known.id == *rule)
            .unwrap_or(usize::MAX)
    };
    results.sort_by_cached_key(|result| place(&result.rule));
    CellReport {
        cell: cell.id.clone(),
        title: Arc::clone(&cell.title),
        results,
        observations,
        looked_for,
        attempts: recording.exchanges.iter().map(attempt).collect(),
        ledger: checks::ledger_entries(recording),
        timeline: timeline(recording),
        elapsed,
    }
}

/// A report without its failures, because the machine stalled for `lag`, and did so when the cell was run again.
pub fn excused(mut report: CellReport, lag: Duration) -> CellReport {
    for result in &mut report.results {
        if result.verdict == VerdictKind::Failed {
            result.verdict = VerdictKind::Inconclusive;
            result.actual = format!(
                "the machine stalled for {} ms, in both runs: {}",
                lag.as_millis(),
                result.actual
            );
        }
    }
    report
}

/// All checks, unless the receiver could not keep everything.
fn completed(recording: &Recording) -> Vec<Finding> {
    let mut findings = checks::expectations(recording);
    findings.extend(payload::invariants(recording));
    if recording.evicted == 0 {
        return findings;
    }
    let reason = format!(
        "the receiver had to forget {} exchanges for lack of room",
        recording.evicted
    );
    undecided(findings.into_iter().map(|finding| finding.rule), &reason)
}

/// The rules that a cell expects, steps included, each once.
pub(crate) fn expected_rules(cell: &Cell) -> impl Iterator<Item = RuleId> {
    let of_steps = cell.steps.iter().filter_map(|step| match step {
        Step::Export(asked) | Step::ForceFlush(asked) | Step::Shutdown(asked) => asked.rule.clone(),
        _ => None,
    });
    let mut seen = std::collections::HashSet::new();
    cell.expect
        .iter()
        .map(|expectation| expectation.rule.clone())
        .chain(of_steps)
        .filter(move |rule| seen.insert(rule.clone()))
        .collect::<Vec<_>>()
        .into_iter()
}

/// Whether `rule` is judged only where there is a connection, so that an SDK may refuse the endpoint.
fn is_only_of_connections(cell: &Cell, rule: &RuleId) -> bool {
    cell.expect
        .iter()
        .filter(|expectation| expectation.rule == *rule)
        .any(|expectation| {
            expectation
                .connections
                .as_ref()
                .is_some_and(|check| check.only_if_any)
        })
}

fn undecided(rules: impl Iterator<Item = RuleId>, reason: &str) -> Vec<Finding> {
    rules
        .map(|rule| Finding {
            rule,
            grade: Grade::Inconclusive,
            expected: String::new(),
            actual: reason.to_owned(),
        })
        .collect()
}

/// One result per rule: failed if anything failed, else inconclusive if anything was, else passed.
fn filed(
    recording: &Recording,
    rules: &RuleCatalog,
    findings: Vec<Finding>,
    observations: &mut Vec<Observation>,
) -> Vec<RuleResult> {
    let cell = &recording.cell;
    let mut by_rule: IndexMap<RuleId, Vec<Finding>> = IndexMap::new();
    for finding in findings {
        by_rule
            .entry(finding.rule.clone())
            .or_default()
            .push(finding);
    }
    let mut results = Vec::new();
    for (rule, findings) in by_rule {
        let Some(grade) = findings.iter().map(|finding| finding.grade).max() else {
            continue;
        };
        let of_grade: Vec<&Finding> = findings
            .iter()
            .filter(|finding| finding.grade == grade)
            .collect();
        let join = |text: fn(&Finding) -> &str| {
            of_grade
                .iter()
                .map(|finding| text(finding))
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
                .join("; ")
        };
        let expected = join(|finding| &finding.expected);
        let actual = join(|finding| &finding.actual);
        match rules.rule(&rule) {
            Some(known) if !known.is_about(kind_of_sut(recording)) => {
                let reason = format!("a promise of {} alone", known.applies_to.join(", "));
                results.push(result(
                    cell,
                    rules,
                    &rule,
                    VerdictKind::NotApplicable,
                    expected,
                    reason,
                ));
            }
            Some(_) if lacks(recording, &rule).is_some() => {
                let reason = lacks(recording, &rule).unwrap_or_default();
                results.push(result(
                    cell,
                    rules,
                    &rule,
                    VerdictKind::NotApplicable,
                    expected,
                    reason,
                ));
            }
            Some(_) if payload::forbids_carry_over(cell, &rule).is_some() => {
                let reason = payload::forbids_carry_over(cell, &rule).unwrap_or_default();
                results.push(result(
                    cell,
                    rules,
                    &rule,
                    VerdictKind::NotApplicable,
                    expected,
                    reason.to_owned(),
                ));
            }
            Some(known) if known.level.is_observed_only() => {
                // Where there was nothing to look at, there is no fact.
                let holds = match grade {
                    Grade::Passed => "as the rule says",
                    Grade::Failed => "otherwise than the rule says",
                    Grade::Inconclusive | Grade::NotApplicable => continue,
                };
                observations.push(Observation {
                    subject: Subject::Rule(rule),
                    cell: cell.id.clone(),
                    value: actual,
                    evidence: format!("{holds}: {expected}"),
                });
            }
            Some(_) | None => {
                let verdict = match grade {
                    Grade::Passed => VerdictKind::Passed,
                    Grade::Inconclusive => VerdictKind::Inconclusive,
                    Grade::NotApplicable => VerdictKind::NotApplicable,
                    Grade::Failed => VerdictKind::Failed,
                };
                results.push(result(cell, rules, &rule, verdict, expected, actual));
            }
        }
    }
    results
}

/// The name by which rules know the SUT: programs that are started as they are have one in common.
fn kind_of_sut(recording: &Recording) -> &str {
    match recording.program {
        Some(_) => PROGRAM,
        None => &recording.sut,
    }
}

/// What a rule is about and the SUT lacks.
fn lacks(recording: &Recording, rule: &RuleId) -> Option<String> {
    let (_, capability) = OPTIONAL
        .iter()
        .find(|(optional, _)| rule.as_str() == *optional)?;
    let offered = recording.capabilities.is_empty() || recording.capabilities.contains(capability);
    (!offered).then(|| format!("{} cannot do: {capability}", recording.sut))
}

fn result(
    cell: &Cell,
    rules: &RuleCatalog,
    rule: &RuleId,
    verdict: VerdictKind,
    expected: String,
    actual: String,
) -> RuleResult {
    let known = rules.rule(rule);
    RuleResult {
        rule: rule.clone(),
        level: known.map_or(Level::Must, |known| known.level),
        cell: cell.id.clone(),
        verdict,
        requirement: known.map_or_else(
            || "a rule that is not in the catalogue".into(),
            |known| known.sentence.as_str().into(),
        ),
        expected,
        actual,
    }
}

fn attempt(exchange: &Exchange) -> Attempt {
    Attempt {
        at: exchange.at,
        connection: exchange.connection,
        signal: exchange.signal,
        export: exchange.export,
        attempt: exchange.attempt,
        items: exchange.items,
        bytes: exchange.body.len() as u64,
        fault: exchange.fault.clone(),
        answer: exchange.answer_text(),
        acknowledged: exchange.is_acknowledged(),
        deadline: exchange.client_deadline,
        completed_at: exchange.ended_at,
    }
}
