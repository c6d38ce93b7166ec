//! The journal that `otelbox serve --journal FILE` writes.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// The lines of a journal file, each one JSON object.
#[derive(Clone, Debug)]
pub struct JournalFile {
    lines: Vec<Value>,
}

impl JournalFile {
    /// Reads a whole file.
    ///
    /// # Panics
    ///
    /// If it cannot be read, or a line of it is not JSON.
    pub fn read(path: &Path) -> Self {
        let text =
            fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let lines = text
            .lines()
            .map(|line| {
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))
            })
            .collect();
        Self { lines }
    }

    /// All lines, in the order in which they were written.
    pub fn lines(&self) -> &[Value] {
        &self.lines
    }
}
