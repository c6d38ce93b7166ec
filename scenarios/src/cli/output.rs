//! Standard output and standard error: colour only where there is a terminal.

use std::error::Error as _;
use std::fmt::Write as _;
use std::io::{self, Write as _};

use anstyle::{AnsiColor, Style};

use super::arguments::ReportFormat;
use super::error::CliError;
use crate::report::{RunReport, across, html, human, json, junit, markdown};
use crate::scenario::Problems;
use crate::select::SelectError;

/// The width of what is printed where there is no terminal, in characters.
const COLUMNS: usize = 100;

pub(super) const STRONG: Style = Style::new().bold();
pub(super) const QUIET: Style = Style::new().dimmed();
const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// Prints `text`, styled with ANSI sequences, to standard output.
pub(super) fn print(text: &str) -> Result<(), CliError> {
    let mut stdout = anstream::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(CliError::Output)
}

/// Prints `text` to standard output as it is: what looks like an ANSI sequence in it belongs to it.
pub(super) fn print_plain(text: &str) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(CliError::Output)
}

/// Prints `value` as JSON to standard output.
pub(super) fn print_json(value: &impl serde::Serialize) -> Result<(), CliError> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    print(&text)
}

/// Prints the report of one run or of several.
pub(super) fn print_reports(runs: &[RunReport], format: ReportFormat) -> Result<(), CliError> {
    match (format, runs) {
        (ReportFormat::Markdown, _) => print_plain(&markdown(runs)),
        (ReportFormat::Html, _) => print_plain(&html(runs)),
        (ReportFormat::Human, _) => {
            let mut pages: Vec<String> = runs
                .iter()
                .map(|run| human(run, terminal_columns()))
                .collect();
            pages.push(across(runs, terminal_columns()));
            pages.retain(|page| !page.is_empty());
            print(&pages.join("\n\n"))
        }
        (ReportFormat::Json, [run]) => print_json(&json(run)),
        (ReportFormat::Json, runs) => print_json(&runs.iter().map(json).collect::<Vec<_>>()),
        (ReportFormat::Junit, [run]) => print(&junit(run)?),
        (ReportFormat::Junit, runs) => Err(CliError::OneJunit {
            systems: runs.len(),
        }),
    }
}

/// Prints to standard error what does not keep a command from doing its work.
pub(super) fn warn(text: &str) {
    note(&format!("{WARNING}warning{WARNING:#}: {text}\n"));
}

/// Prints what went wrong, the whole chain of it, to standard error.
pub(super) fn print_error(error: &CliError) {
    let text = match error {
        CliError::Files(problems) | CliError::Select(SelectError::Files(problems)) => {
            rendered(problems)
        }
        CliError::Output(cause) if cause.kind() == io::ErrorKind::BrokenPipe => return,
        other => {
            // Writing to a string cannot fail.
            let mut text = format!("{ERROR}error{ERROR:#}: {other}");
            let mut cause = other.source();
            while let Some(error) = cause {
                let _ = write!(text, ": {error}");
                cause = error.source();
            }
            text.push('\n');
            if let Some(help) = other.help() {
                let _ = writeln!(text, "  {STRONG}help{STRONG:#}: {help}");
            }
            text
        }
    };
    note(&text);
}

/// Prints `text` to standard error. Where that is gone, there is nobody to tell.
pub(super) fn note(text: &str) {
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

/// How wide lines may be.
pub(super) fn columns() -> usize {
    terminal_columns().unwrap_or(COLUMNS)
}

/// How wide the terminal is; none where standard output is no terminal, or one too narrow to say so.
pub(super) fn terminal_columns() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
    (width.0 >= 40).then_some(usize::from(width.0))
}

fn rendered(problems: &Problems) -> String {
    problems.render(COLUMNS, true)
}
