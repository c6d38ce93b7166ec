//! What has the form of a scenario and still cannot be meant.

mod expectations;
mod faults;
mod settings;
mod signals;
mod steps;

use super::{Way, nearest};
use crate::rules::RuleCatalog;
use crate::scenario::{Fault, Instrument, Protocol, RuleId, Scenario, Signal};

/// Something that cannot be meant, and the way to it from the top of the file.
pub(super) struct Finding {
    pub(super) way: Way,
    pub(super) on_key: bool,
    pub(super) message: String,
    pub(super) label: Option<String>,
    pub(super) help: Option<String>,
}

impl Finding {
    fn new(way: Way, message: impl Into<String>) -> Self {
        Self {
            way,
            on_key: false,
            message: message.into(),
            label: None,
            help: None,
        }
    }

    fn on_key(mut self) -> Self {
        self.on_key = true;
        self
    }

    fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// What every part of the check needs to know, and what it found.
struct Check<'a> {
    scenario: &'a Scenario,
    rules: &'a RuleCatalog,
    findings: Vec<Finding>,
}

impl Check<'_> {
    fn found(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn rule(&mut self, way: Way, rule: &RuleId) {
        if self.rules.rule(rule).is_some() {
            return;
        }
        let finding = Finding::new(way, format!("unknown rule `{rule}`"));
        let known = self.rules.rules().map(|rule| rule.id.as_str());
        let finding = match nearest(rule.as_str(), known) {
            Some(meant) => finding.label(format!("did you mean `{meant}`?")),
            None => finding.label("not in the catalogue"),
        };
        self.found(finding.help("`otelbox list rules` prints all rules"));
    }
}

/// One way in which the scenario is run: itself, or one of its variants.
struct Setting<'a> {
    signals: Vec<Signal>,
    protocols: Vec<Protocol>,
    instruments: Vec<Instrument>,
    faults: &'a [Fault],
}

/// Everything in `scenario` that cannot be meant.
pub(super) fn findings(scenario: &Scenario, rules: &RuleCatalog) -> Vec<Finding> {
    let mut check = Check {
        scenario,
        rules,
        findings: Vec::new(),
    };
    let top = Way::default();
    check.settings(&top);
    let plain = Setting {
        signals: scenario.signals.clone(),
        protocols: scenario.protocols.clone(),
        instruments: instruments(&scenario.instruments),
        faults: &scenario.faults,
    };
    check.carried(&top.to("protocols"), &plain);
    check.faults(&top.to("faults"), plain.faults, &plain);
    check.names_of_faults(&top.to("may_not_fire"));
    check.steps(&top.to("steps"), &scenario.steps, &plain);
    check.expectations(&top.to("expect"), &scenario.expect, &plain);
    check.variables(&top.to("env"), &scenario.env, &plain.signals);
    for (name, variant) in &scenario.variants {
        let way = top.to("variants").to(name.as_str());
        let setting = Setting {
            signals: if variant.signals.is_empty() {
                scenario.signals.clone()
            } else {
                variant.signals.clone()
            },
            protocols: if variant.protocols.is_empty() {
                scenario.protocols.clone()
            } else {
                variant.protocols.clone()
            },
            instruments: variant
                .instruments
                .as_deref()
                .map_or_else(|| plain.instruments.clone(), instruments),
            faults: variant.faults.as_deref().unwrap_or(&scenario.faults),
        };
        check.variant(&way, name, variant, &setting.signals);
        if let Some(faults) = &variant.faults {
            check.faults(&way.to("faults"), faults, &setting);
        }
        match &variant.steps {
            Some(steps) => check.steps(&way.to("steps"), steps, &setting),
            None if variant.instruments.is_some() => {
                check.steps(&top.to("steps"), &scenario.steps, &setting);
            }
            None => {}
        }
        check.expectations(&way.to("expect"), &variant.expect, &setting);
        check.variables(&way.to("env"), &variant.env, &setting.signals);
    }
    check.findings
}

fn instruments(given: &[Instrument]) -> Vec<Instrument> {
    if given.is_empty() {
        vec![Instrument::items_counter()]
    } else {
        given.to_vec()
    }
}
