//! The page that says what the keys do.

use otelbox_mock_collector::fault::Switch;

use super::page::{Line, Page};
use super::row::Outcome;

/// What the keys do, and what the marks mean.
pub(super) fn page() -> Page {
    let mut lines = vec![Line::Heading(
        "Switches: a key switches a fault on for every request, and off again".into(),
    )];
    for switch in Switch::ALL {
        lines.push(Line::Text(format!(
            "  {:12} {}",
            switch.key(),
            switch.title()
        )));
    }
    lines.push(Line::Text(
        "  The one switched on last wins, over the others and over the faults of a file.".into(),
    ));
    lines.push(Line::Heading("Keys".into()));
    lines.extend(KEYS.map(|(key, does)| Line::Text(format!("  {key:12} {does}"))));
    lines.push(Line::Heading("Marks".into()));
    for outcome in Outcome::ALL {
        let text = format!("  {:12} {}", outcome.mark(), outcome.meaning());
        lines.push(Line::Outcome(outcome, text));
    }
    Page::new("help", lines)
}

const KEYS: [(&str, &str); 10] = [
    (
        "Up Down",
        "select an attempt; also PageUp, PageDown and Home",
    ),
    ("End", "follow the newest attempt again"),
    ("Enter", "show the selected attempt in full"),
    ("Left Right", "read long lines of an attempt"),
    ("Esc", "back to the list"),
    (
        "Space",
        "hold the list still, or let it go on; all is counted meanwhile",
    ),
    ("c", "clear the list; the ledger stays"),
    ("?", "this help"),
    ("q", "end, with exit code 0; Ctrl-C ends with 130"),
    ("Ctrl-L", "draw everything again; Ctrl-Z suspends"),
];
