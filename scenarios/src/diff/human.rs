//! The difference of two runs for people: two columns.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::{CellDiff, Moment, RunsDiff};
use crate::judge::seconds;
use crate::report::{printable, wrap};

const STRONG: Style = Style::new().bold();
const QUIET: Style = Style::new().dimmed();
const DIFFERENT: Style = AnsiColor::Yellow.on_default().bold();

/// How wide the time of a moment is, with the gap after it, in characters.
const TIME_COLUMNS: usize = 10;

/// How many equal moments are shown before the first difference.
const CONTEXT: usize = 12;

/// What two runs differ in, styled with ANSI sequences, in lines of `columns` characters.
///
/// Of each cell that differs, what happened is shown side by side up to the first difference, which is marked.
pub fn human(diff: &RunsDiff, columns: usize) -> String {
    let mut page = Page {
        text: String::new(),
        width: columns.max(60).saturating_sub(5) / 2,
    };
    for cell in &diff.different {
        page.cell(diff, cell);
    }
    for (side, cells) in diff.sides.iter().zip(&diff.alone) {
        if !cells.is_empty() {
            page.line(&format!("{STRONG}Only in {}{STRONG:#}", side.name));
            for cell in cells {
                page.line(&format!("  {cell}"));
            }
            page.line("");
        }
    }
    let [one, other] = diff.sides.each_ref().map(|side| side.name.as_str());
    let mut summary = format!(
        "{} of {} {} between {one} and {other}",
        diff.different.len(),
        counted(diff.compared(), "cell"),
        if diff.compared() == 1 {
            "differs"
        } else {
            "differ"
        }
    );
    if diff.idle > 0 {
        // Writing to a string cannot fail.
        let _ = write!(summary, ", {} not applicable to either", diff.idle);
    }
    for (side, cells) in diff.sides.iter().zip(&diff.alone) {
        if !cells.is_empty() {
            let count = counted(cells.len() as u64, "cell");
            let _ = write!(summary, ", {count} only in {}", side.name);
        }
    }
    page.line(&summary);
    page.text
}

struct Page {
    text: String,
    /// Of a column, in characters.
    width: usize,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn cell(&mut self, diff: &RunsDiff, cell: &CellDiff) {
        self.line(&format!("{STRONG}{}{STRONG:#}", cell.cell));
        let [one, other] = diff.sides.each_ref().map(|side| side.name.as_str());
        let one = format!("{:width$}", self.cut(one), width = self.width);
        let heading = format!("  {one}   {}", self.cut(other));
        self.line(&format!("{QUIET}{}{QUIET:#}", heading.trim_end()));
        let skipped = cell.alike.saturating_sub(CONTEXT);
        if skipped > 0 {
            let times = if skipped == 1 { "thing" } else { "things" };
            self.line(&format!("{QUIET}  ({skipped} {times} alike){QUIET:#}"));
        }
        let [ours, theirs] = &cell.moments;
        for (one, other) in ours.iter().zip(theirs).take(cell.alike).skip(skipped) {
            self.row([Some(one), Some(other)], false);
        }
        self.row(cell.divergence(), true);
        self.line("");
    }

    /// What happened in both runs, in as many lines as it takes.
    fn row(&mut self, moments: [Option<&Moment>; 2], is_different: bool) {
        let [one, other] = moments.map(|moment| self.column(moment));
        for index in 0..one.len().max(other.len()) {
            let [one, other] = [&one, &other].map(|lines| lines.get(index).map_or("", |line| line));
            let one = format!("{one:width$}", width = self.width);
            self.line(&if is_different {
                format!("{DIFFERENT}> {one} | {other}{DIFFERENT:#}")
            } else {
                format!("  {one}   {other}")
            });
        }
    }

    /// The lines of one moment: its time, and beside it what happened.
    fn column(&self, moment: Option<&Moment>) -> Vec<String> {
        let words = moment.map_or_else(|| "nothing more".to_owned(), Moment::to_string);
        let mut time = moment.map(|moment| seconds(moment.at)).unwrap_or_default();
        let lines = wrap(&printable(&words), self.width.saturating_sub(TIME_COLUMNS));
        lines
            .into_iter()
            .map(|line| self.cut(&format!("{:>8}  {line}", std::mem::take(&mut time))))
            .collect()
    }

    /// `text` in the width of a column: a single word may be longer.
    fn cut(&self, text: &str) -> String {
        let text = printable(text);
        if text.chars().count() <= self.width {
            return text;
        }
        let mut start: String = text.chars().take(self.width.saturating_sub(1)).collect();
        start.push('\u{2026}');
        start
    }
}

fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
