//! The report for the summary of a CI job, in the Markdown of GitHub.

use std::fmt::Write as _;

use indexmap::{IndexMap, IndexSet};

use super::facts::sut_of;
use super::reasons::reasons;
use super::{Fact, FactTable, RunReport, RunTime, Summary, facts, printable, timeline_line};
use crate::rules::Level;
use crate::scenario::RuleId;
use crate::verdict::{CellReport, RuleResult, TimelineEntry, VerdictKind};

/// From how many bytes on failures are named without their evidence.
///
/// GitHub: a step summary holds at most 1 MiB, and is refused whole where it has more; our choice of what is left for the rest.
const EVIDENCE_BYTES: usize = 600 * 1024;

/// How many lines of a timeline are shown from its beginning, and from its end.
const TIMELINE_LINES: (usize, usize) = (16, 8);

/// How many characters of a line of a timeline are shown.
const LINE_CHARACTERS: usize = 160;

/// The report of one or more runs: numbers by level, a table of the rules that failed, each failure with its evidence
/// folded away, a table of topics, what could not be judged, and the observations in short.
///
/// What came from the wire, or from the system under test, is escaped: it is shown, and is neither markup nor a mention.
pub fn markdown(runs: &[RunReport]) -> String {
    let mut page = String::new();
    if runs.len() > 1 {
        page.push_str("# otelbox\n\n");
        failed_rules(&mut page, runs);
        across(&mut page, runs);
    }
    for run in runs {
        of_run(&mut page, run, runs.len() == 1);
    }
    page
}

fn of_run(page: &mut String, run: &RunReport, is_alone: bool) {
    let summary = run.summary();
    let started = &run.started;
    let mark = if summary.failed_must > 0 || run.finished.interrupted {
        "\u{274c}"
    } else if summary.failed + summary.inconclusive + summary.not_run > 0 || summary.passed == 0 {
        "\u{26a0}\u{fe0f}"
    } else {
        "\u{2705}"
    };
    line(
        page,
        &format!("## {mark} otelbox: {}\n", text(&sut_of(run))),
    );
    let time = match started.time {
        RunTime::Virtual => "virtual time",
        RunTime::Real => "real time",
    };
    line(
        page,
        &format!(
            "**{summary}** in {} cells of {} scenarios, {:.2} s. otelbox {}, {time}, seed {}, {}.\n",
            summary.cells,
            summary.scenarios,
            run.finished.elapsed.as_secs_f64(),
            env!("CARGO_PKG_VERSION"),
            started.seed,
            humantime::format_rfc3339_seconds(started.started),
        ),
    );
    if run.finished.interrupted {
        let (done, planned) = (run.cells.len(), started.cells);
        line(
            page,
            &format!("**Interrupted after {done} of {planned} cells.**\n"),
        );
    }
    levels(page, run);
    if is_alone {
        failed_rules(page, std::slice::from_ref(run));
    }
    failures(page, run);
    unstable(page, run);
    topics(page, run);
    unjudged(page, run);
    observations(page, run);
}

/// Numbers by level and verdict.
fn levels(page: &mut String, run: &RunReport) {
    let words: Vec<String> = VerdictKind::ALL.iter().map(ToString::to_string).collect();
    heads(page, "level", &words);
    let is_must: fn(Level) -> bool = Level::is_required;
    let is_other: fn(Level) -> bool = |level| !level.is_required();
    for (name, fits) in [("MUST", is_must), ("SHOULD", is_other)] {
        let results = run.cells.iter().flat_map(|cell| &cell.results);
        let summary = Summary::of_results(results.filter(|result| fits(result.level)));
        let counts: Vec<String> = VerdictKind::ALL
            .iter()
            .map(|verdict| summary.count(*verdict).to_string())
            .collect();
        line(page, &format!("| {name} | {} |", counts.join(" | ")));
    }
    page.push('\n');
}

