//! What `otelbox explore` tells people. Writing to a string cannot fail.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::super::error::CliError;
use super::super::output::{QUIET, STRONG, columns};
use super::Summary;
use crate::report::wrap;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

pub(super) fn summary(summary: &Summary<'_>) -> Result<String, CliError> {
    let mut text = String::new();
    let tally = summary.tally;
    let cut = if summary.interrupted {
        ", interrupted"
    } else {
        ""
    };
    let _ = writeln!(
        text,
        "{STRONG}{} cases{STRONG:#} of seed {} in {:.1} s, {} a minute{cut}",
        tally.cases,
        summary.seed,
        summary.elapsed.as_secs_f64(),
        summary.cases_per_minute
    );
    let _ = writeln!(
        text,
        "{} exports, {} attempts",
        tally.exports, tally.attempts
    );
    counts(&mut text, "cases", &tally.by_kind);
    counts(&mut text, "calls", &tally.calls);
    counts(&mut text, "faults that fired", &tally.fired);
    names(&mut text, "never fired", &summary.never_fired);
    names(&mut text, "not explored", &summary.not_explored);
    counts(&mut text, "not run to the end", &tally.not_run);
    if tally.violations.is_empty() {
        let _ = writeln!(text, "\n{GOOD}nothing was violated{GOOD:#}");
    }
    for (rule, broken) in &tally.violations {
        let _ = writeln!(
            text,
            "\n{BAD}{rule}{BAD:#} in {} cases, the first is case {}",
            broken.cases, broken.first
        );
        detail(&mut text, "expected", &broken.expected);
        detail(&mut text, "seen", &broken.seen);
    }
    for (place, found) in summary.counterexamples.iter().enumerate() {
        match summary.files.get(place) {
            Some(path) => {
                let _ = writeln!(
                    text,
                    "\n{} made smaller: {}",
                    found.violation.rule,
                    path.display()
                );
            }
            None => {
                let _ = writeln!(text, "\n{}", found.yaml(summary.seed)?.trim_end());
            }
        }
    }
    Ok(text)
}

fn counts(text: &mut String, title: &str, counts: &BTreeMap<String, u64>) {
    let told: Vec<String> = counts
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    listed(text, title, &told);
}

fn names(text: &mut String, title: &str, names: &[&str]) {
    let told: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    listed(text, title, &told);
}

fn listed(text: &mut String, title: &str, told: &[String]) {
    if !told.is_empty() {
        detail(text, title, &told.join(", "));
    }
}

fn detail(text: &mut String, title: &str, told: &str) {
    let line = format!("{title}: {told}");
    for (place, line) in wrap(&line, columns().saturating_sub(4)).iter().enumerate() {
        let indent = if place == 0 { "  " } else { "    " };
        let _ = writeln!(text, "{indent}{QUIET}{line}{QUIET:#}");
    }
}
