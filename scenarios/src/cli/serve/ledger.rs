//! The ledger as it is printed in the end.

use std::fmt::Write as _;

use otelbox_mock_collector::ledger::Ledger;

use crate::cli::output::{QUIET, STRONG};

/// `missing` is what is missing in the journal file.
pub(super) fn text(ledger: &Ledger, missing: Option<&str>) -> String {
    // Writing to a string cannot fail.
    let mut text = String::from("\n");
    if ledger.signals().is_empty() {
        text.push_str("Nothing was exported.\n");
    } else {
        table(&mut text, ledger);
    }
    if let Some(missing) = missing {
        let _ = writeln!(text, "{missing}");
    }
    text
}

fn table(text: &mut String, ledger: &Ledger) {
    let _ = writeln!(
        text,
        "{STRONG}{:10}{:>9}{:>10}{:>9}{:>10}{:>10}{:>10}{STRONG:#}",
        "ledger", "exports", "attempts", "offered", "accepted", "rejected", "repeated"
    );
    for (signal, entry) in ledger.signals() {
        let _ = writeln!(
            text,
            "{signal:10}{:>9}{:>10}{:>9}{:>10}{:>10}{:>10}",
            entry.exports,
            entry.attempts,
            entry.offered,
            entry.accepted,
            entry.rejected,
            entry.repeated
        );
    }
    if let Some(doubt) = ledger.doubt() {
        let _ = writeln!(text, "{QUIET}{doubt}{QUIET:#}");
    }
}
