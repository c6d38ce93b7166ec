//! Faults: an answer for every protocol that they meet.

use super::{Check, Finding, Setting, Way, nearest};
use crate::scenario::{Fault, Protocol, Step};

impl Check<'_> {
    /// Each name under `may_not_fire` is that of a fault.
    pub(super) fn names_of_faults(&mut self, way: &Way) {
        let scenario = self.scenario;
        let variants = scenario.variants.values();
        let steps = variants
            .clone()
            .filter_map(|variant| variant.steps.as_ref());
        let of_steps = steps.chain([&scenario.steps]).flatten();
        let of_steps = of_steps.filter_map(|step| match step {
            Step::Faults(faults) => Some(faults),
            _ => None,
        });
        let known: Vec<&str> = variants
            .filter_map(|variant| variant.faults.as_ref())
            .chain([&scenario.faults])
            .chain(of_steps)
            .flatten()
            .filter_map(|fault| fault.name.as_deref())
            .collect();
        for (index, name) in scenario.may_not_fire.iter().enumerate() {
            if known.contains(&name.as_str()) {
                continue;
            }
            let finding = Finding::new(way.to(index), format!("no fault is called `{name}`"));
            self.found(match nearest(name, known.iter().copied()) {
                Some(meant) => finding.label(format!("did you mean `{meant}`?")),
                None => finding.help("give the fault a `name`"),
            });
        }
    }

    pub(super) fn faults(&mut self, way: &Way, faults: &[Fault], setting: &Setting<'_>) {
        self.paths_of_faults(way, faults, &setting.signals);
        for (index, fault) in faults.iter().enumerate() {
            let way = way.to(index);
            let (mut met, mut unmet) = (false, None);
            for &protocol in &setting.protocols {
                let matched = fault
                    .when
                    .protocol
                    .as_ref()
                    .is_none_or(|one| one.contains(&protocol));
                met |= matched;
                if matched && !fault.then.applies_to(Some(protocol)) {
                    unmet.get_or_insert(protocol);
                }
            }
            if let Some(protocol) = unmet {
                let answer = if protocol == Protocol::Grpc {
                    "grpc: ..."
                } else {
                    "http: ..."
                };
                let message = format!(
                    "the fault has no answer for `{protocol}`, one of the scenario's protocols"
                );
                let help = format!(
                    "add `{answer}` to `then`, or restrict the fault by `when: {{ protocol: ... }}`"
                );
                self.found(Finding::new(way.to("then"), message).help(help));
            }
            if !met {
                let message =
                    "the fault can never happen: the scenario is run with none of these protocols";
                self.found(Finding::new(way.to("when").to("protocol"), message));
            }
            if let Some(signals) = &fault.when.signal
                && !setting
                    .signals
                    .iter()
                    .any(|signal| signals.contains(signal))
            {
                let message =
                    "the fault can never happen: the scenario is run with none of these signals";
                self.found(Finding::new(way.to("when").to("signal"), message));
            }
        }
    }
}
