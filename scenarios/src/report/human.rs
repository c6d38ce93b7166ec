//! The report for people: a line per topic, then everything that needs a look, then a summary.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use indexmap::IndexMap;

use super::reasons::reasons;
use super::stories::{Story, stories};
use super::{
    Fact, FactTable, RunReport, RunTime, Summary, again, facts, printable, timeline_line, wrap,
};
use crate::scenario::RuleId;
use crate::verdict::{CellReport, LedgerEntry, RuleResult, Subject, VerdictKind};

/// What a failure was.
const FAILED: Style = AnsiColor::Red.on_default().bold();
const PASSED: Style = AnsiColor::Green.on_default();
const DOUBTFUL: Style = AnsiColor::Yellow.on_default();
const QUIET: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();

/// How wide lines of timelines are where there is no terminal, in characters.
const EVENT_COLUMNS: usize = 160;

/// How wide paragraphs are where there is no terminal, in characters.
const PARAGRAPH_COLUMNS: usize = 100;

/// How many characters of an observed value are shown.
const VALUE_CHARACTERS: usize = 72;

/// The report of a run, styled with ANSI sequences (strip them where there is no terminal).
///
/// `terminal_columns`: the width of the terminal, to which lines are cut. Default: nothing is cut, and paragraphs are 100
/// characters wide.
pub fn human(run: &RunReport, terminal_columns: Option<usize>) -> String {
    let mut page = Page {
        text: String::new(),
        columns: terminal_columns.unwrap_or(PARAGRAPH_COLUMNS).max(40),
        cut: terminal_columns.is_some(),
    };
    page.topics(run);
    page.rules(run);
    page.ledgers(run);
    page.programs(run);
    page.facts(run);
    for story in stories(run) {
        page.failures(run, &story);
    }
    page.unstable(run);
    page.reasons(run, VerdictKind::Inconclusive, DOUBTFUL);
    page.reasons(run, VerdictKind::NotRun, DOUBTFUL);
    page.reasons(run, VerdictKind::ExpectedFailure, QUIET);
    page.reasons(run, VerdictKind::NotApplicable, QUIET);
    page.summary(run);
    page.text
}

struct Page {
    text: String,
    columns: usize,
    cut: bool,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// The first line of `text`; on a terminal, what fits beside `indent` characters.
    fn line_of(&self, text: &str, indent: usize) -> String {
        let line = printable(text.lines().next().unwrap_or_default());
        let columns = self.columns.saturating_sub(indent);
        if !self.cut || line.chars().count() <= columns {
            return line;
        }
        let mut start: String = line.chars().take(columns.saturating_sub(1)).collect();
        start.push('\u{2026}');
        start
    }

    fn topics(&mut self, run: &RunReport) {
        let mut topics: IndexMap<&str, Vec<&CellReport>> = IndexMap::new();
        for cell in &run.cells {
            topics
                .entry(cell.cell.scenario.topic())
                .or_default()
                .push(cell);
        }
        let width = topics.keys().map(|topic| topic.len()).max().unwrap_or(0);
        for (topic, cells) in topics {
            let summary = Summary::of(cells);
            let (mark, style) = mark(&summary);
            let scenarios = counted(summary.scenarios, "scenario");
            let cells = counted(summary.cells, "cell");
            let line = format!(
                "{style}{mark}{style:#} {STRONG}{topic:width$}{STRONG:#}  {scenarios:>12} {cells:>10}  {summary}"
            );
            self.line(&line);
        }
    }

    /// A line per rule that was judged: its verdicts, and what was seen in the first cell of the worst of them.
    fn rules(&mut self, run: &RunReport) {
        let mut rules: BTreeMap<&RuleId, Vec<&RuleResult>> = BTreeMap::new();
        for result in run.cells.iter().flat_map(|cell| &cell.results) {
            rules.entry(&result.rule).or_default().push(result);
        }
        self.line("");
        for (rule, results) in rules {
            let summary = Summary::of_results(results.iter().copied());
            let worst = [
                VerdictKind::Failed,
                VerdictKind::Inconclusive,
                VerdictKind::ExpectedFailure,
                VerdictKind::Passed,
            ]
            .into_iter()
            .find(|verdict| summary.count(*verdict) > 0);
            let Some(first) = results.iter().find(|result| Some(result.verdict) == worst) else {
                continue;
            };
            let (mark, style) = mark(&summary);
            let plain = format!(
                "{:13} {:10} {summary:<24}  {}",
                rule.as_str(),
                first.level.to_string(),
                first.actual
            );
            let line = self.line_of(&plain, 5);
            self.line(&format!("{style}{mark}{style:#} {line}"));
        }
    }

