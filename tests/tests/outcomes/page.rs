//! `docs/faults.md`: what became of an export under each fault.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use libtest_mimic::Failed;
use otelbox_mock_collector::fault::FaultGroup;
use otelbox_mock_collector::{Protocol, Signal};

use crate::cell::Story;
use crate::outcome::{Ended, told};
use crate::variants::{self, Lasts, Variant};
use crate::{SIGNALS, cell_of, everyone};

/// Set, the page is written and not compared.
const WRITE: &str = "OTELBOX_WRITE_FAULTS";

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/faults.md");

const INTRODUCTION: &str = "\
# What a good exporter does under each fault

The reference SDK under every fault of the catalogue (`otelbox list faults`), measured in virtual time, so that every time is
exact and the same in every run. This page is written by a test, which fails where it is not what was measured:
`OTELBOX_WRITE_FAULTS=1 cargo test -p otelbox-tests --test outcomes docs/faults.md` writes it again.

The story: ten items (spans, log records, or data points of a delta counter) are emitted, `force_flush` is called with a limit of
60 s, then `shutdown`. The exporter has the 10 s of the specification for one export; retries are made after 1 s, 2 s, 4 s
(jitter in the middle of its range), or after what the receiver asks for. A fault lasts *once* (it strikes the first attempt, or
whoever connects in the first half second) or *always*.

How an export can end, and there is no other end:

| outcome | what it means |
|---|---|
| delivered | the receiver has all of it, and said so |
| delivered but for n rejected | the receiver has the rest; what it rejected is counted and logged, and never sent again |
| dropped | given up, counted and logged; the receiver has nothing of it |
| dropped, possibly delivered | given up, counted and logged; the receiver may have it, and nobody can know: the acknowledgement is what is missing |
| refused at set-up | the SDK does not start, and says why |

In each of {cells} cells (variants, once and always, three protocols, three signals, five stories) it is held besides that the export ended by its deadline (also where a cycle, a flush or a shutdown has less time),
that what the SDK counts is what the receiver has, that a call which says `ok` has lost nothing, that nothing is sent again after
an acknowledgement, and that no task and no connection is left after the shutdown.

*has* is how many of the ten items the receiver has, how many of them it got more than once, and whether it denied some
of them: a receiver that takes data and answers that it did not is one that no client can see through. *told* is the worst line that
the SDK logs, here for traces; the other signals differ in their nouns. Where several values of a parameter end alike, the line is
that of the first.
";

/// Writes the page, or holds that it is what was seen.
pub(super) fn is_what_was_seen() -> Result<(), Failed> {
    let page = page();
    let path = Path::new(PAGE);
    if is_to_be_written() {
        fs::write(path, page)?;
        return Ok(());
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    if written == page {
        return Ok(());
    }
    let differs = written
        .lines()
        .zip(page.lines())
        .enumerate()
        .find(|(_, (written, seen))| written != seen);
    let place = match differs {
        Some((index, (written, seen))) => format!(
            "line {}:\n  written: {written}\n  seen:    {seen}",
            index + 1
        ),
        None => "one of both is longer".to_owned(),
    };
    Err(format!("docs/faults.md is stale; write it again with {WRITE}=1. {place}").into())
}

#[expect(
    clippy::disallowed_methods,
    reason = "how the test is told to write the page; no SDK reads it"
)]
fn is_to_be_written() -> bool {
    std::env::var_os(WRITE).is_some_and(|value| !value.is_empty())
}

fn page() -> String {
    let variants = variants::all();
    let cells = variants.len() * Lasts::ALL.len() * Story::ALL.len() * everyone().count();
    let mut page = INTRODUCTION.replace("{cells}", &cells.to_string());
    let mut groups: Vec<FaultGroup> = variants.iter().map(|variant| variant.fault.group).collect();
    groups.sort_unstable();
    groups.dedup();
    for group in groups {
        let _ = writeln!(page, "\n## {}", capitalized(&group.to_string()));
        let mut faults: Vec<&[Variant]> = variants
            .chunk_by(|one, other| one.fault.name == other.fault.name)
            .filter(|variants| variants[0].fault.group == group)
            .collect();
        faults.sort_by_key(|variants| variants[0].fault.name);
        for variants in faults {
            page.push_str(&section(variants));
        }
    }
    page.push_str(&statuses());
    page
}

/// One fault: what it is, and what became of exports.
fn section(variants: &[Variant]) -> String {
    let fault = variants[0].fault;
    let mut text = format!(
        "\n### `{}`\n\n{}.\n\n```yaml\n{}\n```\n\n",
        fault.name,
        capitalized(fault.summary),
        fault.example
    );
    let mut rows: Vec<Row> = Vec::new();
    for variant in variants {
        for row in Row::of(variant) {
            Row::add(&mut rows, row);
        }
    }
    if rows.is_empty() {
        text.push_str("No request of the SDK is one that it strikes.\n");
        return text;
    }
    text.push_str("| `then:` | lasts | protocol | outcome | attempts | took | has | told |\n");
    text.push_str("|---|---|---|---|--:|--:|---|---|\n");
    for row in rows {
        let _ = writeln!(text, "{row}");
    }
    text
}

/// One line of a table: what stands in it is the same for all that it names.
struct Row {
    thens: Vec<String>,
    lasts: Vec<Lasts>,
    who: Vec<(Protocol, Signal)>,
    ended: Ended,
    told: String,
}

