//! The journal as a file of JSON lines.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use otelbox_mock_collector::journal::{Completion, ConnectionRecord, End, Exchange};
use otelbox_mock_collector::{Protocol, Signal};
use serde::Serialize;

use super::follower::{Audience, News};
use super::lines::answer;
use crate::cli::error::CliError;

pub(super) struct JournalFile {
    path: PathBuf,
    file: BufWriter<File>,
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
    body_base64: Option<String>,
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

impl JournalFile {
    pub(super) fn create(path: &Path) -> Result<Self, CliError> {
        let failed = |cause| CliError::Journal {
            path: path.to_owned(),
            cause,
        };
        let file = File::create(path).map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::new(file),
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
            body_base64: exchange.wire_body().ok().map(|body| STANDARD.encode(body)),
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

    fn connection(&mut self, record: &ConnectionRecord) -> Result<(), CliError> {
        self.line(&Line::Connection {
            at_seconds: seconds(record.at),
            record: ConnectionLine {
                connection: record.connection,
                port: record.port.to_string(),
                event: &record.event,
            },
        })
    }

    fn line(&mut self, line: &Line<'_>) -> Result<(), CliError> {
        serde_json::to_writer(&mut self.file, line)?;
        self.file
            .write_all(b"\n")
            .map_err(|cause| self.failed(cause))
    }

    fn failed(&self, cause: io::Error) -> CliError {
        CliError::Journal {
            path: self.path.clone(),
            cause,
        }
    }
}

impl Audience for JournalFile {
    fn hear(&mut self, news: &News<'_>) -> Result<(), CliError> {
        match news {
            News::Begun(_) | News::Missed(_) => Ok(()),
            News::Ended(exchange, completion) => self.exchange(exchange, completion),
            News::Connection(record) => self.connection(record),
        }
    }

    fn settle(&mut self) -> Result<(), CliError> {
        self.file.flush().map_err(|cause| self.failed(cause))
    }
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}
