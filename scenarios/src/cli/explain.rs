//! `otelbox explain`.

use std::fmt::Write as _;

use otelbox_mock_collector::fault::{self, FaultDescription};
use serde::Serialize;

use super::Data;
use super::arguments::{DataFormat, Explain};
use super::error::CliError;
use super::output::{QUIET, STRONG, columns, print, print_json};
use super::suts::{ExplainedSut, Machine, SeenSut, runtime};
use crate::catalog::CatalogEntry;
use crate::crooked::clients;
use crate::exit_code::ExitCode;
use crate::judge::is_judged_on_every_payload;
use crate::known_failures::KnownFailures;
use crate::registry::{Registry, Standing, SutEntry};
use crate::report::wrap;
use crate::rules::Rule;
use crate::run::TargetError;
use crate::scenario::{RuleId, ScenarioId, nearest};

pub(super) fn explain(arguments: &Explain, data: &Data) -> Result<ExitCode, CliError> {
    let id = arguments.id.as_str();
    let json = arguments.format == DataFormat::Json;
    if let Some(rule) = data.rules.rule(&RuleId::from(id.to_uppercase().as_str())) {
        let explained = ExplainedRule {
            rule,
            scenarios: data.coverage().scenarios(&rule.id).to_vec(),
            every_payload: is_judged_on_every_payload(&rule.id),
            crooked_clients: crooked(&rule.id)?,
        };
        if json {
            print_json(&explained)?;
        } else {
            print(&rule_text(&explained))?;
        }
    } else if let Some(entry) = data.catalog.entry(id) {
        if json {
            print_json(entry.scenario.as_ref())?;
        } else {
            print(&scenario_text(entry, data))?;
        }
    } else if let Some(action) = fault::describe(id) {
        if json {
            print_json(action)?;
        } else {
            print(&fault_text(action))?;
        }
    } else if let Ok(entry) = Registry::embedded()?.entry(id) {
        let explained = explained_sut(entry)?;
        if json {
            print_json(&explained)?;
        } else {
            print(&sut_text(&explained))?;
        }
    } else {
        return Err(unknown(id, data));
    }
    Ok(ExitCode::Success)
}

fn unknown(id: &str, data: &Data) -> CliError {
    let rules = data.rules.rules().map(|rule| rule.id.as_str());
    let scenarios = data
        .catalog
        .scenarios()
        .map(|scenario| scenario.id.as_str());
    let faults = fault::catalog().iter().map(|action| action.name);
    let suts = Registry::embedded().into_iter().flat_map(Registry::names);
    let known = rules.chain(scenarios).chain(faults).chain(suts);
    CliError::Unknown {
        id: id.to_owned(),
        nearest: nearest(id, known).map(str::to_owned),
    }
}

/// How many crooked clients are named; a client that gets everything wrong says little about a rule.
const NAMED_CLIENTS: usize = 3;

#[derive(Serialize)]
struct ExplainedRule<'a> {
    #[serde(flatten)]
    rule: &'a Rule,
    scenarios: Vec<&'a ScenarioId>,
    /// Whether it is judged on every payload, request or run.
    every_payload: bool,
    /// The crooked clients whose target it is, then those that fail it too.
    crooked_clients: Vec<String>,
}

/// The names of the crooked clients that fail `rule`, those first whose target it is.
fn crooked(rule: &RuleId) -> Result<Vec<String>, CliError> {
    let mut failing = clients()?;
    failing.retain(|client| client.entry.fails(rule));
    failing.sort_by_key(|client| client.entry.target != *rule);
    Ok(failing
        .into_iter()
        .map(|client| client.entry.name)
        .collect())
}

/// A text under a title. Writing to a string cannot fail.
struct Page(String);

impl Page {
    fn titled(title: &str) -> Self {
        Self(format!("{STRONG}{title}{STRONG:#}\n"))
    }

    fn paragraph(&mut self, text: &str) {
        self.0.push('\n');
        for line in text.lines().flat_map(|line| wrap(line, columns())) {
            let _ = writeln!(self.0, "{line}");
        }
    }

    fn part(&mut self, name: &str, text: &str) {
        for (number, line) in wrap(text, columns().saturating_sub(14)).iter().enumerate() {
            let name = if number == 0 { name } else { "" };
            let _ = writeln!(self.0, "{STRONG}{name:12}{STRONG:#}  {line}");
        }
    }

    fn example(&mut self, text: &str) {
        self.0.push('\n');
        for line in text.lines() {
            let _ = writeln!(self.0, "    {line}");
        }
    }
}