/// Rules that failed anywhere, by system under test.
fn failed_rules(page: &mut String, runs: &[RunReport]) {
    let results = || runs.iter().flat_map(all_results);
    let mut failed: Vec<&RuleResult> = Vec::new();
    for result in results().filter(|result| result.verdict == VerdictKind::Failed) {
        if !failed.iter().any(|known| known.rule == result.rule) {
            failed.push(result);
        }
    }
    if failed.is_empty() {
        return;
    }
    failed.sort_by_key(|result| (!result.level.is_required(), &result.rule));
    let suts: IndexSet<String> = runs.iter().map(sut_of).collect();
    line(page, "### Rules that failed\n");
    let names: Vec<String> = suts.iter().map(|name| text(name)).collect();
    heads(page, "rule", &names);
    for first in failed {
        let fields: Vec<String> = suts
            .iter()
            .map(|name| {
                let own = runs
                    .iter()
                    .filter(|run| sut_of(run) == *name)
                    .flat_map(all_results);
                field(&Summary::of_results(
                    own.filter(|result| result.rule == first.rule),
                ))
            })
            .collect();
        line(
            page,
            &format!(
                "| **{}** {}: {} | {} |",
                text(first.rule.as_str()),
                first.level,
                text(&first.requirement),
                fields.join(" | ")
            ),
        );
    }
    page.push('\n');
}

fn field(summary: &Summary) -> String {
    if summary.failed > 0 {
        let judged = summary.failed + summary.passed;
        format!("\u{274c} {} of {judged} failed", summary.failed)
    } else if summary.passed > 0 {
        format!("\u{2705} {}", summary.passed)
    } else {
        summary.to_string()
    }
}

/// Each rule that failed, with the evidence of the first cell.
fn failures(page: &mut String, run: &RunReport) {
    let mut rules: IndexMap<&RuleId, Vec<(&CellReport, &RuleResult)>> = IndexMap::new();
    for cell in &run.cells {
        for result in &cell.results {
            if result.verdict == VerdictKind::Failed {
                rules.entry(&result.rule).or_default().push((cell, result));
            }
        }
    }
    if rules.is_empty() {
        return;
    }
    rules.sort_by_key(|rule, failed| (!failed[0].1.level.is_required(), *rule));
    line(page, "### Failures\n");
    let mut without_evidence = 0;
    for failed in rules.values() {
        if page.len() > EVIDENCE_BYTES {
            without_evidence += 1;
        } else {
            failure(page, run, failed);
        }
    }
    if without_evidence > 0 {
        line(
            page,
            &format!(
                "{without_evidence} more rules failed, whose evidence finds no room here: see report.html.\n"
            ),
        );
    }
}

fn failure(page: &mut String, run: &RunReport, failed: &[(&CellReport, &RuleResult)]) {
    let (cell, result) = failed[0];
    let count = match failed.len() {
        1 => "1 cell".to_owned(),
        more => format!("{more} cells"),
    };
    line(
        page,
        &format!(
            "<details><summary><b>{}</b> ({}) in {count}</summary>\n",
            text(result.rule.as_str()),
            result.level
        ),
    );
    for (name, value) in [
        ("Requirement", result.requirement.as_ref()),
        ("Expected", &result.expected),
        ("Actual", &result.actual),
        ("Cell", &cell.cell.to_string()),
    ] {
        line(page, &format!("- **{name}**: {}", text(value)));
    }
    if failed.len() > 1 {
        let others: Vec<String> = failed[1..]
            .iter()
            .take(20)
            .map(|(other, _)| text(&other.cell.to_string()))
            .collect();
        let more = failed.len() - 1 - others.len();
        let rest = if more > 0 {
            format!(", and {more} more")
        } else {
            String::new()
        };
        line(page, &format!("- **Also in**: {}{rest}", others.join(", ")));
    }
    page.push('\n');
    timeline(page, &cell.timeline);
    line(
        page,
        &format!(
            "{}</details>\n",
            fenced(&[super::again(run, cell)], "console")
        ),
    );
}

