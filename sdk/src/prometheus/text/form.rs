//! A page without its numbers.

use super::samples::Figure;

/// About how long a number is.
const NUMBER_BYTES: usize = 8;

/// The text of a page in which the numbers of its samples are left blank.
#[derive(Debug, Default)]
pub(crate) struct Form {
    text: String,
    /// Where in the text they are to be, one for each sample.
    blanks: Vec<usize>,
}

impl Form {
    /// With room for a text of so many bytes.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self {
            text: String::with_capacity(bytes),
            blanks: Vec::new(),
        }
    }

    /// What the text is appended to.
    pub(super) fn text(&mut self) -> &mut String {
        &mut self.text
    }

    /// A number comes here.
    pub(super) fn leave_blank(&mut self) {
        self.blanks.push(self.text.len());
    }

    /// Appends the page with these numbers, one for each blank.
    pub(crate) fn fill(&self, figures: &[Figure], page: &mut String) {
        debug_assert_eq!(self.blanks.len(), figures.len(), "one for each blank");
        page.reserve(self.text.len() + self.blanks.len() * NUMBER_BYTES);
        let mut from = 0;
        for (&blank, figure) in self.blanks.iter().zip(figures) {
            page.push_str(&self.text[from..blank]);
            figure.append(page);
            from = blank;
        }
        page.push_str(&self.text[from..]);
    }
}