    /// What was sent, received and lost in the scenarios whose variants differ in that.
    fn ledgers(&mut self, run: &RunReport) {
        let rows = ledger_rows(&run.cells);
        if rows.is_empty() {
            return;
        }
        let longest = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0);
        let scenario = longest(&mut rows.iter().map(|row| row.scenario.len()));
        let variant = longest(&mut rows.iter().map(|row| row.variant.len()));
        let instrument = longest(&mut rows.iter().map(|row| row.entry.instrument.len()));
        self.line("");
        self.line(&format!(
            "{STRONG}{:scenario$}  {:variant$}  {:instrument$} {:>9} {:>9} {:>9} {:>9}{STRONG:#}",
            "Ledger", "", "", "sent", "received", "lost", "repeated"
        ));
        for LedgerRow {
            scenario: id,
            variant: name,
            entry,
        } in &rows
        {
            let (sent, received, lost, repeated) =
                (entry.sent, entry.received, entry.lost(), entry.repeated);
            self.line(&format!(
                "{id:scenario$}  {name:variant$}  {:instrument$} {sent:>9} {received:>9} {lost:>9} {repeated:>9}",
                entry.instrument
            ));
        }
    }

    /// What became of the data of a program, and of the program, where the system under test is one.
    fn programs(&mut self, run: &RunReport) {
        let rows = program_rows(&run.cells);
        if rows.is_empty() {
            return;
        }
        let longest = rows.iter().map(|row| row.cell.len()).max().unwrap_or(0);
        self.line("");
        self.line(&format!(
            "{STRONG}{:longest$} {:>9} {:>12} {:>9} {:>9} {:>9}  {}{STRONG:#}",
            "Seen on the wire",
            "offered",
            "acknowledged",
            "refused",
            "repeated",
            "delay",
            "end of the program"
        ));
        for row in rows {
            let [offered, acknowledged, refused, repeated, delay, end] = row.columns;
            let line = format!(
                "{:longest$} {offered:>9} {acknowledged:>12} {refused:>9} {repeated:>9} {delay:>9}  {end}",
                row.cell
            );
            let line = self.line_of(&line, 0);
            self.line(&line);
        }
    }

    /// What was observed, a line for each subject, harms first. Harms that were looked for and not seen share a line.
    fn facts(&mut self, run: &RunReport) {
        let facts = facts(&run.cells);
        let (seen, unseen): (Vec<&Fact>, Vec<&Fact>) =
            facts.iter().partition(|fact| fact.cells > 0);
        if facts.is_empty() {
            return;
        }
        let width = seen.iter().map(|fact| fact.subject.words().len()).max();
        let width = width.unwrap_or_default();
        self.line("");
        self.line(&format!(
            "{STRONG}Observed{STRONG:#} {QUIET}(facts, never failures){QUIET:#}"
        ));
        if !unseen.is_empty() {
            let harms: Vec<String> = unseen
                .iter()
                .map(|fact| format!("{} {}", fact.subject.words(), fact.how_often()))
                .collect();
            for line in wrap(&harms.join(", "), self.columns.saturating_sub(2)) {
                self.line(&format!("  {line}"));
            }
        }
        for fact in seen {
            let is_harm = fact.subject.is_harm();
            let style = if is_harm { DOUBTFUL } else { QUIET };
            let such_as = fact.evidence.as_ref().map_or_else(String::new, |seen| {
                format!("; as in {}: {}", seen.cell, seen.evidence)
            });
            let words = format!("{}{such_as}", fact_in_words(fact));
            let words = self.line_of(&words.replace('\n', " "), width + 4);
            self.line(&format!(
                "  {style}{:width$}{style:#}  {words}",
                fact.subject.words()
            ));
        }
    }

    /// What failed in a cell, and after it the one timeline of the cell. Cells that failed alike are named, not repeated.
    fn failures(&mut self, run: &RunReport, story: &Story<'_>) {
        let Some((cell, others)) = story.cells.split_first() else {
            return;
        };
        self.line("");
        for result in &story.failed {
            self.line(&format!(
                "{FAILED}FAILED{FAILED:#} {STRONG}{}{STRONG:#} ({}) in {}",
                result.rule, result.level, result.cell
            ));
            self.part("Requirement", &result.requirement);
            self.part("Expected", &result.expected);
            self.part("Actual", &result.actual);
        }
        if !others.is_empty() {
            let names: Vec<String> = others.iter().map(|other| differs(cell, other)).collect();
            self.part("Alike in", &names.join(" "));
        }
        if !cell.timeline.is_empty() {
            self.line(&format!("  {STRONG}Timeline{STRONG:#}"));
            for entry in &cell.timeline {
                self.event(&timeline_line(entry));
            }
        }
        self.line(&format!(
            "  {QUIET}Again with: {}{QUIET:#}",
            again(run, cell)
        ));
    }

    /// A line of a timeline; what does not fit stands below its text.
    fn event(&mut self, line: &str) {
        const TEXT_AT: usize = 24;
        let columns = if self.cut {
            self.columns
        } else {
            EVENT_COLUMNS
        };
        let text_at = line
            .char_indices()
            .nth(TEXT_AT)
            .map_or(line.len(), |(at, _)| at);
        let (head, text) = line.split_at(text_at);
        let mut head = head.to_owned();
        for part in wrap(text, columns.saturating_sub(TEXT_AT + 4)) {
            self.line(&format!("    {head}{part}"));
            head = " ".repeat(TEXT_AT);
        }
    }

    fn part(&mut self, name: &str, text: &str) {
        let columns = self.columns.saturating_sub(16);
        let mut first = true;
        for line in text
            .lines()
            .flat_map(|line| wrap(&printable(line), columns))
        {
            let name = if first { name } else { "" };
            self.line(&format!("  {STRONG}{name:12}{STRONG:#} {line}"));
            first = false;
        }
    }

    /// Every reason for this verdict once, with the number of results.
    fn reasons(&mut self, run: &RunReport, verdict: VerdictKind, style: Style) {
        let reasons = reasons(run, verdict);
        if reasons.is_empty() {
            return;
        }
        self.line("");
        let title = capitalised(&verdict.to_string());
        self.line(&format!("{style}{title}{style:#}"));
        for reason in reasons {
            let (rule, cell) = (&reason.first.rule, &reason.first.cell);
            let subject = match reason.count {
                1 => format!("{rule} in {cell}"),
                more => format!("{more} results, such as {rule} in {cell}"),
            };
            let text = printable(&reason.text.replace('\n', " "));
            let columns = self.columns.saturating_sub(4);
            for line in wrap(&format!("{text}: {subject}"), columns) {
                self.line(&format!("  {line}"));
            }
        }
    }

    /// Rules whose verdict was not the same in all repeats of a cell.
    fn unstable(&mut self, run: &RunReport) {
        let counted = run.stability();
        if counted.iter().all(|counted| counted.stable) {
            return;
        }
        self.line("");
        self.line(&format!("{DOUBTFUL}Unstable{DOUBTFUL:#}"));
        for counted in counted.iter().filter(|counted| !counted.stable) {
            let (rule, cell) = (&counted.rule, &counted.cell);
            let words = format!("{rule} in {cell}: {counted}");
            for line in wrap(&words, self.columns.saturating_sub(4)) {
                self.line(&format!("  {line}"));
            }
        }
    }

    fn summary(&mut self, run: &RunReport) {
        let summary = run.summary();
        let style = if summary.failed > 0 || run.finished.interrupted {
            FAILED
        } else if summary.inconclusive + summary.not_run > 0 || summary.passed == 0 {
            DOUBTFUL
        } else {
            PASSED
        };
        let sut = &run.started.sut;
        let version = sut
            .version
            .as_ref()
            .map_or_else(String::new, |version| format!(" {version}"));
        let time = match run.started.time {
            RunTime::Virtual => "virtual time",
            RunTime::Real => "real time",
        };
        self.line("");
        if run.finished.interrupted {
            let line = format!(
                "{FAILED}Interrupted{FAILED:#} after {} of {} cells",
                run.cells.len(),
                run.started.cells
            );
            self.line(&line);
        }
        let cells = run.numbered().filter(|(repeat, _)| *repeat == 1).count() as u64;
        let repeated = match run.repeats() {
            1 => String::new(),
            repeats => format!(", each run {repeats} times,"),
        };
        let mut line = String::new();
        // Writing to a string cannot fail.
        let _ = write!(
            line,
            "{style}{summary}{style:#} in {} of {}{repeated} on {}{version}, {time}, seed {}, {:.2} s",
            counted(cells, "cell"),
            counted(summary.scenarios, "scenario"),
            sut.name,
            run.started.seed,
            run.finished.elapsed.as_secs_f64(),
        );
        self.line(&line);
    }
}

