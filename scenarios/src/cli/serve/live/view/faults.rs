//! The faults that apply, and how often each has fired.

use std::fmt::Write as _;

use otelbox_mock_collector::fault::FaultStatus;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::colours::QUIET;
use super::super::state::State;
use super::layout::Layout;
use super::painter::{Painter, cut};
use crate::report::printable;

pub(super) fn draw(painter: &mut Painter<'_>, layout: &Layout, state: &State) {
    let Some(lines) = layout.faults else {
        return;
    };
    painter.rule("faults", "");
    if state.faults.is_empty() {
        painter.line(&Line::styled("none: every export is accepted", QUIET));
        return;
    }
    let is_too_much = state.faults.len() > lines;
    let shown = if is_too_much { lines - 1 } else { lines };
    for status in state.faults.iter().take(shown) {
        let name = cut(&printable(&status.name), NAME);
        painter.pieces(
            vec![
                Span::raw(format!("{:>9}x ", status.fired)),
                Span::styled(format!("{name:NAME$} "), painter.colours.fault()),
                Span::raw(description(status)),
            ],
            Style::new(),
        );
    }
    if is_too_much {
        let left = state.faults.len() - shown;
        painter.line(&Line::styled(format!("{:>9}  and {left} more", ""), QUIET));
    }
}

/// What a fault does, and when: as a fault file has it, without its quotes.
fn description(status: &FaultStatus) -> String {
    let mut text = status.fault.then.name().to_owned();
    if let Ok(serde_json::Value::Object(mut fields)) = serde_json::to_value(&status.fault) {
        fields.shift_remove("name");
        fields.shift_remove("then");
        for (key, value) in fields {
            let value = value.to_string().replace('"', "").replace(':', ": ");
            // Writing to a string cannot fail.
            let _ = write!(text, "  {key}: {value}");
        }
    }
    printable(&text)
}

/// Columns of a name.
const NAME: usize = 22;
