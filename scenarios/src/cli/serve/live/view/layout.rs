//! What there is room for.

use ratatui::layout::Rect;

use super::super::state::State;
use super::{header, switches, totals};

/// For how many rows of the timeline there is room, and for how many lines of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Room {
    pub(in super::super) rows: usize,
    pub(in super::super) lines: usize,
}

/// How high each part is, in lines. On a terminal of 24 lines or more all parts have their place; the lower it is, the
/// more of them shrink to a line, or go, before the list does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) header: usize,
    pub(super) totals: Totals,
    /// Lines of the faults; `None` where they are not shown.
    pub(super) faults: Option<usize>,
    pub(super) switches: Switches,
    pub(super) has_columns: bool,
    pub(super) has_footer: bool,
    height: usize,
}

/// How the totals are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Totals {
    /// A table with so many signals.
    Table(usize),
    /// One line.
    Line,
    /// Not at all.
    Nothing,
}

/// How the switches are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Switches {
    /// With their names, in so many lines.
    Names(usize),
    /// Their letters, in one line.
    Letters,
    /// Not at all.
    Nothing,
}

impl Layout {
    pub(super) fn of(area: Rect, state: &State) -> Self {
        let (width, height) = (usize::from(area.width), usize::from(area.height));
        let is_high = height >= 20;
        let switches = switches::lines(width);
        let most_faults = height.saturating_sub(8) / 5;
        Self {
            header: header::lines(width, state).min(if is_high { 3 } else { 1 }),
            totals: match height {
                20.. => Totals::Table(totals::signals(state).count()),
                8.. => Totals::Line,
                _ => Totals::Nothing,
            },
            faults: is_high.then(|| state.faults.len().clamp(1, most_faults)),
            switches: match height {
                20.. if switches <= 3 => Switches::Names(switches),
                7.. => Switches::Letters,
                _ => Switches::Nothing,
            },
            has_columns: height >= 12,
            has_footer: height >= 6,
            height,
        }
    }

    /// What is left for the list or the page, below a rule.
    pub(super) fn room(&self) -> Room {
        let totals = match self.totals {
            Totals::Table(signals) => 1 + signals,
            Totals::Line => 1,
            Totals::Nothing => 0,
        };
        let faults = self.faults.map_or(0, |faults| 1 + faults);
        let switches = match self.switches {
            Switches::Names(lines) => lines,
            Switches::Letters => 1,
            Switches::Nothing => 0,
        };
        let rule = 1;
        let frame = self.header + rule + usize::from(self.has_footer);
        let above = totals + faults + switches + usize::from(self.has_columns);
        Room {
            rows: self.height.saturating_sub(frame + above),
            lines: self.height.saturating_sub(frame),
        }
    }
}
