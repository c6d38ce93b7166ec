//! A file to a scenario that can be run.

use super::validate::findings;
use super::{Places, Problem, Problems, SourceFile, from_yaml};
use crate::rules::RuleCatalog;
use crate::scenario::Scenario;

/// Reads one scenario and checks everything that can be known before it is run.
///
/// # Errors
/// [`Problems`]: one for YAML that does not have the form of a scenario; all of them where the form is right and the
/// content cannot be meant (unknown rule, impossible time, unknown instrument, fault without an answer, ...).
pub fn read_scenario(file: &SourceFile, rules: &RuleCatalog) -> Result<Scenario, Problems> {
    let scenario: Scenario = from_yaml(file)?;
    let findings = findings(&scenario, rules);
    if findings.is_empty() {
        return Ok(scenario);
    }
    let places = Places::of(&file.text);
    let mut problems: Vec<Problem> = findings
        .into_iter()
        .map(|finding| {
            let place = if finding.on_key {
                places.find_key(&finding.way)
            } else {
                places.find(&finding.way)
            };
            let mut problem = Problem::new(file, finding.message).at(place);
            if let Some(label) = finding.label {
                problem = problem.labelled(label);
            }
            if let Some(help) = finding.help {
                problem = problem.help(help);
            }
            problem
        })
        .collect();
    problems.sort_by_key(Problem::place);
    Problems::or(problems, scenario)
}
