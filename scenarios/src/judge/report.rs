//! Findings filed under their rules.

use std::{sync::Arc, time::Duration};

use indexmap::IndexMap;
use otelbox_mock_collector::Signal;

use super::{Finding, Grade, checks, observations, payload, timeline, unfired};
use crate::{
    driver::Capability,
    plan::Cell,
    rules::{Level, PROGRAM, Rule, RuleCatalog},
    run::{Exchange, Recording, RunEnd},
    scenario::{Processor, RuleId, Step},
    verdict::{Attempt, CellReport, Observation, RuleResult, Subject, VerdictKind},
};

/// The rule that a SUT breaks by ending or panicking in the middle of any run.
const CRASH_RULE: &str = "OTLP-LIF-004";

/// The rules that it breaks by a shutdown, a flush, or an emission through a batch processor that does not return.
const SHUTDOWN_RULE: &str = "OTLP-LIF-002";
const FLUSH_RULE: &str = "OTLP-RTY-010";
const EMIT_RULE: &str = "OTLP-BSP-005";

/// The rule that a SUT breaks by a call that does not return, where there is one: what a flush does after a shutdown is open.
fn hang_rule(recording: &Recording, name: &str) -> Option<&'static str> {
    let cell = &recording.cell;
    let mut steps_done = cell.steps.iter().take(recording.steps.len());
    let is_shut_down = steps_done.any(|step| matches!(step, Step::Shutdown(_)));
    let is_batched = cell.id.signal != Signal::Metrics
        && cell.configuration.processor != Some(Processor::Simple);
    match name {
        "shutdown" => Some(SHUTDOWN_RULE),
        "force_flush" if !is_shut_down => Some(FLUSH_RULE),
        "emit" if is_batched => Some(EMIT_RULE),
        _ => None,
    }
}

