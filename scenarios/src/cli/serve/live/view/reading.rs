//! A page in place of the list.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::colours::{QUIET, STRONG};
use super::super::page::{Line as PageLine, Page};
use super::layout::Layout;
use super::painter::Painter;

pub(super) fn draw(painter: &mut Painter<'_>, layout: &Layout, page: &Page) {
    let room = layout.room().lines;
    let (lines, skipped) = page.window(room);
    let standing = if page.lines.len() > room {
        format!("line {} of {}", page.first(room), page.lines.len())
    } else {
        String::new()
    };
    painter.rule(&page.title, &standing);
    for line in lines {
        let style = match line {
            PageLine::Heading(_) => STRONG,
            PageLine::Text(_) => Style::new(),
            PageLine::Outcome(outcome, _) => painter.colours.outcome(*outcome),
        };
        let text: String = line.text().chars().skip(skipped).collect();
        painter.pieces(vec![Span::styled(text, style)], Style::new());
    }
    if layout.has_footer {
        let keys = if painter.width() < 60 {
            "Esc back  Up Down Left Right  q quit"
        } else {
            "Esc back  Up/Down PageUp/PageDown scroll  Left/Right long lines  q quit"
        };
        painter.footer(&Line::styled(keys, QUIET));
    }
}
