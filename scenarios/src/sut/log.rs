//! What a SUT says to its user, kept with the time.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader},
    time::Instant,
};

use crate::scenario::check::LogLevel;

/// Gives each line of `stream` that is not empty to `hear`, until the stream ends. More than `most` bytes of one line are
/// another line.
pub(super) async fn each_line(
    stream: impl AsyncRead + Unpin,
    most: u64,
    mut hear: impl FnMut(String),
) {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    while let Ok(read) = (&mut stream).take(most).read_until(b'\n', &mut line).await {
        if read == 0 {
            break;
        }
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        line.clear();
        if !text.is_empty() {
            hear(text);
        }
    }
}

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
    #[serde(with = "crate::run::nanos")]
    pub at: Duration,
    /// How grave.
    pub level: LogLevel,
    /// The text.
    pub text: String,
}

/// How much text of one SUT is kept; then the oldest lines go.
const KEPT_BYTES: usize = 1024 * 1024;

/// What a line costs beside its text.
const LINE_BYTES: usize = 64;

/// The lines of one SUT, written from wherever they come and read once at the end. A SUT that says more than 1 MiB loses
/// its oldest lines, and the log says how many.
#[derive(Clone, Debug, Default)]
pub struct LogBook {
    lines: Arc<Mutex<Lines>>,
    closed: Arc<AtomicBool>,
    renamed: Arc<Mutex<Option<(String, &'static str)>>>,
}

#[derive(Debug)]
struct Lines {
    /// How many bytes are kept.
    limit: usize,
    kept: VecDeque<(Instant, LogLevel, String)>,
    bytes: usize,
    forgotten: u64,
}

impl Default for Lines {
    fn default() -> Self {
        Self {
            limit: KEPT_BYTES,
            kept: VecDeque::new(),
            bytes: 0,
            forgotten: 0,
        }
    }
}

impl Lines {
    fn add(&mut self, level: LogLevel, text: String) {
        self.bytes += text.len() + LINE_BYTES;
        self.kept.push_back((Instant::now(), level, text));
        while self.bytes > self.limit
            && let Some((_, _, oldest)) = self.kept.pop_front()
        {
            self.bytes -= oldest.len() + LINE_BYTES;
            self.forgotten += 1;
        }
    }
}

impl LogBook {
    /// A book that keeps so many bytes, and not 1 MiB.
    pub(crate) fn keeping(bytes: usize) -> Self {
        let book = Self::default();
        book.lines.lock().limit = bytes;
        book
    }

    /// Adds a line, with the time of now.
    pub fn add(&self, level: LogLevel, text: impl Into<String>) {
        if self.closed.load(Ordering::Relaxed) {
            return;
        }
        let text = self.renamed(text.into());
        self.lines.lock().add(level, text);
    }

    /// `text` as a line would show it.
    pub(crate) fn renamed(&self, text: String) -> String {
        match &*self.renamed.lock() {
            Some((name, shown)) => text.replace(name, shown),
            None => text,
        }
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
        let lines = self.lines.lock();
        let forgotten = (lines.forgotten > 0).then(|| LogLine {
            at: Duration::ZERO,
            level: LogLevel::Warn,
            text: format!(
                "otelbox: {} earlier lines were too many to keep",
                lines.forgotten
            ),
        });
        let kept = lines.kept.iter().map(|(at, level, text)| LogLine {
            at: at.saturating_duration_since(start),
            level: *level,
            text: text.clone(),
        });
        forgotten.into_iter().chain(kept).collect()
    }

    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.lines.lock().kept.is_empty()
    }

    /// The last `count` lines in one text, for an error message.
    pub fn tail(&self, count: usize) -> String {
        let lines = &self.lines.lock().kept;
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

    #[tokio::test]
    async fn a_flood_is_kept_within_bounds_and_counted() {
        let book = LogBook::default();
        for number in 0..100_000 {
            book.add(LogLevel::Info, format!("line {number}"));
        }
        let lines = book.since(Instant::now());
        assert!(lines.len() < 20_000, "{} lines", lines.len());
        assert!(lines[0].text.contains("too many to keep"), "{:?}", lines[0]);
        assert_eq!(book.tail(1), "line 99999");
    }

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
