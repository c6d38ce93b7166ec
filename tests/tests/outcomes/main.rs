//! The reference SDK meets every fault.
//!
//! Every fault of the catalogue, with each word that its parameters may be, strikes once and for good, over three protocols
//! and for three signals, in virtual time. Whatever it is, the export ends by its deadline, and every item has one fate that
//! its user gets to know: delivered, rejected, dropped, or dropped and perhaps delivered. Nothing hangs, panics or leaks.
//!
//! `docs/faults.md` is what was seen, and a test holds that it is. A few dozen cells are run over sockets as well.

mod cell;
mod outcome;
mod page;
mod properties;
mod sockets;
mod subject;
mod tampered;
mod told;
mod truth;
mod variants;
mod wires;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use otelbox_mock_collector::{Protocol, Signal};

use cell::{Cell, Seen, Story};
use properties::violations;
use variants::{Lasts, Variant};

/// The signals that the SDK has.
const SIGNALS: [Signal; 3] = [Signal::Traces, Signal::Logs, Signal::Metrics];

/// How many cells of a trial are shown where they fail.
const SHOWN: usize = 3;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    cell::note_panics();
    let mut trials = Vec::new();
    let mut faults: BTreeMap<&str, Vec<Variant>> = BTreeMap::new();
    for variant in variants::all() {
        faults.entry(variant.fault.name).or_default().push(variant);
    }
    for (name, variants) in faults {
        trials.push(Trial::test(name, move || every_cell(&variants)));
    }
    trials.push(Trial::test("every HTTP status", every_http_status));
    trials.push(Trial::test("docs/faults.md", page::is_what_was_seen));
    trials.push(Trial::test(
        "variants of the schema",
        variants::the_schema_is_read,
    ));
    trials.push(Trial::test(
        "every property can fail",
        tampered::every_property_can_fail,
    ));
    trials.extend(sockets::trials());
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The cells of some variants in every story.
fn every_cell(variants: &[Variant]) -> Result<(), Failed> {
    let mut report = Report::default();
    for variant in variants {
        for lasts in Lasts::ALL {
            let mut fired = 0;
            for story in Story::ALL {
                for (protocol, signal) in everyone() {
                    let cell = cell_of(variant, lasts, protocol, signal, story);
                    let seen = cell.run();
                    fired += seen.fired;
                    report.add(&cell, &seen, &violations(&cell, &seen));
                }
            }
            // One that strikes connections over HTTP/2 strikes none over HTTP/1.1, but somebody it has to strike.
            if fired == 0 {
                let label = variant.label();
                report.miss(&format!(
                    "{label}, {}: the fault never fired",
                    lasts.words()
                ));
            }
        }
    }
    report.into_result()
}

fn every_http_status() -> Result<(), Failed> {
    let mut report = Report::default();
    for (index, (_, variant)) in variants::http_statuses().into_iter().enumerate() {
        for protocol in [Protocol::HttpProtobuf, Protocol::HttpJson] {
            // Signals by turns: what they have in common is the exporter.
            let signal = SIGNALS[index % SIGNALS.len()];
            let cell = cell_of(&variant, Lasts::Always, protocol, signal, Story::Flush);
            let seen = cell.run();
            report.add(&cell, &seen, &violations(&cell, &seen));
        }
    }
    report.into_result()
}

fn everyone() -> impl Iterator<Item = (Protocol, Signal)> {
    Protocol::OTLP
        .into_iter()
        .flat_map(|protocol| SIGNALS.map(|signal| (protocol, signal)))
}

fn cell_of(
    variant: &Variant,
    lasts: Lasts,
    protocol: Protocol,
    signal: Signal,
    story: Story,
) -> Cell {
    Cell {
        fault: variant.lasting(lasts),
        speaks_tls: variant.needs_tls(),
        protocol,
        signal,
        story,
        is_exact: true,
    }
}

/// What went wrong in the cells of a trial.
#[derive(Default)]
struct Report {
    cells: usize,
    wrong: usize,
    text: String,
}

impl Report {
    fn add(&mut self, cell: &Cell, seen: &Seen, wrong: &[String]) {
        self.cells += 1;
        if wrong.is_empty() {
            return;
        }
        self.wrong += 1;
        let _ = writeln!(self.text, "{cell}");
        for one in wrong {
            let _ = writeln!(self.text, "    {one}");
        }
        if self.wrong <= SHOWN {
            self.text.push_str(&seen.timeline());
        }
    }

    /// Something that no single cell is to blame for.
    fn miss(&mut self, what: &str) {
        self.wrong += 1;
        let _ = writeln!(self.text, "{what}");
    }

    fn into_result(self) -> Result<(), Failed> {
        if self.wrong == 0 {
            return Ok(());
        }
        Err(format!("{} of {} cells:\n{}", self.wrong, self.cells, self.text).into())
    }
}