/// The beginning and the end of a timeline.
fn timeline(page: &mut String, entries: &[TimelineEntry]) {
    if entries.is_empty() {
        return;
    }
    let shown = |entry: &TimelineEntry| shortened(&timeline_line(entry));
    let (first, last) = TIMELINE_LINES;
    let mut lines: Vec<String>;
    if entries.len() <= first + last + 1 {
        lines = entries.iter().map(shown).collect();
    } else {
        let left_out = entries.len() - first - last;
        lines = entries[..first].iter().map(shown).collect();
        lines.push(format!("            ... {left_out} lines left out ..."));
        lines.extend(entries[entries.len() - last..].iter().map(shown));
    }
    page.push_str(&fenced(&lines, "text"));
    page.push('\n');
}

/// Rules whose verdict was not the same in all repeats of a cell.
fn unstable(page: &mut String, run: &RunReport) {
    let counted = run.stability();
    if counted.iter().all(|counted| counted.stable) {
        return;
    }
    line(page, "### Unstable\n");
    heads(page, "rule", &["cell", "verdicts"].map(str::to_owned));
    for counted in counted.iter().filter(|counted| !counted.stable) {
        let cells = [
            counted.rule.to_string(),
            counted.cell.to_string(),
            counted.to_string(),
        ];
        let cells = cells.map(|words| text(&words));
        line(page, &format!("| {} |", cells.join(" | ")));
    }
    page.push('\n');
}

fn topics(page: &mut String, run: &RunReport) {
    let mut topics: IndexMap<&str, Vec<&CellReport>> = IndexMap::new();
    for cell in &run.cells {
        topics
            .entry(cell.cell.scenario.topic())
            .or_default()
            .push(cell);
    }
    line(page, "### Topics\n");
    let names = ["scenarios", "cells", "results"].map(str::to_owned);
    heads(page, "topic", &names);
    for (topic, cells) in topics {
        let summary = Summary::of(cells);
        let (scenarios, cells) = (summary.scenarios, summary.cells);
        line(
            page,
            &format!("| {} | {scenarios} | {cells} | {summary} |", text(topic)),
        );
    }
    page.push('\n');
}

/// Reasons why something was not judged, those that need a look first.
fn unjudged(page: &mut String, run: &RunReport) {
    for verdict in [
        VerdictKind::Inconclusive,
        VerdictKind::NotRun,
        VerdictKind::ExpectedFailure,
        VerdictKind::NotApplicable,
    ] {
        let reasons = reasons(run, verdict);
        if reasons.is_empty() {
            continue;
        }
        let count: u64 = reasons.iter().map(|reason| reason.count).sum();
        line(
            page,
            &format!("<details><summary>{count} {verdict}</summary>\n"),
        );
        heads(page, "reason", &["results", "such as"].map(str::to_owned));
        for reason in reasons {
            let subject = format!("{} in {}", reason.first.rule, reason.first.cell);
            line(
                page,
                &format!(
                    "| {} | {} | {} |",
                    text(&reason.text),
                    reason.count,
                    text(&subject)
                ),
            );
        }
        line(page, "\n</details>\n");
    }
}

/// What was observed, by subject, harms first: how often, the values that were seen most, and one piece of evidence.
/// Harm that was seen stands in the open, everything else is folded away.
fn observations(page: &mut String, run: &RunReport) {
    let (harms, others): (Vec<Fact>, Vec<Fact>) = facts(&run.cells)
        .into_iter()
        .partition(|fact| fact.subject.is_harm());
    if harms.iter().any(|fact| fact.cells > 0) {
        line(page, "### Harm that was seen\n");
        line(page, "Facts, never failures.\n");
        fact_rows(page, &harms);
        page.push('\n');
    }
    let folded: Vec<Fact> = harms.into_iter().chain(others).collect();
    if folded.is_empty() {
        return;
    }
    line(
        page,
        "<details><summary>Observations: facts, never failures</summary>\n",
    );
    fact_rows(page, &folded);
    line(page, "\n</details>\n");
}

