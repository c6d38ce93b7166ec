//! A receiver that answers by a script of whole answers, over in-memory streams.
//!
//! What the suite's own `receiver` adds: `by_default`, which answers what no script does, and what is exported.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use otelbox_sdk::{BoxFuture, BoxedStream, Connector, ExportFailure, ExportOutcome, Target};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::Instant;

use crate::receiver::by_default;

/// A request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) at: Duration,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

struct State {
    started: Instant,
    script: VecDeque<String>,
    then: Option<String>,
    refuse: usize,
    seen: Vec<Seen>,
}

/// The receiver. Clones are the same receiver.
#[derive(Clone)]
pub(crate) struct Receiver(Arc<Mutex<State>>);

/// An answer with this status, these headers and this body.
pub(crate) fn answer(status: u16, headers: &[&str], body: &str) -> String {
    let mut lines = vec![format!("HTTP/1.1 {status} Something")];
    lines.extend(headers.iter().map(ToString::to_string));
    if status != 204 {
        lines.push(format!("content-length: {}", body.len()));
    }
    format!("{}\r\n\r\n{body}", lines.join("\r\n"))
}

pub(crate) fn status(status: u16) -> String {
    answer(status, &[], "")
}

impl Receiver {
    /// Gives these answers, and after them those by default.
    pub(crate) fn new(script: impl IntoIterator<Item = String>) -> Self {
        Self(Arc::new(Mutex::new(State {
            started: Instant::now(),
            script: script.into_iter().collect(),
            then: None,
            refuse: 0,
            seen: Vec::new(),
        })))
    }

    /// Gives the same answer always.
    pub(crate) fn always(answer: String) -> Self {
        let receiver = Self::new([]);
        receiver.answer_always(Some(answer));
        receiver
    }

    /// Gives this answer from now on; none: those by default.
    pub(crate) fn answer_always(&self, answer: Option<String>) {
        self.0.lock().then = answer;
    }

    /// Refuses the next `times` connections.
    pub(crate) fn refusing(self, times: usize) -> Self {
        self.0.lock().refuse = times;
        self
    }

    /// One export, which has to fail.
    pub(crate) async fn failure(&self) -> ExportFailure {
        match self.export().await {
            ExportOutcome::Failed(failure) => failure,
            delivered => panic!("{delivered:?}"),
        }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.0.lock().seen.clone()
    }

    /// When the requests arrived, in milliseconds.
    pub(crate) fn arrivals(&self) -> Vec<u128> {
        self.seen().iter().map(|seen| seen.at.as_millis()).collect()
    }

    async fn serve(self, mut stream: DuplexStream) {
        while let Some((head, body)) = read_request(&mut stream).await {
            let answer = {
                let mut state = self.0.lock();
                let at = state.started.elapsed();
                let seen = Seen { at, head, body };
                let scripted = state.script.pop_front().or_else(|| state.then.clone());
                let answer = scripted.unwrap_or_else(|| by_default(&seen));
                state.seen.push(seen);
                answer
            };
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

/// The head of a request, up to the empty line, and its body.
pub(crate) async fn read_request(
    stream: &mut (impl AsyncReadExt + Unpin),
) -> Option<(String, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).expect("an ASCII head");
    let length = header(&head, "content-length").expect("a content length");
    let mut body = vec![0; length.parse().expect("a number")];
    stream.read_exact(&mut body).await.ok()?;
    Some((head, body))
}

/// The value of the one header of this name in the head of a request.
#[track_caller]
pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let mut values = lines.filter(|(known, _)| known.eq_ignore_ascii_case(name));
    let (_, value) = values.next()?;
    assert!(values.next().is_none(), "{name} is there once");
    Some(value)
}

impl Connector for Receiver {
    fn connect<'a>(&'a self, _: &'a Target) -> BoxFuture<'a, io::Result<BoxedStream>> {
        Box::pin(async move {
            {
                let mut state = self.0.lock();
                if state.refuse > 0 {
                    state.refuse -= 1;
                    return Err(io::ErrorKind::ConnectionRefused.into());
                }
            }
            let (near, far) = tokio::io::duplex(1 << 20);
            tokio::spawn(self.clone().serve(far));
            Ok(Box::new(near) as BoxedStream)
        })
    }
}
