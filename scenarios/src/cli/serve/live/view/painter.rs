//! Lines from the top of the screen to its end.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::colours::{Colours, QUIET, STRONG};

/// Puts one line below the other, as far as there is room.
pub(super) struct Painter<'a> {
    buffer: &'a mut Buffer,
    area: Rect,
    y: u16,
    pub(super) colours: Colours,
}

impl<'a> Painter<'a> {
    pub(super) fn new(buffer: &'a mut Buffer, area: Rect, colours: Colours) -> Self {
        Self {
            buffer,
            area,
            y: area.y,
            colours,
        }
    }

    pub(super) fn width(&self) -> u16 {
        self.area.width
    }

    /// The next line.
    pub(super) fn line(&mut self, line: &Line<'_>) {
        if self.y < self.area.bottom() {
            let row = Rect::new(self.area.x, self.y, self.area.width, 1);
            self.buffer.set_line(row.x, row.y, line, row.width);
            self.buffer.set_style(row, line.style);
            self.y += 1;
        }
    }

    /// A line of text in pieces, cut where the screen ends.
    pub(super) fn pieces(&mut self, pieces: Vec<Span<'_>>, style: Style) {
        let mut left = usize::from(self.area.width);
        let mut fitting = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let text = cut(&piece.content, left);
            left -= Span::raw(text.as_str()).width().min(left);
            fitting.push(Span::styled(text, piece.style));
        }
        self.line(&Line::from(fitting).style(style));
    }

    /// A rule with a title, and something to say on the right.
    pub(super) fn rule(&mut self, title: &str, right: &str) {
        let width = usize::from(self.area.width);
        let title = cut(title, width.saturating_sub(8));
        let used = Span::raw(title.as_str()).width() + 4;
        let right_width = Span::raw(right).width() + 4;
        let dashes = |count| Span::styled("─".repeat(count), QUIET);
        let mut pieces = vec![dashes(2), Span::styled(format!(" {title} "), STRONG)];
        if !right.is_empty() && used + right_width < width {
            pieces.push(dashes(width - used - right_width));
            pieces.push(Span::raw(format!(" {right} ")));
            pieces.push(dashes(2));
        } else {
            pieces.push(dashes(width.saturating_sub(used)));
        }
        self.line(&Line::from(pieces));
    }

    /// The last line of the screen.
    pub(super) fn footer(&mut self, line: &Line<'_>) {
        self.y = self.area.bottom().saturating_sub(1).max(self.area.y);
        self.line(line);
    }
}

/// `text` in so many columns; where it is longer, it ends with an ellipsis.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if Span::raw(text).width() <= columns {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut used = 1;
    for character in text.chars() {
        used += Span::raw(character.encode_utf8(&mut [0; 4]) as &str).width();
        if used > columns {
            break;
        }
        short.push(character);
    }
    if columns > 0 {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn text_is_cut_by_columns_not_by_characters() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 5), "abcd…");
        assert_eq!(cut("漢字漢字", 6), "漢字…");
        assert_eq!(cut("漢字漢字", 8), "漢字漢字");
        assert_eq!(cut("abc", 1), "…");
        assert_eq!(cut("abc", 0), "");
    }
}
