//! The first lines: what is served, and for how long.

use std::time::Duration;

use ratatui::text::{Line, Span};

use super::super::colours::{QUIET, STRONG};
use super::super::state::State;
use super::layout::Layout;
use super::painter::{Painter, cut};

pub(super) fn draw(painter: &mut Painter<'_>, layout: &Layout, state: &State) {
    let width = usize::from(painter.width());
    let uptime = uptime(state.uptime);
    for (index, fields) in arranged(width, state)
        .iter()
        .take(layout.header)
        .enumerate()
    {
        let mut pieces = Vec::new();
        let mut used = 0;
        if index == 0 {
            pieces.push(Span::styled(TITLE, STRONG));
            used += TITLE.len();
        }
        for (name, value) in fields {
            let value = cut(value, width.saturating_sub(used + GAP + name.len() + 1));
            let gap = if used == 0 { 0 } else { GAP };
            used += gap + name.len() + 1 + Span::raw(value.as_str()).width();
            pieces.push(Span::raw(" ".repeat(gap)));
            pieces.push(Span::styled(*name, QUIET));
            pieces.push(Span::raw(format!(" {value}")));
        }
        if index == 0 && used + 1 + uptime.len() <= width {
            pieces.push(Span::raw(" ".repeat(width - used - uptime.len())));
            pieces.push(Span::raw(uptime.clone()));
        }
        painter.line(&Line::from(pieces));
    }
}

/// In how many lines all of it can be said.
pub(super) fn lines(width: usize, state: &State) -> usize {
    arranged(width, state).len()
}

/// The fields of each line: the first line has the title and the time, too.
fn arranged(width: usize, state: &State) -> Vec<Vec<(&'static str, &str)>> {
    let mut lines = vec![Vec::new()];
    let mut left = width.saturating_sub(TITLE.len() + GAP + uptime(state.uptime).len());
    let mut is_first = true;
    for (name, value) in state.setup.fields() {
        let needed = name.len() + 1 + Span::raw(value.as_str()).width();
        let gap = if is_first && lines.len() > 1 { 0 } else { GAP };
        if needed + gap > left && !(is_first && lines.len() > 1) {
            lines.push(Vec::new());
            left = width;
        } else {
            left = left.saturating_sub(gap);
        }
        left = left.saturating_sub(needed);
        is_first = false;
        if let Some(line) = lines.last_mut() {
            line.push((*name, value.as_str()));
        }
    }
    lines
}

fn uptime(uptime: Duration) -> String {
    let seconds = uptime.as_secs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{hours}:{minutes:02}:{:02}", seconds % 60)
}

const TITLE: &str = "otelbox serve";

/// Columns between two fields.
const GAP: usize = 2;