/// The rows of one variant that lasts so long: protocols and signals with one result are one row.
fn rows_of(variant: &Variant, lasts: Lasts) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for protocol in Protocol::OTLP {
        if !variant.applies_to(protocol) {
            continue;
        }
        for signal in SIGNALS {
            let seen = cell_of(variant, lasts, protocol, signal, Story::Flush).run();
            // It is not about this protocol: connections over HTTP/2, where this is HTTP/1.1.
            if seen.fired == 0 {
                continue;
            }
            let ended = Ended::of(&seen);
            match rows.iter_mut().find(|row| row.ended == ended) {
                Some(row) => row.who.push((protocol, signal)),
                None => rows.push(Row {
                    thens: vec![variant.label()],
                    lasts: vec![lasts],
                    who: vec![(protocol, signal)],
                    ended,
                    told: told(&seen),
                }),
            }
        }
    }
    rows
}

impl Row {
    /// Whether both ended alike for the same.
    fn is_like(&self, other: &Self) -> bool {
        self.who == other.who
            && self.ended == other.ended
            && shape(&self.told) == shape(&other.told)
    }

    /// The rows of one variant, with both ways to last in one where they end alike.
    fn of(variant: &Variant) -> Vec<Self> {
        let mut rows = rows_of(variant, Lasts::Once);
        for row in rows_of(variant, Lasts::Always) {
            match rows.iter_mut().find(|other| other.is_like(&row)) {
                Some(same) => same.lasts.extend(row.lasts),
                None => rows.push(row),
            }
        }
        rows
    }

    /// Adds `row`, to that of another variant where there is one like it.
    fn add(rows: &mut Vec<Self>, row: Self) {
        let same = rows
            .iter_mut()
            .find(|other| other.lasts == row.lasts && other.is_like(&row));
        match same {
            Some(same) => same.thens.extend(row.thens),
            None => rows.push(row),
        }
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let thens: Vec<String> = self.thens.iter().map(|then| code(then)).collect();
        let lasts: Vec<&str> = self.lasts.iter().map(|lasts| lasts.words()).collect();
        let repeated = match self.ended.repeated {
            0 => String::new(),
            repeated => format!(", {repeated} repeated"),
        };
        let denied = if self.ended.is_denied { ", denied" } else { "" };
        let told = if self.told.is_empty() {
            "nothing".to_owned()
        } else {
            code(&self.told)
        };
        write!(
            f,
            "| {} | {} | {} | {} | {} | {:.3} s | {}{repeated}{denied} | {told} |",
            thens.join("<br>"),
            lasts.join(", "),
            names(&self.who),
            self.ended.outcome,
            self.ended.attempts,
            self.ended.took.as_secs_f64(),
            self.ended.has,
        )
    }
}

/// Who it is that a row is about, in as few words as it takes.
fn names(who: &[(Protocol, Signal)]) -> String {
    let whole = |protocol: Protocol| {
        SIGNALS
            .iter()
            .all(|signal| who.contains(&(protocol, *signal)))
    };
    if Protocol::OTLP.into_iter().all(whole) {
        return "all".to_owned();
    }
    let mut names = Vec::new();
    let is_all_http = whole(Protocol::HttpProtobuf) && whole(Protocol::HttpJson);
    if is_all_http {
        names.push("http/protobuf, http/json".to_owned());
    }
    for protocol in Protocol::OTLP {
        let signals: Vec<&str> = who
            .iter()
            .filter(|(other, _)| *other == protocol)
            .map(|(_, signal)| signal.name())
            .collect();
        if signals.is_empty() || (is_all_http && protocol.is_http()) {
            continue;
        }
        if whole(protocol) {
            names.insert(0, protocol.name().to_owned());
        } else {
            names.push(format!("{} ({})", protocol.name(), signals.join(", ")));
        }
    }
    names.join(", ")
}

/// Every status from 200 to 599, those with one result together.
fn statuses() -> String {
    let mut text = String::from(
        "\n## Every HTTP status\n\nAnswered for good, over http/protobuf, for traces.\n\n\
         | statuses | outcome | attempts | took | has |\n|---|---|--:|--:|---|\n",
    );
    let mut rows: Vec<(Vec<u16>, Ended)> = Vec::new();
    for (status, variant) in variants::http_statuses() {
        let cell = cell_of(
            &variant,
            Lasts::Always,
            Protocol::HttpProtobuf,
            Signal::Traces,
            Story::Flush,
        );
        let ended = Ended::of(&cell.run());
        match rows.iter_mut().find(|(_, other)| *other == ended) {
            Some((statuses, _)) => statuses.push(status),
            None => rows.push((vec![status], ended)),
        }
    }
    for (statuses, ended) in rows {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {:.3} s | {} |",
            ranges(&statuses),
            ended.outcome,
            ended.attempts,
            ended.took.as_secs_f64(),
            ended.has
        );
    }
    text
}

/// `200–299, 304`.
fn ranges(numbers: &[u16]) -> String {
    let runs = numbers.chunk_by(|one, next| one + 1 == *next);
    let runs: Vec<String> = runs
        .map(|run| match run {
            [one] => one.to_string(),
            [first, .., last] => format!("{first}–{last}"),
            [] => String::new(),
        })
        .collect();
    runs.join(", ")
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        // The name of a protocol, which begins as it is written.
        Some(_) if text.starts_with("gRPC") => text.to_owned(),
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// What was told, without the answer that it quotes: codes that end alike are one row, which shows the first of them.
fn shape(told: &str) -> String {
    const ANSWER: &str = "the last answer was ";
    const ERROR: &str = "transient error ";
    if let Some((before, rest)) = told.split_once(ANSWER) {
        let advice = rest.split_once("; ").map_or("", |(_, advice)| advice);
        return format!("{before}{ANSWER}; {advice}");
    }
    if let Some((before, rest)) = told.split_once(ERROR) {
        let after = rest.split_once(" while ").map_or("", |(_, after)| after);
        return format!("{before}{ERROR}{after}");
    }
    told.to_owned()
}

/// Text as code, also where it holds what ends a cell or a code.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'").replace('|', "\\|"))
}
