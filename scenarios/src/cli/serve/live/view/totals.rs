//! What it all comes to, by signal.

use otelbox_mock_collector::Signal;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::colours::STRONG;
use super::super::state::State;
use super::layout::{Layout, Totals};
use super::painter::Painter;

pub(super) fn draw(painter: &mut Painter<'_>, layout: &Layout, state: &State) {
    match layout.totals {
        Totals::Table(_) => table(painter, state),
        Totals::Line => line(painter, state),
        Totals::Nothing => {}
    }
}

fn table(painter: &mut Painter<'_>, state: &State) {
    let entries = state.ledger.signals();
    painter.line(&Line::styled(
        format!(
            "{:9}{:>10}{:>10}{:>11}{:>11}{:>10}{:>10}",
            "ledger", "exports", "attempts", "offered", "accepted", "rejected", "repeated"
        ),
        STRONG,
    ));
    for signal in signals(state) {
        let entry = entries.get(&signal).cloned().unwrap_or_default();
        painter.line(&Line::raw(format!(
            "{signal:9}{:>10}{:>10}{:>11}{:>11}{:>10}{:>10}",
            entry.exports,
            entry.attempts,
            entry.offered,
            entry.accepted,
            entry.rejected,
            entry.repeated
        )));
    }
}

/// The signals that are shown: profiles are for the few who send them.
pub(super) fn signals(state: &State) -> impl Iterator<Item = Signal> {
    let has_profiles = state.ledger.signals().contains_key(&Signal::Profiles);
    Signal::ALL
        .into_iter()
        .filter(move |signal| *signal != Signal::Profiles || has_profiles)
}

fn line(painter: &mut Painter<'_>, state: &State) {
    let said: Vec<String> = state
        .ledger
        .signals()
        .iter()
        .map(|(signal, entry)| format!("{signal} {}/{}", entry.accepted, entry.offered))
        .collect();
    let text = if said.is_empty() {
        "nothing was exported".to_owned()
    } else {
        format!("accepted: {}", said.join("  "))
    };
    painter.pieces(vec![Span::raw(text)], Style::new());
}
