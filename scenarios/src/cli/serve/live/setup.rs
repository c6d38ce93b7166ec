//! What does not change while the receiver runs.

use std::path::Path;

use crate::report::printable;

/// What does not change while the receiver runs, as the header shows it: names and what they stand for, the most
/// important first.
#[derive(Clone, Debug, Default)]
pub(in crate::cli::serve) struct Setup {
    fields: Vec<(&'static str, String)>,
}

impl Setup {
    /// One field more.
    #[must_use]
    pub(in crate::cli::serve) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.fields.push((name, printable(value)));
        self
    }

    /// One field more, if there is such a file.
    #[must_use]
    pub(in crate::cli::serve) fn with_file(self, name: &'static str, path: Option<&Path>) -> Self {
        match path {
            Some(path) => self.with(name, &path.display().to_string()),
            None => self,
        }
    }

    pub(super) fn fields(&self) -> &[(&'static str, String)] {
        &self.fields
    }
}