/// Whether a cell judges `rule` by how it ends: by a crash, or by a call that does not return.
pub(crate) fn is_judged_by_the_end(rule: &RuleId) -> bool {
    [CRASH_RULE, SHUTDOWN_RULE, FLUSH_RULE, EMIT_RULE].contains(&rule.as_str())
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
            let overdue = checks::overdue(recording, name);
            if overdue.is_empty() {
                findings.extend(hang_rule(recording, name).map(|rule| Finding {
                    rule: rule.into(),
                    grade: Grade::Failed,
                    expected: format!("an end of {name}"),
                    actual: reason.clone(),
                }));
            }
            findings.extend(overdue);
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
        // It has failed by what it did, and did not come to the rest.
        RunEnd::Hung { .. } if has_failed(&results) => VerdictKind::NotApplicable,
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

fn has_failed(results: &[RuleResult]) -> bool {
    results
        .iter()
        .any(|result| result.verdict == VerdictKind::Failed)
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
    let mut findings = unfired::untested(recording, checks::expectations(recording));
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
        let known = rules.rule(&rule);
        if let Some(reason) = known.and_then(|known| unbound(recording, known)) {
            let verdict = VerdictKind::NotApplicable;
            results.push(result(cell, rules, &rule, verdict, expected, reason));
            continue;
        }
        match known {
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

/// Why a rule does not bind the SUT in this cell; none where it does.
fn unbound(recording: &Recording, rule: &Rule) -> Option<String> {
    let is_anothers = !rule.is_about(kind_of_sut(recording));
    is_anothers
        .then(|| format!("a promise of {} alone", rule.applies_to.join(", ")))
        .or_else(|| is_of_others(recording, rule))
        .or_else(|| is_of_sdks(recording, rule))
        .or_else(|| rule.is_too_young_for(recording.specification))
        .or_else(|| lacks(recording, &rule.id))
        .or_else(|| payload::forbids_carry_over(&recording.cell, &rule.id).map(str::to_owned))
}

/// Why a rule of OTLP does not bind in a cell of another protocol; how a run ends is judged in all of them.
fn is_of_others(recording: &Recording, rule: &Rule) -> Option<String> {
    let protocol = recording.cell.id.protocol;
    let is_bound = protocol.is_otlp()
        || rule.concerned_protocols().contains(&protocol)
        || is_judged_by_the_end(&rule.id);
    (!is_bound).then(|| format!("a rule of other protocols than {protocol}"))
}

/// Why a rule does not bind what only forwards.
fn is_of_sdks(recording: &Recording, rule: &Rule) -> Option<String> {
    let forwards = recording.capabilities.contains(&Capability::Forwards);
    (forwards && !rule.binds_forwarders())
        .then(|| format!("a rule for SDKs, and {} forwards", recording.sut))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::empty_recording;

    #[test]
    fn a_rule_that_is_younger_than_the_release_does_not_fail_it() {
        let rules = RuleCatalog::embedded().expect("readable rules");
        let mut recording = empty_recording();
        let broken = "{ rule: OTLP-SIZ-007, attempts: { at_least: 1 } }";
        Arc::make_mut(&mut recording.cell).expect =
            vec![serde_saphyr::from_str(broken).expect("an expectation")];
        let mut verdict = |specification: Option<&str>| {
            recording.specification = specification.map(|text| text.parse().expect("a version"));
            let results = judge(&recording, rules, Duration::ZERO).results;
            let of_rule = results
                .iter()
                .find(|result| result.rule.as_str() == "OTLP-SIZ-007");
            of_rule
                .map(|result| (result.verdict, result.actual.clone()))
                .expect("a result")
        };
        assert_eq!(verdict(None).0, VerdictKind::Failed);
        assert_eq!(verdict(Some("1.60.0")).0, VerdictKind::Failed);
        let (verdict, reason) = verdict(Some("1.59.0"));
        assert_eq!(verdict, VerdictKind::NotApplicable);
        assert!(reason.contains("since specification 1.60.0"), "{reason}");
    }

    #[test]
    fn a_rule_for_sdks_does_not_bind_what_forwards() {
        let rules = RuleCatalog::embedded().expect("readable rules");
        let mut recording = empty_recording();
        Arc::make_mut(&mut recording.cell).expect = ["OTLP-ENV-005", "OTLP-RTY-005"]
            .map(|rule| {
                let broken = format!("{{ rule: {rule}, attempts: {{ at_least: 1 }} }}");
                serde_saphyr::from_str(&broken).expect("an expectation")
            })
            .into();
        let mut verdicts = |capabilities: &[Capability]| {
            recording.capabilities = capabilities.to_vec();
            let results = judge(&recording, rules, Duration::ZERO).results;
            let verdict = |rule: &str| {
                let result = results.iter().find(|result| result.rule.as_str() == rule);
                result.expect("a result").verdict
            };
            (verdict("OTLP-ENV-005"), verdict("OTLP-RTY-005"))
        };
        let (failed, not_applicable) = (VerdictKind::Failed, VerdictKind::NotApplicable);
        assert_eq!(verdicts(&[Capability::Traces]), (failed, failed));
        assert_eq!(verdicts(&[Capability::Forwards]), (not_applicable, failed));
    }

    fn hung(expected: &[&str]) -> Vec<(String, VerdictKind)> {
        let rules = RuleCatalog::embedded().expect("readable rules");
        let mut recording = empty_recording();
        recording.end = RunEnd::Hung {
            call: "force_flush".to_owned(),
            reason: "no answer to force_flush within 2m".to_owned(),
        };
        let read = |text: &&str| serde_saphyr::from_str(text).expect("an expectation");
        Arc::make_mut(&mut recording.cell).expect = expected.iter().map(read).collect();
        let results = judge(&recording, rules, Duration::ZERO).results;
        let told = results.into_iter();
        told.map(|result| (result.rule.as_str().to_owned(), result.verdict))
            .collect()
    }

    #[test]
    fn a_call_that_does_not_return_is_blamed_for_the_bound_that_it_has_broken() {
        let bound =
            "{ rule: OTLP-TMO-005, call: { step: force_flush, nth: 1, elapsed_at_most: 3s } }";
        let of_another =
            "{ rule: OTLP-TMO-006, call: { step: force_flush, nth: 2, elapsed_at_most: 3s } }";
        let rest = "{ rule: OTLP-LIF-004, exports: { at_least: 2 } }";
        let expected = |rule: &str, verdict| (rule.to_owned(), verdict);
        assert_eq!(
            hung(&[rest, bound, of_another]),
            [
                expected("OTLP-LIF-004", VerdictKind::NotApplicable),
                expected("OTLP-TMO-005", VerdictKind::Failed),
                expected("OTLP-TMO-006", VerdictKind::NotApplicable),
            ]
        );
        assert_eq!(
            hung(&[rest]),
            [
                expected("OTLP-LIF-004", VerdictKind::NotApplicable),
                expected("OTLP-RTY-010", VerdictKind::Failed),
            ]
        );
    }
}
