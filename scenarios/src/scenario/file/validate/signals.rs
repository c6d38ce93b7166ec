//! What belongs to one signal and stands in a scenario of others, and texts that differ from signal to signal.

use super::{Check, Finding, Setting, Way};
use crate::scenario::placeholder::mistake;
use crate::scenario::{
    Configuration, Environment, EnvironmentValue, Expectation, Fault, Signal, Step,
};

impl Check<'_> {
    /// `what` is for `only`; an error where a cell of another signal would get it.
    pub(super) fn only_for(&mut self, way: Way, what: &str, only: &[Signal], signals: &[Signal]) {
        let Some(other) = signals.iter().find(|signal| !only.contains(signal)) else {
            return;
        };
        let names: Vec<&str> = only.iter().map(|signal| signal.name()).collect();
        let names = names.join(" and ");
        self.found(
            Finding::new(way, format!("{what} is for {names}, and this is run with {other} too"))
                .on_key()
                .help(format!(
                    "leave {other} out of `signals`, or put it where only {names} get it: `signals: [{}]` of a variant \
                     or of an expectation",
                    only.iter().map(|signal| signal.name()).collect::<Vec<_>>().join(", ")
                )),
        );
    }

    /// Each protocol can carry each signal.
    pub(super) fn carried(&mut self, way: &Way, setting: &Setting<'_>) {
        for (index, protocol) in setting.protocols.iter().enumerate() {
            let mut signals = setting.signals.iter();
            if let Some(other) = signals.find(|signal| !protocol.carries(**signal)) {
                let message =
                    format!("`{protocol}` carries no {other}, and the scenario is run with them");
                self.found(Finding::new(way.to(index), message));
            }
        }
    }

    pub(super) fn settings_of_signals(
        &mut self,
        way: &Way,
        configuration: &Configuration,
        signals: &[Signal],
    ) {
        let Configuration {
            interval,
            timeout,
            allow_slow_cycles,
            temporality,
            drop_policy,
            views,
            views_in_order,
            processor,
            max_queue_size,
            max_export_batch_size,
            schedule_delay,
            export_timeout,
            endpoint,
            ..
        } = configuration;
        let metrics: &[Signal] = &[Signal::Metrics];
        let others: &[Signal] = &[Signal::Traces, Signal::Logs];
        let keys = [
            ("interval", interval.is_some(), metrics),
            ("timeout", timeout.is_some(), metrics),
            ("allow_slow_cycles", allow_slow_cycles.is_some(), metrics),
            ("temporality", temporality.is_some(), metrics),
            ("drop_policy", drop_policy.is_some(), metrics),
            ("views", views.is_some(), metrics),
            ("views_in_order", views_in_order.is_some(), metrics),
            ("processor", processor.is_some(), others),
            ("max_queue_size", max_queue_size.is_some(), others),
            (
                "max_export_batch_size",
                max_export_batch_size.is_some(),
                others,
            ),
            ("schedule_delay", schedule_delay.is_some(), others),
            ("export_timeout", export_timeout.is_some(), others),
        ];
        for (key, is_given, only) in keys {
            if is_given {
                self.only_for(way.to(key), &format!("`{key}`"), only, signals);
            }
        }
        self.text(way.to("endpoint"), endpoint.as_deref(), signals);
    }

    /// Names and values of variables.
    pub(super) fn variables(&mut self, way: &Way, env: &Environment, signals: &[Signal]) {
        for (name, value) in env {
            let at = way.to(name.as_str());
            if let Some(mistake) = mistake(name, signals) {
                self.found(Finding::new(at.clone(), mistake).on_key());
            }
            let value = value.as_ref().map(EnvironmentValue::as_str);
            self.text(at, value, signals);
        }
    }

    pub(super) fn step_of_signals(&mut self, way: &Way, step: &Step, signals: &[Signal]) {
        let metrics = [Signal::Metrics];
        match step {
            Step::Record(_) => self.only_for(way.to("record"), "`record`", &metrics, signals),
            Step::Observe(_) => self.only_for(way.to("observe"), "`observe`", &metrics, signals),
            Step::Emit(emit) if emit.unsampled => self.only_for(
                way.to("emit").to("unsampled"),
                "`unsampled`",
                &[Signal::Traces],
                signals,
            ),
            Step::Emit(emit) if emit.span.is_some() => self.only_for(
                way.to("emit").to("span"),
                "`span`",
                &[Signal::Traces],
                signals,
            ),
            Step::Emit(emit) if emit.in_span => self.only_for(
                way.to("emit").to("in_span"),
                "`in_span`",
                &[Signal::Logs],
                signals,
            ),
            _ => {}
        }
    }

    pub(super) fn paths_of_faults(&mut self, way: &Way, faults: &[Fault], signals: &[Signal]) {
        for (index, fault) in faults.iter().enumerate() {
            let way = way.to(index).to("when").to("path");
            self.text(way, fault.when.path.as_deref(), signals);
        }
    }

    pub(super) fn expectation_of_signals(
        &mut self,
        way: &Way,
        expectation: &Expectation,
        setting: &Setting<'_>,
    ) {
        for (index, signal) in expectation.signals.iter().enumerate() {
            if !setting.signals.contains(signal) {
                let message = format!("the scenario is not run with `{signal}`");
                self.found(Finding::new(way.to("signals").to(index), message));
            }
        }
        let signals = if expectation.signals.is_empty() {
            &setting.signals
        } else {
            &expectation.signals
        };
        let metrics = [Signal::Metrics];
        for (key, is_given) in [
            ("streams", expectation.streams.is_some()),
            ("total", expectation.total.is_some()),
            ("windows", expectation.windows.is_some()),
        ] {
            if is_given {
                self.only_for(way.to(key), &format!("`{key}`"), &metrics, signals);
            }
        }
        if let Some(ledger) = &expectation.ledger
            && ledger.accepted_items.is_some()
        {
            self.only_for(
                way.to("ledger").to("accepted_items"),
                "`accepted_items`",
                &[Signal::Traces, Signal::Logs],
                signals,
            );
        }
        if let Some(request) = &expectation.request {
            let way = way.to("request").to("path");
            self.text(way, request.path.as_deref(), signals);
        }
        if let Some(log) = &expectation.log {
            for (index, text) in log.contains.iter().enumerate() {
                let way = way.to("log").to("contains").to(index);
                self.text(way, Some(text), signals);
            }
        }
    }

    fn text(&mut self, way: Way, text: Option<&str>, signals: &[Signal]) {
        if let Some(mistake) = text.and_then(|text| mistake(text, signals)) {
            self.found(Finding::new(way, mistake));
        }
    }
}
