//! Expectations: rules that exist, checks that can fail.

use super::{Check, Finding, Setting, Way};
use crate::scenario::check::{
    AttemptsCheck, CallCheck, ConnectionsCheck, ExportsCheck, GapsCheck, LedgerCheck, LogCheck,
    PayloadCheck, ProgramCheck, RequestCheck, StreamCheck, WindowsCheck,
};
use crate::scenario::{Check as Judged, Expectation, TextDuration};

impl Check<'_> {
    pub(super) fn expectations(
        &mut self,
        way: &Way,
        expectations: &[Expectation],
        setting: &Setting<'_>,
    ) {
        for (index, expectation) in expectations.iter().enumerate() {
            let way = way.to(index);
            self.rule(way.to("rule"), &expectation.rule);
            for (index, protocol) in expectation.protocols.iter().enumerate() {
                if !setting.protocols.contains(protocol) {
                    let message = format!("the scenario is not run with `{protocol}`");
                    self.found(Finding::new(way.to("protocols").to(index), message));
                }
            }
            self.expectation_of_signals(&way, expectation, setting);
            let checks = expectation.checks();
            if checks.is_empty() {
                let message = format!(
                    "nothing is checked for `{}`, so it could not fail",
                    expectation.rule
                );
                let help = "add a check: `retried`, `attempts`, `gaps`, `exports`, `ledger`, `streams`, `total`, \
                            `windows`, `payload`, `call`, `results`, `request`, `headers`, `log`, `connections`, `program` or `holds`";
                self.found(Finding::new(way.to("rule"), message).help(help));
            }
            for check in checks {
                self.check(&way, check);
            }
        }
    }

    fn check(&mut self, way: &Way, check: Judged<'_>) {
        match check {
            Judged::Retried(_) | Judged::Total(_) | Judged::Memory(_) | Judged::Holds(_) => {}
            Judged::Attempts(check) => self.attempts(&way.to("attempts"), check),
            Judged::Gaps(check) => {
                let bare = GapsCheck {
                    export: check.export,
                    ..GapsCheck::default()
                };
                self.something(way, "gaps", *check != bare);
                self.order(
                    &way.to("gaps"),
                    check.floor,
                    check.ceiling,
                    "floor",
                    "ceiling",
                );
            }
            Judged::Exports(check) => {
                let bare = ExportsCheck {
                    tolerance: check.tolerance,
                    ..ExportsCheck::default()
                };
                self.something(way, "exports", *check != bare);
                self.order(
                    &way.to("exports"),
                    check.at_least,
                    check.at_most,
                    "at_least",
                    "at_most",
                );
                self.ascending(&way.to("exports").to("at"), check.at.as_deref());
            }
            Judged::Ledger(check) => {
                self.something(way, "ledger", *check != LedgerCheck::default());
            }
            Judged::Streams(checks) => self.streams(way, checks),
            Judged::Windows(check) => {
                let bare = WindowsCheck {
                    instrument: check.instrument.clone(),
                    tolerance: check.tolerance,
                    ..WindowsCheck::default()
                };
                self.something(way, "windows", *check != bare);
            }
            Judged::Payload(PayloadCheck {
                equals, contains, ..
            }) => {
                self.something(way, "payload", equals.is_some() || contains.is_some());
            }
            Judged::Call(check) => {
                let CallCheck {
                    result,
                    is_error,
                    elapsed_at_least,
                    elapsed_at_most,
                    ..
                } = check;
                let some = result.is_some()
                    || *is_error
                    || elapsed_at_least.is_some()
                    || elapsed_at_most.is_some();
                self.something(way, "call", some);
                let way = way.to("call");
                self.order(
                    &way,
                    *elapsed_at_least,
                    *elapsed_at_most,
                    "elapsed_at_least",
                    "elapsed_at_most",
                );
            }
            Judged::Program(check) => {
                self.something(way, "program", *check != ProgramCheck::default());
            }
            Judged::Results(results) => self.something(way, "results", !results.is_empty()),
            Judged::Request(check) => {
                self.something(way, "request", *check != RequestCheck::default());
            }
            Judged::Headers(headers) => self.something(way, "headers", !headers.is_empty()),
            Judged::Log(check) => self.log(way, check),
            Judged::Connections(check) => {
                let bare = ConnectionsCheck {
                    only_if_any: check.only_if_any,
                    ..ConnectionsCheck::default()
                };
                self.something(way, "connections", *check != bare);
                self.order(
                    &way.to("connections"),
                    check.at_least,
                    check.at_most,
                    "at_least",
                    "at_most",
                );
            }
        }
    }

    fn attempts(&mut self, way: &Way, check: &AttemptsCheck) {
        let bare = AttemptsCheck {
            export: check.export,
            tolerance: check.tolerance,
            ..AttemptsCheck::default()
        };
        if *check == bare {
            self.nothing(way, "attempts");
        }
        self.order(way, check.at_least, check.at_most, "at_least", "at_most");
        self.ascending(&way.to("at"), check.at.as_deref());
        let counts = [
            ("at", check.at.as_ref().map(Vec::len)),
            ("answers", check.answers.as_ref().map(Vec::len)),
        ];
        for (key, length) in counts {
            if let (Some(count), Some(length)) = (check.count, length)
                && usize::try_from(count) != Ok(length)
            {
                let message = format!("`count` is {count}, but `{key}` has {length} elements");
                self.found(Finding::new(way.to(key), message));
            }
        }
        if check.export == Some(0) {
            self.found(Finding::new(way.to("export"), "exports are counted from 1"));
        }
    }

    fn streams(&mut self, way: &Way, checks: &[StreamCheck]) {
        self.something(way, "streams", !checks.is_empty());
        for (index, check) in checks.iter().enumerate() {
            let way = way.to("streams").to(index);
            let bare = StreamCheck {
                export: check.export,
                ..StreamCheck::named(check.name.clone())
            };
            let absent = StreamCheck {
                absent: true,
                ..bare.clone()
            };
            if check.absent && *check != absent {
                let message = format!(
                    "`{}` is to be absent, so nothing else can be checked of it",
                    check.name
                );
                self.found(Finding::new(way.to("absent"), message));
            }
            if !check.absent && *check == bare {
                let message = format!(
                    "nothing is checked of `{}` but that it is there",
                    check.name
                );
                self.found(
                    Finding::new(way, message).help("add `type`, `unit`, `values`, `points`, ..."),
                );
            }
        }
    }

    fn log(&mut self, way: &Way, check: &LogCheck) {
        self.something(
            way,
            "log",
            check.level.is_some() || !check.contains.is_empty(),
        );
        if check.absent && (check.count.is_some() || check.at_least.is_some()) {
            let message = "`absent` excludes `count` and `at_least`";
            self.found(Finding::new(way.to("log").to("absent"), message).on_key());
        }
    }

    fn something(&mut self, way: &Way, key: &str, some: bool) {
        if !some {
            self.nothing(&way.to(key), key);
        }
    }

    fn nothing(&mut self, way: &Way, key: &str) {
        let message = format!("`{key}` checks nothing, so it could not fail");
        self.found(Finding::new(way.clone(), message).on_key());
    }

    fn order<T: PartialOrd>(
        &mut self,
        way: &Way,
        low: Option<T>,
        high: Option<T>,
        low_key: &str,
        high_key: &str,
    ) {
        if let (Some(low), Some(high)) = (low, high)
            && low > high
        {
            let message = format!("impossible: `{low_key}` is more than `{high_key}`");
            self.found(Finding::new(way.to(low_key), message));
        }
    }

    fn ascending(&mut self, way: &Way, times: Option<&[TextDuration]>) {
        for (index, pair) in times.unwrap_or_default().windows(2).enumerate() {
            if pair[1] < pair[0] {
                let message = format!("impossible time: {} comes after {}", pair[1], pair[0]);
                self.found(Finding::new(way.to(index + 1), message).label("times have to ascend"));
            }
        }
    }
}