/// What was observed, system under test beside system under test, harms first: for each subject a line per system. Empty
/// where there is only one.
///
/// `terminal_columns`: as for [`human`].
pub fn across(runs: &[RunReport], terminal_columns: Option<usize>) -> String {
    let table = FactTable::of(runs);
    if table.suts.len() < 2 || table.rows.is_empty() {
        return String::new();
    }
    let mut page = Page {
        text: String::new(),
        columns: terminal_columns.unwrap_or(PARAGRAPH_COLUMNS).max(40),
        cut: terminal_columns.is_some(),
    };
    let width = table.suts.iter().map(String::len).max().unwrap_or(0);
    page.line(&format!(
        "{STRONG}Observed, across systems under test{STRONG:#} {QUIET}(facts, never failures){QUIET:#}"
    ));
    for row in &table.rows {
        page.line(&format!("{STRONG}{}{STRONG:#}", row.subject.words()));
        for (sut, fact) in table.suts.iter().zip(&row.facts) {
            let words = match fact {
                None if row.subject.is_harm() => "not looked for".to_owned(),
                None => "not seen".to_owned(),
                Some(fact) => fact_in_words(fact),
            };
            let words = page.line_of(&words.replace('\n', " "), width + 4);
            page.line(&format!("  {sut:width$}  {words}"));
        }
    }
    page.text
}

