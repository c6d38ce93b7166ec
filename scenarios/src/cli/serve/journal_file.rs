//! The journal as a file of JSON lines.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use otelbox_mock_collector::journal::{Completion, ConnectionRecord, End, Exchange};
use otelbox_mock_collector::{Protocol, Signal};
use serde::{Serialize, Serializer};

use super::file_size::FileSizeLimit;
use super::line_file::LineFile;
use super::lines::answer;
use crate::cli::error::CliError;
use crate::cli::output::{note, warn};

/// The journal as a file of JSON lines.
///
/// Where it cannot be written, the receiver goes on: that is told once, and what is lost is counted, so that the file is
/// never taken for the whole.
pub(super) struct JournalFile {
    path: PathBuf,
    lines: LineFile<File>,
    /// Why nothing can be written at the moment, or could not be at the end.
    trouble: Option<io::Error>,
    _limit: FileSizeLimit,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Line<'a> {
    Exchange(ExchangeLine<'a>),
    Connection {
        at_seconds: f64,
        #[serde(flatten)]
        record: ConnectionLine<'a>,
    },
}

#[derive(Serialize)]
struct ExchangeLine<'a> {
    ordinal: u64,
    connection: u64,
    at_seconds: f64,
    wall_unix_nano: u64,
    signal: Option<Signal>,
    protocol: Option<Protocol>,
    export: Option<u64>,
    attempt: u32,
    items: Option<u64>,
    method: &'a str,
    target: &'a str,
    headers: BTreeMap<&'a str, Vec<String>>,
    bytes: u64,
    /// The body as it was on the wire: without gRPC's frame, still compressed.
    body_base64: Option<Base64>,
    body_error: Option<String>,
    fault: Option<&'a str>,
    answer: String,
    end: End,
    completed_at_seconds: f64,
}

#[derive(Serialize)]
struct ConnectionLine<'a> {
    connection: u64,
    port: String,
    event: &'a otelbox_mock_collector::journal::ConnectionEvent,
}

/// Bytes that are written in base64, without a copy of their own.
struct Base64(Bytes);

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(&self.0, &STANDARD))
    }
}

impl JournalFile {
    /// Makes the file, or empties it. To be called within a runtime.
    pub(super) fn create(path: &Path) -> Result<Self, CliError> {
        let failed = |cause| CliError::Journal {
            path: path.to_owned(),
            cause,
        };
        Ok(Self {
            path: path.to_owned(),
            lines: LineFile::new(File::create(path).map_err(failed)?),
            trouble: None,
            _limit: FileSizeLimit::told_as_an_error().map_err(failed)?,
        })
    }

    pub(super) fn exchange(
        &mut self,
        exchange: &Exchange,
        completion: &Completion,
    ) -> Result<(), CliError> {
        let request = &exchange.request;
        let mut headers: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (name, value) in &request.headers {
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            headers.entry(name.as_str()).or_default().push(text);
        }
        self.line(&Line::Exchange(ExchangeLine {
            ordinal: exchange.ordinal,
            connection: exchange.connection,
            at_seconds: seconds(exchange.received_at),
            wall_unix_nano: exchange.wall_unix_nano,
            signal: exchange.signal,
            protocol: exchange.protocol,
            export: exchange.export,
            attempt: exchange.attempt,
            items: exchange.items(),
            method: request.method.as_str(),
            target: &request.target,
            headers,
            bytes: request.wire_bytes,
            body_base64: exchange.wire_body().ok().map(Base64),
            body_error: request.body_error.as_ref().map(ToString::to_string),
            fault: exchange
                .decision
                .fault
                .as_ref()
                .map(|fault| fault.name.as_ref()),
            answer: answer(completion),
            end: completion.end,
            completed_at_seconds: seconds(completion.at),
        }))
    }

    pub(super) fn connection(&mut self, record: &ConnectionRecord) -> Result<(), CliError> {
        self.line(&Line::Connection {
            at_seconds: seconds(record.at),
            record: ConnectionLine {
                connection: record.connection,
                port: record.port.to_string(),
                event: &record.event,
            },
        })
    }

    /// Counts entries that were gone before they could be written.
    pub(super) const fn lose(&mut self, entries: u64) {
        self.lines.lose(entries);
    }

    /// Everything so far can be read by others from now on, but for what is lost.
    pub(super) fn flush(&mut self) {
        match self.lines.flush() {
            Err(error) => self.failed(error),
            // While there is trouble, there is a gap to be told of: something was written.
            Ok(()) => {
                if self.trouble.take().is_some() {
                    let missing = self.missing().unwrap_or_default();
                    note(&format!("The journal is written again. {missing}\n"));
                }
            }
        }
    }

    /// What is missing in the file; none where nothing is.
    pub(super) fn missing(&self) -> Option<String> {
        let lost = match self.lines.lost() {
            0 => return None,
            1 => "1 line is lost".to_owned(),
            lines => format!("{lines} lines are lost"),
        };
        let mut text = format!("journal {}: {lost}", self.path.display());
        if let Some(error) = &self.trouble {
            // Writing to a string cannot fail.
            let _ = write!(text, " ({error})");
        }
        Some(text)
    }

    fn line(&mut self, line: &Line<'_>) -> Result<(), CliError> {
        let pushed = self.lines.push(&serde_json::to_vec(line)?);
        if let Err(error) = pushed {
            self.failed(error);
        }
        Ok(())
    }

    /// Tells once that there is trouble.
    fn failed(&mut self, error: io::Error) {
        if self.trouble.is_none() {
            warn(&format!(
                "cannot write the journal {}: {error}\n  The receiver goes on. What is lost is counted; make room there, and the file goes on, too.",
                self.path.display()
            ));
            self.trouble = Some(error);
        }
    }
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}
