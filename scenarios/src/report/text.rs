//! Lines of text that several reports share.

use super::RunReport;
use crate::verdict::{CellReport, TimelineEntry, TimelineKind};

/// One line of a timeline: `  15.000s  attempt     export 1, attempt 1: ...`.
pub fn timeline_line(entry: &TimelineEntry) -> String {
    let kind = match entry.kind {
        TimelineKind::Step => "step",
        TimelineKind::Attempt => "attempt",
        TimelineKind::Connection => "connection",
        TimelineKind::Log => "log",
    };
    format!(
        "{:>9.3}s  {kind:10}  {}",
        entry.at.as_secs_f64(),
        printable(&entry.text)
    )
}

/// The command that runs a cell again as it was run.
pub(super) fn again(run: &RunReport, cell: &CellReport) -> String {
    let (id, started) = (&cell.cell, &run.started);
    let sut = &started.sut;
    // Only a program that was started as it is has neither: its command is known to whoever gave it.
    if sut.version.is_none() && sut.language.is_none() {
        return format!(
            "otelbox run {} --signal {} --protocol {} --seed {} -- {} ...",
            id.scenario, id.signal, id.protocol, started.seed, sut.name
        );
    }
    format!(
        "otelbox run {} --signal {} --protocol {} --sut {} --seed {}",
        id.scenario, id.signal, id.protocol, started.sut.name, started.seed
    )
}

/// `text` without control characters, which a terminal would obey: what comes from the wire or from another program is
/// shown, not trusted.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character.is_control() {
                '\u{fffd}'
            } else {
                character
            }
        })
        .collect()
}

/// `text` in lines of at most `columns` characters, broken at spaces; a longer word keeps a line of its own.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut length = 0;
    for word in text.split(' ') {
        let characters = word.chars().count();
        if length > 0 && length + 1 + characters > columns {
            lines.push(String::new());
            length = 0;
        }
        if let Some(line) = lines.last_mut() {
            if length > 0 {
                line.push(' ');
                length += 1;
            }
            line.push_str(word);
            length += characters;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_as_such() {
        assert_eq!(
            printable("a\u{1b}[2Jb\r\n"),
            "a\u{fffd}[2Jb\u{fffd}\u{fffd}"
        );
    }

    #[test]
    fn breaks_at_spaces_and_nowhere_else() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("indivisible", 3), ["indivisible"]);
        assert_eq!(wrap("", 3), [""]);
    }
}