/// How often and what: `3 of 120 cells: 5 spans × 2, 1 other value`.
fn fact_in_words(fact: &Fact) -> String {
    let values = fact.in_words(shortened).join(", ");
    let often = fact.how_often();
    match (often.is_empty(), values.is_empty()) {
        (true, _) => values,
        (false, true) => often,
        (false, false) => format!("{often}: {values}"),
    }
}

/// So much of a value as is seen at a glance.
fn shortened(value: &str) -> String {
    if value.chars().count() <= VALUE_CHARACTERS {
        return value.to_owned();
    }
    let start = value.chars().take(VALUE_CHARACTERS - 1);
    start.chain(['\u{2026}']).collect()
}

/// In what a cell of the same scenario differs: `[metrics, http/json]`.
fn differs(cell: &CellReport, other: &CellReport) -> String {
    let name = other.cell.to_string();
    name.strip_prefix(cell.cell.scenario.as_str())
        .unwrap_or(&name)
        .trim_start()
        .to_owned()
}

/// A word of four letters for the worst of these verdicts, and its colour.
const fn mark(summary: &Summary) -> (&'static str, Style) {
    if summary.failed > 0 {
        ("FAIL", FAILED)
    } else if summary.inconclusive + summary.not_run > 0 {
        (" ?? ", DOUBTFUL)
    } else if summary.passed == 0 {
        ("  - ", QUIET)
    } else {
        (" ok ", PASSED)
    }
}

struct LedgerRow<'a> {
    scenario: &'a str,
    variant: &'a str,
    entry: &'a LedgerEntry,
}

struct ProgramRow {
    cell: String,
    columns: [String; 6],
}

/// What is observed of programs, in the order of the columns. Of the amounts only the number is shown.
const OF_PROGRAMS: [Subject; 6] = [
    Subject::Offered,
    Subject::Acknowledged,
    Subject::RefusedForGood,
    Subject::Repeated,
    Subject::LongestDelay,
    Subject::EndOfProgram,
];

/// One row per cell of a program.
fn program_rows(cells: &[CellReport]) -> Vec<ProgramRow> {
    let value = |cell: &CellReport, subject: &Subject| {
        let seen = cell
            .observations
            .iter()
            .find(|seen| seen.subject == *subject)?;
        Some(seen.value.clone())
    };
    let row = |cell: &CellReport| {
        value(cell, &OF_PROGRAMS[0])?;
        let columns = OF_PROGRAMS.map(|subject| {
            let text = value(cell, &subject).unwrap_or_else(|| "-".to_owned());
            match text.split_once(' ') {
                Some((number, _)) if number.parse::<u64>().is_ok() => number.to_owned(),
                _ => text,
            }
        });
        Some(ProgramRow {
            cell: cell.cell.to_string(),
            columns,
        })
    };
    cells.iter().filter_map(row).collect()
}

/// One row per variant of what variants of a scenario lose differently: an instrument, spans, log records. Cells of other
/// protocols that say the same share a row. Where a variant receives nothing at all, nothing is compared.
fn ledger_rows(cells: &[CellReport]) -> Vec<LedgerRow<'_>> {
    let mut compared: IndexMap<(&str, &str), Vec<LedgerRow<'_>>> = IndexMap::new();
    for cell in cells {
        let Some(variant) = &cell.cell.variant else {
            continue;
        };
        let scenario = cell.cell.scenario.as_str();
        for entry in &cell.ledger {
            let rows = compared
                .entry((scenario, entry.instrument.as_str()))
                .or_default();
            if !rows
                .iter()
                .any(|row| row.variant == variant && row.entry == entry)
            {
                rows.push(LedgerRow {
                    scenario,
                    variant,
                    entry,
                });
            }
        }
    }
    let differ = |rows: &Vec<LedgerRow<'_>>| {
        let lost = |row: &LedgerRow<'_>| row.entry.lost() > 0.0;
        rows.iter().any(lost)
            && !rows.iter().all(lost)
            && rows.iter().all(|row| row.entry.received > 0.0)
    };
    compared.into_values().filter(differ).flatten().collect()
}

fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}
