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
use otelbox_mock_collector::{Protocol, Signal, UpstreamOutcome};
use serde::{Serialize, Serializer};

use super::file_size::FileSizeLimit;
use super::follower::{Audience, News};
use super::line_file::LineFile;
use super::lines::{answer, status};
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
    is_quiet: bool,
    _limit: FileSizeLimit,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(
    clippy::large_enum_variant,
    reason = "it is made, written and gone, and most lines are of the large kind"
)]
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
    /// What became of it at the upstream, where it was forwarded.
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream: Option<UpstreamLine<'a>>,
    answer: String,
    end: End,
    completed_at_seconds: f64,
}

#[derive(Serialize)]
struct UpstreamLine<'a> {
    url: &'a str,
    /// Absent where the client left before it was forwarded.
    sent_at_seconds: Option<f64>,
    ended_at_seconds: Option<f64>,
    /// The status of its answer.
    answer: Option<String>,
    /// Why there is none.
    failure: Option<String>,
    /// How many items it took.
    accepted: u64,
}

impl<'a> UpstreamLine<'a> {
    fn of(exchange: &'a Exchange) -> Option<Self> {
        let forwarding = exchange.forwarding()?;
        let (ended_at, answer, failure) = match forwarding.outcome() {
            Some(UpstreamOutcome::Answered { at, answer, .. }) => {
                (Some(*at), Some(status(answer)), None)
            }
            Some(UpstreamOutcome::Failed { at, failure }) => {
                (Some(*at), None, Some(failure.to_string()))
            }
            None => (None, None, None),
        };
        Some(Self {
            url: forwarding.upstream(),
            sent_at_seconds: forwarding.sent_at().map(seconds),
            ended_at_seconds: ended_at.map(seconds),
            answer,
            failure,
            accepted: exchange.accepted_items(),
        })
    }
}

#[derive(Serialize)]
struct ConnectionLine<'a> {
    connection: u64,
    port: String,
    event: &'a otelbox_mock_collector::journal::ConnectionEvent,
    /// The names of the faults that made it happen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<&'a str>,
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
            is_quiet: false,
            _limit: FileSizeLimit::told_as_an_error().map_err(failed)?,
        })
    }

    fn exchange(&mut self, exchange: &Exchange, completion: &Completion) -> Result<(), CliError> {
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
            upstream: UpstreamLine::of(exchange),
            answer: answer(completion),
            end: completion.end,
            completed_at_seconds: seconds(completion.at),
        }))
    }

    fn connection(&mut self, record: &ConnectionRecord) -> Result<(), CliError> {
        self.line(&Line::Connection {
            at_seconds: seconds(record.at),
            record: ConnectionLine {
                connection: record.connection,
                port: record.port.to_string(),
                event: &record.event,
                faults: record
                    .faults
                    .iter()
                    .map(|fault| fault.name.as_str())
                    .collect(),
            },
        })
    }

    /// Trouble is not told when it comes: somebody else has the terminal. What is lost is told in the end all the same.
    pub(super) const fn tell_in_the_end(&mut self) {
        self.is_quiet = true;
    }

    /// Everything so far can be read by others from now on, but for what is lost.
    fn flush(&mut self) {
        match self.lines.flush() {
            Err(error) => self.failed(error),
            // While there is trouble, there is a gap to be told of: something was written.
            Ok(()) => {
                if self.trouble.take().is_some() && !self.is_quiet {
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
        if self.trouble.is_some() {
            return;
        }
        if !self.is_quiet {
            warn(&format!(
                "cannot write the journal {}: {error}\n  The receiver goes on. What is lost is counted; make room there, and the file goes on, too.",
                self.path.display()
            ));
        }
        self.trouble = Some(error);
    }
}

impl Audience for JournalFile {
    fn hear(&mut self, news: &News<'_>) -> Result<(), CliError> {
        match news {
            News::Begun(_) => Ok(()),
            News::Missed(entries) => {
                self.lines.lose(*entries);
                Ok(())
            }
            News::Ended(exchange, completion) => self.exchange(exchange, completion),
            News::Connection(record) => self.connection(record),
        }
    }

    fn settle(&mut self) -> Result<(), CliError> {
        self.flush();
        Ok(())
    }
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}