fn fact_rows(page: &mut String, facts: &[Fact]) {
    let names = ["cells", "values", "such as"].map(str::to_owned);
    heads(page, "observed", &names);
    for fact in facts {
        let cells = if fact.looked_for.is_some() {
            fact.how_often()
        } else {
            fact.cells.to_string()
        };
        let evidence = fact.evidence.as_ref().map_or_else(String::new, |seen| {
            let place = format!("{} in {}: {}", seen.value, seen.cell, seen.evidence);
            text(&shortened(&place))
        });
        line(
            page,
            &format!(
                "| {} | {} | {} | {evidence} |",
                text(fact.subject.words()),
                text(&cells),
                values(fact)
            ),
        );
    }
}

fn values(fact: &Fact) -> String {
    let words = fact.in_words(shortened);
    let escaped: Vec<String> = words.iter().map(|words| text(words)).collect();
    escaped.join("<br>")
}

/// What was observed, system under test beside system under test, harms first.
fn across(page: &mut String, runs: &[RunReport]) {
    let table = FactTable::of(runs);
    if table.suts.len() < 2 || table.rows.is_empty() {
        return;
    }
    line(page, "### Observed, across systems under test\n");
    line(page, "Facts, never failures.\n");
    let names: Vec<String> = table.suts.iter().map(|name| text(name)).collect();
    heads(page, "observed", &names);
    for row in &table.rows {
        let fields: Vec<String> = row
            .facts
            .iter()
            .map(|fact| match fact {
                None if row.subject.is_harm() => "not looked for".to_owned(),
                None => "not seen".to_owned(),
                Some(fact) => [text(&fact.how_often()), values(fact)]
                    .into_iter()
                    .filter(|part| !part.is_empty())
                    .collect::<Vec<_>>()
                    .join("<br>"),
            })
            .collect();
        line(
            page,
            &format!("| {} | {} |", text(row.subject.words()), fields.join(" | ")),
        );
    }
    page.push('\n');
}

fn all_results(run: &RunReport) -> impl Iterator<Item = &RuleResult> {
    run.cells.iter().flat_map(|cell| &cell.results)
}

/// The head of a table: a column of words, then the others.
fn heads(page: &mut String, first: &str, others: &[String]) {
    line(page, &format!("| {first} | {} |", others.join(" | ")));
    line(page, &format!("|---|{}", "---|".repeat(others.len())));
}

fn line(page: &mut String, text: &str) {
    page.push_str(text);
    page.push('\n');
}

fn shortened(line: &str) -> String {
    if line.chars().count() <= LINE_CHARACTERS {
        return line.to_owned();
    }
    line.chars()
        .take(LINE_CHARACTERS - 1)
        .chain(['\u{2026}'])
        .collect()
}

/// Text that is only text: in one line, in a table or out of it, without markup, HTML and mentions.
fn text(words: &str) -> String {
    let words = printable(&words.replace(['\n', '\r', '\t'], " "));
    let mut escaped = String::with_capacity(words.len());
    for character in words.chars() {
        match character {
            '&' | '<' | '>' | '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '~' | '#' | '@' | '$' => {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "&#{};", u32::from(character));
            }
            plain => escaped.push(plain),
        }
    }
    escaped
}

/// Lines in a block of code that nothing in them ends.
fn fenced(lines: &[String], language: &str) -> String {
    let mut longest = 0;
    for line in lines {
        let runs = line.split(|character| character != '`').map(str::len);
        longest = runs.max().unwrap_or(0).max(longest);
    }
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_from_the_wire_is_neither_markup_nor_a_mention() {
        let hostile = "a|b </details><img src=x onerror=alert(1)> **@octocat** `c`\n# d";
        let escaped = text(hostile);
        for dangerous in ['|', '<', '>', '@', '*', '`', '\n'] {
            assert!(!escaped.contains(dangerous), "{escaped}");
        }
    }

    #[test]
    fn no_line_ends_the_block_of_code_that_it_stands_in() {
        let block = fenced(&["a ```` b".to_owned()], "text");
        assert_eq!(block, "`````text\na ```` b\n`````\n");
    }
}
