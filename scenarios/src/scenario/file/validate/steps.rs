//! Steps: times, instruments, order.

use std::time::Duration;

use super::{Check, Finding, Setting, Way, nearest};
use crate::scenario::{
    Call, ITEMS_COUNTER, Instrument, Signal, Step, Terminate, TextDuration, TimeMode,
};

impl Check<'_> {
    pub(super) fn steps(&mut self, way: &Way, steps: &[Step], setting: &Setting<'_>) {
        if steps.is_empty() {
            self.found(Finding::new(way.clone(), "no steps: nothing would happen"));
        }
        let mut passed = Duration::ZERO;
        let mut exited = false;
        for (index, step) in steps.iter().enumerate() {
            let way = way.to(index);
            self.step_of_signals(&way, step, &setting.signals);
            if exited {
                self.found(Finding::new(
                    way.clone(),
                    "nothing can be done after `exit` or `terminate`",
                ));
                break;
            }
            match step {
                Step::Wait(time) => passed = passed.saturating_add(time.get()),
                Step::WaitUntil(time) => {
                    if time.get() < passed {
                        let passed = TextDuration::from(passed);
                        let message = format!(
                            "impossible time: {time} has passed, the steps before wait until {passed}"
                        );
                        self.found(
                            Finding::new(way.to("wait_until"), message).label("is in the past"),
                        );
                    }
                    passed = passed.max(time.get());
                }
                Step::Emit(_) => self.emit(&way, setting),
                Step::Record(record) => {
                    let way = way.to("record");
                    self.instrument(&way, &record.instrument, setting, false);
                    if record.times == 0 {
                        self.found(Finding::new(
                            way.to("times"),
                            "recording 0 times does nothing",
                        ));
                    }
                }
                Step::Observe(observe) => {
                    self.instrument(&way.to("observe"), &observe.instrument, setting, true);
                }
                Step::WaitFor(wait) => {
                    let nothing = wait.attempts.is_none()
                        && wait.exports.is_none()
                        && wait.accepted.is_none()
                        && wait.connections.is_none();
                    if nothing {
                        let message = "nothing to wait for";
                        let help = "give `attempts`, `exports`, `accepted` or `connections`";
                        self.found(Finding::new(way.to("wait_for"), message).help(help));
                    }
                }
                Step::Export(call) => {
                    let way = way.to("export");
                    if call.timeout.is_some() {
                        let message = "an exporter is not given a time limit by its caller";
                        self.found(Finding::new(way.to("timeout"), message).on_key());
                    }
                    self.call(&way, call);
                }
                Step::ForceFlush(call) => self.call(&way.to("force_flush"), call),
                Step::Shutdown(call) => self.call(&way.to("shutdown"), call),
                Step::Exit => exited = true,
                Step::Terminate(terminate) => {
                    exited = true;
                    self.terminate(&way.to("terminate"), *terminate, steps);
                }
                Step::Collector(_) => {}
                Step::RotateCertificates(_) => {
                    if self.scenario.receiver.tls.is_none() {
                        let message = "the receiver speaks plain text: it has no certificates";
                        self.found(
                            Finding::new(way.to("rotate_certificates"), message)
                                .on_key()
                                .help("add `receiver: { tls: {} }`"),
                        );
                    }
                }
                Step::Faults(faults) => self.faults(&way.to("faults"), faults, setting),
            }
        }
    }

    fn terminate(&mut self, way: &Way, terminate: Terminate, steps: &[Step]) {
        if terminate.within == TextDuration::default() {
            let message = "impossible time: no program ends within 0 s";
            self.found(Finding::new(way.to("within"), message));
        }
        if self.scenario.time != TimeMode::Real {
            let message = "a program that is ended by a signal runs in real time only";
            self.found(
                Finding::new(way.clone(), message)
                    .on_key()
                    .help("add `time: real`"),
            );
        }
        if let Some(other) = steps.iter().find_map(Step::of_a_driver) {
            let message = format!(
                "`terminate` is for programs that are started as they are, and `{other}` for drivers"
            );
            self.found(Finding::new(way.clone(), message).on_key());
        }
    }

    fn call(&mut self, way: &Way, call: &Call) {
        if call.timeout == Some(TextDuration::default()) {
            self.found(Finding::new(
                way.to("timeout"),
                "impossible time: a call with 0 s is over before it begins",
            ));
        }
        if let Some(rule) = &call.rule {
            self.rule(way.to("rule"), rule);
        }
    }

    fn emit(&mut self, way: &Way, setting: &Setting<'_>) {
        let metrics = setting.signals.contains(&Signal::Metrics);
        let counter = |instrument: &Instrument| instrument.name == ITEMS_COUNTER;
        if metrics && !setting.instruments.iter().any(counter) {
            let message = format!(
                "`emit` adds to the counter `{ITEMS_COUNTER}`, which is not among the instruments"
            );
            let help = format!(
                "add it to `instruments`, or use `record` (without `instruments`, `{ITEMS_COUNTER}` is there)"
            );
            self.found(Finding::new(way.to("emit"), message).on_key().help(help));
        }
    }

    fn instrument(&mut self, way: &Way, name: &str, setting: &Setting<'_>, observable: bool) {
        let way = way.to("instrument");
        let Some(instrument) = setting
            .instruments
            .iter()
            .find(|instrument| instrument.name == name)
        else {
            let finding = Finding::new(way, format!("no instrument `{name}`"));
            let known = setting
                .instruments
                .iter()
                .map(|instrument| instrument.name.as_str());
            return self.found(match nearest(name, known) {
                Some(meant) => finding.label(format!("did you mean `{meant}`?")),
                None => finding.label("not among `instruments`"),
            });
        };
        let kind = instrument.kind.name();
        if instrument.kind.is_observable() && !observable {
            let message = format!("`{name}` is an {kind}: its values come from its callback");
            self.found(Finding::new(way, message).help("use `observe`"));
        } else if !instrument.kind.is_observable() && observable {
            let message = format!("`{name}` is a {kind}: it has no callback");
            self.found(Finding::new(way, message).help("use `record`"));
        }
    }
}
