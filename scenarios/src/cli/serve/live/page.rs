//! Text that takes the place of the timeline: one attempt in full, or the help.

use std::sync::Arc;

use otelbox_mock_collector::journal::Exchange;

use super::row::Outcome;

/// Lines to be read, and how far somebody has read.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) title: String,
    pub(super) lines: Vec<Line>,
    /// The attempt that it is about, while it has not ended: the page is to be made again when it has.
    pub(super) waits_for: Option<Arc<Exchange>>,
    /// Lines above the first that is shown.
    top: usize,
    /// Characters left of the first that is shown.
    left: usize,
}

/// A line of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Heading(String),
    Text(String),
    Outcome(Outcome, String),
}

impl Page {
    pub(super) fn new(title: impl Into<String>, lines: Vec<Line>) -> Self {
        Self {
            title: title.into(),
            lines,
            waits_for: None,
            top: 0,
            left: 0,
        }
    }

    /// The lines that are shown where there is room for so many, and how many characters of each are skipped.
    pub(super) fn window(&self, room: usize) -> (&[Line], usize) {
        let top = self.top.min(self.last_top(room));
        let end = top.saturating_add(room).min(self.lines.len());
        (&self.lines[top..end], self.left)
    }

    /// The number of the first line that is shown, from 1.
    pub(super) fn first(&self, room: usize) -> usize {
        self.top.min(self.last_top(room)) + 1
    }

    pub(super) fn up(&mut self, lines: usize, room: usize) {
        self.top = self.top.min(self.last_top(room)).saturating_sub(lines);
    }

    pub(super) fn down(&mut self, lines: usize, room: usize) {
        self.top = self.top.saturating_add(lines).min(self.last_top(room));
    }

    pub(super) fn left(&mut self) {
        self.left = self.left.saturating_sub(SIDEWAYS);
    }

    pub(super) fn right(&mut self) {
        let longest = self.lines.iter().map(|line| line.text().chars().count());
        let longest = longest.max().unwrap_or_default();
        if self.left + SIDEWAYS < longest {
            self.left += SIDEWAYS;
        }
    }

    /// The same place of reading as on the page before.
    pub(super) fn at_the_place_of(mut self, other: &Self) -> Self {
        (self.top, self.left) = (other.top, other.left);
        self
    }

    fn last_top(&self, room: usize) -> usize {
        self.lines.len().saturating_sub(room)
    }
}

impl Line {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Heading(text) | Self::Text(text) | Self::Outcome(_, text) => text,
        }
    }
}

/// How many characters a step to the side is.
const SIDEWAYS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Page {
        let line = |number: usize| Line::Text(format!("{number}{}", ".".repeat(20)));
        Page::new("t", (0..10).map(line).collect())
    }

    #[test]
    fn it_is_read_up_and_down_and_no_further_than_there_is_text() {
        let mut page = page();
        assert_eq!(page.first(4), 1);
        page.down(100, 4);
        assert_eq!((page.first(4), page.window(4).0.len()), (7, 4));
        page.up(1, 4);
        assert_eq!(page.first(4), 6);
        assert_eq!(page.first(8), 3, "more room");
        page.up(100, 8);
        assert_eq!(page.first(8), 1);
        assert_eq!(page.window(0).0.len(), 0);
        assert_eq!(page.window(100).0.len(), 10);
    }

    #[test]
    fn it_is_read_sideways_as_far_as_the_longest_line() {
        let mut page = page();
        page.left();
        assert_eq!(page.window(1).1, 0);
        page.right();
        page.right();
        page.right();
        assert_eq!(page.window(1).1, 16);
    }
}
