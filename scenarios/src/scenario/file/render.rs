//! Problems with the lines around them.

use miette::{GraphicalReportHandler, GraphicalTheme};

use super::Problems;

impl Problems {
    /// All problems with the lines of the file around each, at most `columns` wide, with or without colour.
    pub fn render(&self, columns: usize, colour: bool) -> String {
        let theme = if colour {
            GraphicalTheme::unicode()
        } else {
            GraphicalTheme::unicode_nocolor()
        };
        let handler = GraphicalReportHandler::new_themed(theme).with_width(columns);
        let mut text = String::new();
        for problem in self.as_slice() {
            // Writing to a string cannot fail, and a place outside the text is moved inside it by `Problem`; should the
            // snippet fail all the same, the sentence is still there.
            if handler.render_report(&mut text, problem).is_err() {
                text.push_str(&problem.to_string());
            }
            text.push('\n');
        }
        text
    }
}
