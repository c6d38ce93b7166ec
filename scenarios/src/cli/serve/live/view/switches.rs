//! The switches: each with its key, and whether it is on.

use otelbox_mock_collector::fault::Switch;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::state::State;
use super::layout::{Layout, Switches};
use super::painter::Painter;

pub(super) fn draw(painter: &mut Painter<'_>, layout: &Layout, state: &State) {
    match layout.switches {
        Switches::Names(_) => {
            for switches in arranged(usize::from(painter.width())) {
                let pieces = switches
                    .into_iter()
                    .map(|switch| named(painter, state, switch));
                let line: Line<'_> = pieces.collect();
                painter.line(&line);
            }
        }
        Switches::Letters => {
            let pieces = Switch::ALL.map(|switch| {
                let text = marked(state, switch, &switch.key().to_string());
                Span::styled(text, style(painter, state, switch))
            });
            let line = Line::from(pieces.to_vec());
            painter.line(&line);
        }
        Switches::Nothing => {}
    }
}

/// In how many lines they fit with their names.
pub(super) fn lines(width: usize) -> usize {
    arranged(width).len()
}

fn named(painter: &Painter<'_>, state: &State, switch: Switch) -> Span<'static> {
    let text = marked(state, switch, &text(switch));
    Span::styled(text, style(painter, state, switch))
}

/// In brackets where it is on, so that it takes no colour to see it.
fn marked(state: &State, switch: Switch, text: &str) -> String {
    if state.on.contains(&switch) {
        format!("[{text}]")
    } else {
        format!(" {text} ")
    }
}

fn style(painter: &Painter<'_>, state: &State, switch: Switch) -> Style {
    if state.on.contains(&switch) {
        painter.colours.fault()
    } else {
        Style::new()
    }
}

fn text(switch: Switch) -> String {
    format!("{} {}", switch.key(), switch.name().replace('_', " "))
}

fn arranged(width: usize) -> Vec<Vec<Switch>> {
    let mut lines: Vec<Vec<Switch>> = vec![Vec::new()];
    let mut left = width;
    for switch in Switch::ALL {
        let needed = text(switch).len() + 2;
        if needed > left && lines.last().is_some_and(|line| !line.is_empty()) {
            lines.push(Vec::new());
            left = width;
        }
        left = left.saturating_sub(needed);
        if let Some(line) = lines.last_mut() {
            line.push(switch);
        }
    }
    lines
}
