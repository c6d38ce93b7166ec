//! `otelbox list`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;

use otelbox_mock_collector::fault;

use super::Data;
use super::arguments::{DataFormat, List, Listed};
use super::error::CliError;
use super::output::{QUIET, STRONG, columns, print, print_json};
use crate::exit_code::ExitCode;
use crate::judge::is_judged_on_every_payload;
use crate::registry::Registry;
use crate::report::wrap;
use crate::rules::Level;
use crate::scenario::{Protocol, RuleId, Scenario, ScenarioId, Signal};

pub(super) fn list(arguments: &List, data: &Data) -> Result<ExitCode, CliError> {
    let json = arguments.format == DataFormat::Json;
    match arguments.what {
        Listed::Scenarios if json => print_json(&scenarios(data))?,
        Listed::Scenarios => print(&scenarios_text(data))?,
        Listed::Rules if json => print_json(&rules(data))?,
        Listed::Rules => print(&rules_text(data))?,
        Listed::Faults if json => print_json(&fault::catalog())?,
        Listed::Faults => print(&described(
            fault::catalog()
                .iter()
                .map(|action| (action.name, action.summary)),
        ))?,
        Listed::Suts if json => print_json(&Registry::embedded()?.entries())?,
        Listed::Suts => print(&described(
            Registry::embedded()?
                .entries()
                .iter()
                .map(|sut| (sut.name.as_str(), sut.about.as_str())),
        ))?,
    }
    Ok(ExitCode::Success)
}

#[derive(Serialize)]
struct ListedScenario<'a> {
    id: &'a ScenarioId,
    title: &'a str,
    signals: &'a [Signal],
    protocols: &'a [Protocol],
    variants: Vec<&'a String>,
    rules: BTreeSet<RuleId>,
}

impl<'a> From<&'a Scenario> for ListedScenario<'a> {
    fn from(scenario: &'a Scenario) -> Self {
        Self {
            id: &scenario.id,
            title: &scenario.title,
            signals: &scenario.signals,
            protocols: &scenario.protocols,
            variants: scenario.variants.keys().collect(),
            rules: scenario.rules(),
        }
    }
}

fn scenarios(data: &Data) -> Vec<ListedScenario<'_>> {
    data.catalog
        .scenarios()
        .map(|scenario| ListedScenario::from(scenario.as_ref()))
        .collect()
}

fn scenarios_text(data: &Data) -> String {
    let mut text = String::new();
    let width = data
        .catalog
        .scenarios()
        .map(|scenario| scenario.id.as_str().len())
        .max()
        .unwrap_or(0);
    let mut topic = "";
    for scenario in data.catalog.scenarios() {
        if scenario.id.topic() != topic {
            if !topic.is_empty() {
                text.push('\n');
            }
            topic = scenario.id.topic();
        }
        let id = scenario.id.as_str();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{STRONG}{id:width$}{STRONG:#}  {}", scenario.title);
    }
    text
}

#[derive(Serialize)]
struct ListedRule<'a> {
    id: &'a RuleId,
    level: Level,
    profile: u8,
    sentence: &'a str,
    source: &'a str,
    section: &'a str,
    /// The scenarios that name it.
    scenarios: Vec<&'a ScenarioId>,
    /// Whether it is judged on every payload, request or run.
    every_payload: bool,
    /// The signals of the cells that judge it.
    signals: BTreeSet<Signal>,
    /// The protocols of the cells that judge it.
    protocols: BTreeSet<Protocol>,
    /// What it concerns and no cell judges: pairs of signal and protocol.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_judged_with: Vec<(Signal, Protocol)>,
    /// Why nothing tests it; absent where something does.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_tested: Option<&'a str>,
}

fn rules(data: &Data) -> Vec<ListedRule<'_>> {
    let coverage = data.coverage();
    data.rules
        .rules()
        .map(|rule| (rule, coverage.judged(rule)))
        .map(|(rule, judged)| ListedRule {
            id: &rule.id,
            level: rule.level,
            profile: rule.profile,
            sentence: &rule.sentence,
            source: &rule.source,
            section: &rule.section,
            scenarios: coverage.scenarios(&rule.id).to_vec(),
            every_payload: is_judged_on_every_payload(&rule.id),
            signals: judged.iter().map(|(signal, _)| *signal).collect(),
            protocols: judged.iter().map(|(_, protocol)| *protocol).collect(),
            not_judged_with: if judged.is_empty() {
                Vec::new()
            } else {
                coverage.missing(rule)
            },
            not_tested: rule.not_tested.as_deref(),
        })
        .collect()
}

fn rules_text(data: &Data) -> String {
    let mut text = String::new();
    let mut shown = "";
    for rule in &rules(data) {
        let group = rule.id.group();
        let topic = data.rules.topic(group).unwrap_or(group);
        if topic != shown {
            let gap = if shown.is_empty() { "" } else { "\n" };
            let _ = writeln!(text, "{gap}{STRONG}{topic}{STRONG:#}");
            shown = topic;
        }
        let tested = match rule.scenarios.len() {
            0 if rule.every_payload => "all".to_owned(),
            0 => "-".to_owned(),
            count => count.to_string(),
        };
        let _ = writeln!(
            text,
            "  {:13} {:10} {QUIET}{tested:>3}{QUIET:#}  {}",
            rule.id.as_str(),
            rule.level,
            rule.sentence
        );
        if let Some(reason) = rule.not_tested {
            let _ = writeln!(text, "  {:28}  {QUIET}not tested: {reason}{QUIET:#}", "");
        }
    }
    let _ = writeln!(
        text,
        "\n{QUIET}The number is that of the scenarios that test the rule; `all`: it is judged on every payload.{QUIET:#}"
    );
    let coverage = data.coverage();
    for (profile, name) in [(1, "core"), (2, "full")] {
        let count = coverage.count(data.rules, profile);
        let _ = writeln!(
            text,
            "{QUIET}Profile {profile} ({name}): {} of {} rules are tested, {} by scenarios and {} on every payload; {} are not, with a reason.{QUIET:#}",
            count.tested(),
            count.rules(),
            count.by_scenario,
            count.on_every_payload,
            count.not_tested
        );
    }
    text
}

fn described(entries: impl Iterator<Item = (&'static str, &'static str)> + Clone) -> String {
    let mut text = String::new();
    let width = entries
        .clone()
        .map(|(name, _)| name.len())
        .max()
        .unwrap_or(0);
    for (name, about) in entries {
        let lines = wrap(about, columns().saturating_sub(width + 2).max(20));
        for (number, line) in lines.iter().enumerate() {
            let name = if number == 0 { name } else { "" };
            let _ = writeln!(text, "{STRONG}{name:width$}{STRONG:#}  {line}");
        }
    }
    text
}
