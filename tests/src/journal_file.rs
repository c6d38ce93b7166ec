//! What `otelbox serve` leaves behind: the journal file, and the ledger on its standard output.

use std::fs;
use std::path::Path;

use otelbox_mock_collector::{Protocol, Signal};
use serde_json::Value;

/// What is in a journal file.
#[derive(Clone, Debug, Default)]
pub struct JournalFile {
    exchanges: Vec<ExchangeLine>,
    lines: u64,
    lost: u64,
}

/// An exchange as the journal file has it.
#[derive(Clone, Debug)]
pub struct ExchangeLine {
    /// Its signal, if the request was an export.
    pub signal: Option<Signal>,
    /// Its protocol, if the request was an export.
    pub protocol: Option<Protocol>,
    /// The ordinal of the export among those of its signal, from 1.
    pub export: Option<u64>,
    /// The attempt of the export, from 1.
    pub attempt: u64,
    /// Data points, spans or log records, where the body could be decoded.
    pub items: Option<u64>,
    /// Whether the client got an answer that says that everything was taken.
    pub acknowledged: bool,
    line: Value,
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
        Self::parse(&text)
    }

    /// Reads the text of a file.
    ///
    /// # Panics
    ///
    /// If a line of it is not JSON.
    pub fn parse(text: &str) -> Self {
        let mut file = Self::default();
        for line in text.lines() {
            let line: Value =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
            if line["kind"] == "lost" {
                file.lost += line["lines"].as_u64().unwrap_or_default();
                continue;
            }
            file.lines += 1;
            if line["kind"] == "exchange" {
                file.exchanges.push(ExchangeLine::new(line));
            }
        }
        file
    }

    /// How many exchanges and connection events there are.
    pub const fn lines(&self) -> u64 {
        self.lines
    }

    /// How many are missing, as the file itself says.
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    /// All exchanges, in the order in which they ended.
    pub fn exchanges(&self) -> &[ExchangeLine] {
        &self.exchanges
    }

    /// The exchanges of one signal.
    pub fn exchanges_of(&self, signal: Signal) -> Vec<&ExchangeLine> {
        let of_signal = |exchange: &&ExchangeLine| exchange.signal == Some(signal);
        self.exchanges.iter().filter(of_signal).collect()
    }
}

impl ExchangeLine {
    fn new(line: Value) -> Self {
        let named = |key: &str| line[key].as_str();
        let answered = line["end"] == "answered";
        Self {
            signal: named("signal").and_then(|name| name.parse().ok()),
            protocol: named("protocol").and_then(|name| name.parse().ok()),
            export: line["export"].as_u64(),
            attempt: line["attempt"].as_u64().unwrap_or_default(),
            items: line["items"].as_u64(),
            acknowledged: answered && matches!(named("answer"), Some("OK" | "200")),
            line,
        }
    }

    /// The value of a request header; of several, the first.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.line["headers"][name][0].as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_is_acknowledged_only_by_an_answer_that_was_sent() {
        let line = |end: &str, answer: &str| {
            let line =
                serde_json::json!({"end": end, "answer": answer, "signal": "logs", "attempt": 2});
            ExchangeLine::new(line)
        };
        assert!(line("answered", "OK").acknowledged);
        assert!(line("answered", "200").acknowledged);
        assert!(!line("client_gone", "OK").acknowledged);
        assert!(!line("answered", "UNAVAILABLE").acknowledged);
        assert_eq!(line("answered", "OK").signal, Some(Signal::Logs));
    }
}
