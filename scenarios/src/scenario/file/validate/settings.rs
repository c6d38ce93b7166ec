//! Id, title, signals, protocols, variants, configuration.

use super::{Check, Finding, Way};
use crate::scenario::{Configuration, Instrument, Signal, TextDuration, Variant};

impl Check<'_> {
    pub(super) fn settings(&mut self, top: &Way) {
        let scenario = self.scenario;
        let id = scenario.id.as_str();
        let plain = |character: char| {
            character.is_ascii_lowercase() || character.is_ascii_digit() || "-/".contains(character)
        };
        if id.is_empty() || !id.chars().all(plain) || id.split('/').any(str::is_empty) {
            self.found(
                Finding::new(top.to("id"), format!("`{id}` is not an id"))
                    .help("an id is a path of lower-case words: letters, digits, `-`, parts divided by `/`"),
            );
        }
        if scenario.title.trim().is_empty() {
            self.found(Finding::new(top.to("title"), "the title is empty"));
        }
        self.distinct(&top.to("signals"), "signals", &scenario.signals);
        self.distinct(&top.to("protocols"), "protocols", &scenario.protocols);
        if scenario.signals.is_empty() {
            self.found(Finding::new(
                top.to("signals"),
                "no signal: nothing would be run",
            ));
        }
        if scenario.protocols.is_empty() {
            self.found(Finding::new(
                top.to("protocols"),
                "no protocol: nothing would be run",
            ));
        }
        let names: Vec<&String> = scenario.variants.keys().collect();
        for (index, name) in names.iter().enumerate() {
            if let Some(twin) = names[..index]
                .iter()
                .find(|other| other.eq_ignore_ascii_case(name))
            {
                let message = format!("variant `{name}` has the same name as variant `{twin}`");
                self.found(Finding::new(top.to("variants").to(name.as_str()), message).on_key());
            }
        }
        self.configuration(
            &top.to("configuration"),
            &scenario.configuration,
            &scenario.signals,
        );
        self.instruments(
            &top.to("instruments"),
            &scenario.instruments,
            &scenario.signals,
        );
        let judged = !scenario.expect.is_empty()
            || (!scenario.variants.is_empty()
                && scenario
                    .variants
                    .values()
                    .all(|variant| !variant.expect.is_empty()));
        if !judged {
            self.found(
                Finding::new(
                    top.to("expect"),
                    "the scenario expects nothing, so nothing could fail",
                )
                .help("add `expect:` with at least one rule and its check"),
            );
        }
    }

    pub(super) fn variant(&mut self, way: &Way, name: &str, variant: &Variant, signals: &[Signal]) {
        let plain =
            |character: char| character.is_ascii_alphanumeric() || "-_.+".contains(character);
        if name.is_empty() || !name.chars().all(plain) {
            self.found(
                Finding::new(way.clone(), format!("`{name}` is not a name of a variant"))
                    .on_key()
                    .help("letters, digits, `-`, `_`, `+` and `.`"),
            );
        }
        for (index, protocol) in variant.protocols.iter().enumerate() {
            if !self.scenario.protocols.contains(protocol) {
                let message = format!("the scenario is not run with `{protocol}`");
                self.found(Finding::new(way.to("protocols").to(index), message));
            }
        }
        for (index, signal) in variant.signals.iter().enumerate() {
            if !self.scenario.signals.contains(signal) {
                let message = format!("the scenario is not run with `{signal}`");
                self.found(Finding::new(way.to("signals").to(index), message));
            }
        }
        self.configuration(&way.to("configuration"), &variant.configuration, signals);
        if let Some(instruments) = &variant.instruments {
            self.instruments(&way.to("instruments"), instruments, signals);
        }
    }

    fn distinct<T: PartialEq + std::fmt::Display>(&mut self, way: &Way, what: &str, values: &[T]) {
        for (index, value) in values.iter().enumerate() {
            if values[..index].contains(value) {
                self.found(Finding::new(
                    way.to(index),
                    format!("`{value}` is there twice in `{what}`"),
                ));
            }
        }
    }

    fn configuration(&mut self, way: &Way, configuration: &Configuration, signals: &[Signal]) {
        self.settings_of_signals(way, configuration, signals);
        if configuration.views.is_some() && configuration.views_in_order.is_some() {
            self.found(
                Finding::new(
                    way.to("views_in_order"),
                    "`views` and `views_in_order` exclude each other",
                )
                .on_key(),
            );
        }
        if configuration
            .interval
            .is_some_and(|interval| interval == TextDuration::default())
        {
            self.found(Finding::new(
                way.to("interval"),
                "an interval of 0 s would never end",
            ));
        }
        let lists = [
            ("views", &configuration.views),
            ("views_in_order", &configuration.views_in_order),
        ];
        for (key, views) in lists {
            for (index, view) in views.iter().flatten().enumerate() {
                let ascending = |bounds: &[f64]| bounds.windows(2).all(|pair| pair[0] < pair[1]);
                if view
                    .buckets
                    .as_deref()
                    .is_some_and(|bounds| !ascending(bounds))
                {
                    let message = "bounds have to ascend";
                    self.found(Finding::new(way.to(key).to(index).to("buckets"), message));
                }
            }
        }
    }

    fn instruments(&mut self, way: &Way, instruments: &[Instrument], signals: &[Signal]) {
        if !instruments.is_empty() {
            self.only_for(way.clone(), "`instruments`", &[Signal::Metrics], signals);
        }
        for (index, instrument) in instruments.iter().enumerate() {
            if !instrument.kind.is_observable() && !instrument.observe.is_empty() {
                let message = format!("a {} has no callback", instrument.kind.name());
                self.found(Finding::new(way.to(index).to("observe"), message).on_key());
            }
        }
    }
}
