//! The whole catalogue on one client, in virtual time.

use std::sync::Arc;

use crate::plan::Plan;
use crate::report::RunnerEvent;
use crate::rules::RuleCatalog;
use crate::run::{RunError, RunOptions, Target, run};
use crate::scenario::{Protocol, Signal};
use crate::sut::SutFactory;
use crate::verdict::{RuleResult, VerdictKind};

/// What was found.
pub(super) struct Examined {
    pub(super) cells: usize,
    pub(super) passed: usize,
    pub(super) failed: Vec<RuleResult>,
    pub(super) broken: Vec<RuleResult>,
}

/// The protocols with which most clients are run.
pub(super) fn of_otlp() -> Vec<Protocol> {
    Protocol::OTLP.to_vec()
}

/// The cells of `plan` with these signals and protocols; an empty list means all.
pub(super) fn concerning(plan: &Plan, signals: &[Signal], protocols: &[Protocol]) -> Plan {
    let mut plan = plan.clone();
    plan.cells.retain(|cell| {
        (signals.is_empty() || signals.contains(&cell.id.signal))
            && (protocols.is_empty() || protocols.contains(&cell.id.protocol))
    });
    plan
}

/// Runs `plan` on `sut`.
pub(super) fn examine(
    sut: Arc<dyn SutFactory>,
    plan: &Plan,
    rules: &'static RuleCatalog,
    options: &RunOptions,
) -> Result<Examined, RunError> {
    let mut examined = Examined {
        cells: 0,
        passed: 0,
        failed: Vec::new(),
        broken: Vec::new(),
    };
    let target = Target::in_process(sut);
    run(plan, &target, rules, options, &mut |event| {
        let RunnerEvent::CellFinished(report) = event else {
            return;
        };
        examined.cells += 1;
        for result in report.results {
            match result.verdict {
                VerdictKind::Failed | VerdictKind::ExpectedFailure => examined.failed.push(result),
                VerdictKind::NotRun => examined.broken.push(result),
                VerdictKind::Passed => examined.passed += 1,
                VerdictKind::Inconclusive | VerdictKind::NotApplicable => {}
            }
        }
    })?;
    Ok(examined)
}
