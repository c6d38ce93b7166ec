//! What a SUT says to its user, kept with the time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::scenario::check::LogLevel;

/// The level that a line of standard error names, by the first word that is one; `info` where none is.
pub(crate) fn level_of(line: &str) -> LogLevel {
    line.split(|letter: char| !letter.is_ascii_alphabetic())
        .find_map(|word| match word {
            "ERROR" | "FATAL" | "SEVERE" | "CRITICAL" | "panicked" => Some(LogLevel::Error),
            "WARN" | "WARNING" => Some(LogLevel::Warn),
            "INFO" => Some(LogLevel::Info),
            "DEBUG" => Some(LogLevel::Debug),
            "TRACE" => Some(LogLevel::Trace),
            _ => None,
        })
        .unwrap_or(LogLevel::Info)
}

/// One line that the SUT said to its user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When, since the start of the SUT; zero for lines before it.
    pub at: Duration,
    /// How grave.
    pub level: LogLevel,
    /// The text.
    pub text: String,
}

/// The lines of one SUT, written from wherever they come and read once at the end.
#[derive(Clone, Debug, Default)]
pub struct LogBook {
    lines: Arc<Mutex<Vec<(Instant, LogLevel, String)>>>,
    closed: Arc<AtomicBool>,
    renamed: Arc<Mutex<Option<(String, &'static str)>>>,
}

impl LogBook {
    /// Adds a line, with the time of now.
    pub fn add(&self, level: LogLevel, text: impl Into<String>) {
        if self.closed.load(Ordering::Relaxed) {
            return;
        }
        let mut text = text.into();
        if let Some((name, shown)) = &*self.renamed.lock() {
            text = text.replace(name, shown);
        }
        self.lines.lock().push((Instant::now(), level, text));
    }

    /// Shows `shown` wherever a line from now on says `name`: a name that is another in every run.
    pub fn rename(&self, name: String, shown: &'static str) {
        *self.renamed.lock() = Some((name, shown));
    }

    /// Takes no more lines: the SUT's program has ended.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// All lines, with times since `start`.
    pub fn since(&self, start: Instant) -> Vec<LogLine> {
        self.lines
            .lock()
            .iter()
            .map(|(at, level, text)| LogLine {
                at: at.saturating_duration_since(start),
                level: *level,
                text: text.clone(),
            })
            .collect()
    }

    /// The last `count` lines in one text, for an error message.
    pub fn tail(&self, count: usize) -> String {
        let lines = self.lines.lock();
        let skipped = lines.len().saturating_sub(count);
        lines
            .iter()
            .skip(skipped)
            .map(|(_, _, text)| text.as_str())
            .collect::<Vec<_>>()
            .join(" | ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_level_in_a_line_of_standard_error() {
        assert_eq!(
            level_of("2026-01-01T00:00:00Z  WARN otel: slow"),
            LogLevel::Warn
        );
        assert_eq!(level_of("[ERROR] no ERRORS here"), LogLevel::Error);
        assert_eq!(level_of("WARNING:opentelemetry:x"), LogLevel::Warn);
        assert_eq!(level_of("thread 'x' panicked at src"), LogLevel::Error);
        assert_eq!(level_of("hello"), LogLevel::Info);
    }
}
