//! The timeline of attempts.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::colours::{QUIET, SELECTED};
use super::super::columns::Columns;
use super::super::state::State;
use super::layout::Layout;
use super::painter::Painter;

pub(super) fn draw(painter: &mut Painter<'_>, layout: &Layout, state: &State) {
    let timeline = &state.timeline;
    painter.rule("attempts", &standing(state));
    let columns = Columns::fitting(painter.width());
    if layout.has_columns {
        painter.pieces(vec![Span::styled(columns.header(), QUIET)], Style::new());
    }
    let selected = timeline.selected();
    if selected.is_none() && layout.room().rows > 0 {
        painter.line(&Line::styled("  nothing has come yet", QUIET));
    }
    for place in timeline.window(layout.room().rows) {
        let row = &timeline.rows()[place];
        let outcome = row.outcome();
        let (cells, answer, fault) = columns.cells(row);
        let is_selected = selected == Some(place);
        let cursor = if is_selected { '>' } else { ' ' };
        let style = if is_selected && !timeline.is_following() {
            SELECTED
        } else {
            Style::new()
        };
        let colour = painter.colours.outcome(outcome);
        let mut pieces = vec![
            Span::raw(cursor.to_string()),
            Span::styled(outcome.mark().to_string(), colour),
            Span::raw(cells),
            Span::styled(answer, colour),
        ];
        pieces.extend(fault.map(|fault| Span::styled(fault, painter.colours.fault())));
        painter.pieces(pieces, style);
    }
    if layout.has_footer {
        let keys = if painter.width() < 60 {
            "Enter  Space  c  ? help  q quit"
        } else {
            "Up/Down select  Enter details  Space hold  c clear  ? help  q quit"
        };
        painter.footer(&Line::styled(keys, QUIET));
    }
}

/// Where the list stands, and what of it is not there any more.
fn standing(state: &State) -> String {
    let timeline = &state.timeline;
    let mut said = Vec::new();
    if state.missed > 0 {
        said.push(format!("{} missed", state.missed));
    }
    if state.ledger.forgotten() > 0 {
        said.push("old payloads forgotten".to_owned());
    }
    if timeline.gone() > 0 {
        said.push(format!("last {}", timeline.rows().len()));
    }
    if let Some(new) = timeline.held() {
        said.push(format!("held, {new} new"));
    } else if timeline.is_following() {
        said.push("following".to_owned());
    } else if let Some(selected) = timeline.selected() {
        said.push(format!("{} of {}", selected + 1, timeline.rows().len()));
    }
    said.join(", ")
}
