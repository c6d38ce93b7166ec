//! Faults: an answer for every protocol that they meet.

use super::{Check, Finding, Setting, Way};
use crate::scenario::{Fault, Protocol};

impl Check<'_> {
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