fn rule_text(explained: &ExplainedRule<'_>) -> String {
    let ExplainedRule {
        rule,
        scenarios,
        every_payload,
        crooked_clients,
    } = explained;
    let mut page = Page::titled(&format!("{} ({})", rule.id, rule.level));
    page.paragraph(&rule.sentence);
    page.0.push('\n');
    page.part("Source", &format!("{}, {}", rule.source, rule.section));
    if rule.derived {
        page.part(
            "Derived",
            "the text implies it without a key word of its own",
        );
    }
    if rule.development {
        page.part("Development", "the section has not been declared stable");
    }
    page.part("Profile", if rule.profile == 1 { "core" } else { "full" });
    if !rule.applies_to.is_empty() {
        page.part("Binds", &format!("{} only", rule.applies_to.join(", ")));
    }
    page.part("Test", &rule.test);
    if let Some(since) = rule.since {
        page.part("Since", &format!("specification {since}"));
    }
    if let Some(reason) = &rule.not_tested {
        page.part("Not tested", reason);
    }
    if *every_payload {
        page.part(
            "Judged",
            "on every payload, request or run of every scenario",
        );
    }
    for (number, id) in scenarios.iter().enumerate() {
        page.part(if number == 0 { "Scenarios" } else { "" }, id.as_str());
    }
    for (number, client) in crooked_clients.iter().take(NAMED_CLIENTS).enumerate() {
        page.part(if number == 0 { "Fails on" } else { "" }, client);
    }
    if let Some(more @ 1..) = crooked_clients.len().checked_sub(NAMED_CLIENTS) {
        page.part("", &format!("and {more} more"));
    }
    page.0
}

fn scenario_text(entry: &CatalogEntry, data: &Data) -> String {
    let scenario = &entry.scenario;
    let mut page = Page::titled(&format!("{}: {}", scenario.id, scenario.title));
    if let Some(story) = &scenario.story {
        page.paragraph(story.trim_end());
    }
    page.0.push('\n');
    let list = |words: Vec<String>| words.join(", ");
    page.part(
        "Signals",
        &list(scenario.signals.iter().map(ToString::to_string).collect()),
    );
    page.part(
        "Protocols",
        &list(scenario.protocols.iter().map(ToString::to_string).collect()),
    );
    if !scenario.variants.is_empty() {
        page.part(
            "Variants",
            &list(scenario.variants.keys().cloned().collect()),
        );
    }
    for (number, id) in scenario.rules().iter().enumerate() {
        let sentence = data
            .rules
            .rule(id)
            .map_or("", |rule| rule.sentence.as_str());
        page.part(
            if number == 0 { "Rules" } else { "" },
            &format!("{id}  {sentence}"),
        );
    }
    let _ = writeln!(page.0, "\n{QUIET}{}{QUIET:#}", entry.file.name);
    page.example(&entry.file.text);
    page.0
}

fn fault_text(action: &FaultDescription) -> String {
    let mut page = Page::titled(&format!("{} ({})", action.name, action.group));
    page.paragraph(action.summary);
    if !action.parameters.is_empty() {
        page.0.push('\n');
    }
    for (name, meaning) in action.parameters {
        page.part(name, meaning);
    }
    page.example(&format!(
        "faults:\n  - {}",
        action.example.trim_end().replace('\n', "\n    ")
    ));
    page.paragraph("What `when` may say, and every key of every action: otelbox schema scenario");
    page.0
}

fn explained_sut(entry: &SutEntry) -> Result<ExplainedSut<'_>, CliError> {
    let machine = Machine::here()?;
    Ok(ExplainedSut {
        seen: runtime()?.block_on(SeenSut::look(entry, &machine)),
        known: KnownFailures::embedded(&entry.name).map_err(TargetError::from)?,
    })
}

fn sut_text(explained: &ExplainedSut<'_>) -> String {
    let ExplainedSut { seen, known } = explained;
    let mut page = Page::titled(seen.name);
    page.paragraph(seen.about);
    page.0.push('\n');
    page.part("Language", seen.language);
    let remark = seen.remark();
    let state = seen.standing.words();
    if remark.is_empty() {
        page.part("Here", state);
    } else {
        page.part("Here", &format!("{state}: {remark}"));
    }
    for (number, checked) in seen.needs.iter().enumerate() {
        page.part(
            if number == 0 { "Needs" } else { "" },
            &checked.need.advice(&checked.found),
        );
    }
    if let Standing::Ready { hello: Some(hello) } = &seen.standing {
        let words: Vec<String> = hello.capabilities.iter().map(ToString::to_string).collect();
        page.part("Can", &words.join(", "));
    }
    for (number, failure) in known.known_failures.iter().enumerate() {
        page.part(
            if number == 0 { "Fails" } else { "" },
            &format!("{failure}: {}", failure.reason),
        );
    }
    if let Some(install) = &seen.install {
        page.example(install);
    } else {
        page.0.push('\n');
    }
    page.0
}
