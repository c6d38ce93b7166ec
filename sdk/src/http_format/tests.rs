//! What a format can have the exporter do, with one that has two versions of which the newer is not taken by everybody.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::Instant;

use super::*;
use crate::config_error::ConfigError;
use crate::endpoint::Endpoint;
use crate::environment::Environment;
use crate::export::{
    Accepted, AnswerError, AttemptError, Batch, Deadline, ExportOutcome, Exporter, FailureReason,
    PartialSuccess,
};
use crate::traces::SpanBatch;
use crate::transport::{BoxedStream, Connector, Target};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    Old,
    New,
}

/// Writes how many spans there are.
#[derive(Debug)]
struct Versions {
    options: Options,
    falls_back: AtomicBool,
    farewell: Mutex<Option<SpanBatch>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Options {
    /// The old version has no way to say anything.
    old_says_nothing: bool,
    says_farewell: bool,
}

impl sealed::Sealed for Versions {}

impl HttpFormat for Versions {
    type Batch = SpanBatch;
    type Options = Options;
    type Note = (Version, u64);

    const WORDS: FormatWords = FormatWords {
        name: "Versions",
        receiver: "a test",
        user_agent: "Versions/1",
        component_type: "versions_span_exporter",
        endpoint_option: "with_endpoint()",
        headers_option: "with_header()",
        encoding_option: "write something else",
        usual_path: "/",
        usual_port: 80,
        too_large: "send less",
    };

    fn endpoint_from(_: &Environment) -> Endpoint {
        Endpoint::http_url("http://receiver").expect("a URL")
    }

    fn timeout_from(_: &Environment) -> Duration {
        Duration::from_secs(10)
    }

    fn new(options: Options, _: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            options,
            falls_back: AtomicBool::new(false),
            farewell: Mutex::new(options.says_farewell.then(|| batch(1))),
        })
    }

    fn is_retryable_status(status: u16) -> bool {
        status == 503
    }

    /// The old version cannot carry the last of several spans.
    fn encode(&self, batch: &SpanBatch) -> Result<HttpMessage<Self::Note>, FailureReason> {
        let items = batch.items();
        if !self.falls_back.load(Ordering::Relaxed) {
            let note = (Version::New, items);
            let message = items.to_string().into_bytes();
            return Ok(HttpMessage::new("application/new", message, note));
        }
        if self.options.old_says_nothing {
            return Err(FailureReason::NotEncodable("it is new".into()));
        }
        let left_out = u64::from(items > 1);
        let note = (Version::Old, items - left_out);
        let message = note.1.to_string().into_bytes();
        Ok(HttpMessage::new("application/old", message, note).without(left_out, "it is new"))
    }

    fn accepted(&self, note: &Self::Note, answer: &HttpAnswer) -> Result<Accepted, AnswerError> {
        let written = answer.headers.get("x-written");
        let written = written.and_then(|value| value.to_str().ok()?.parse::<i64>().ok());
        let written = written.ok_or_else(|| AnswerError::Undecodable("no number".to_owned()))?;
        let rejected = i64::try_from(note.1).unwrap_or(i64::MAX) - written;
        Ok(Accepted {
            partial_success: (rejected > 0).then(|| PartialSuccess {
                rejected,
                message: "not written".to_owned(),
            }),
        })
    }

    fn falls_back(&self, note: &Self::Note, error: &AttemptError, _: u32) -> Option<String> {
        let AttemptError::Http(answer) = error else {
            return None;
        };
        if answer.status.as_u16() != 415 || note.0 == Version::Old {
            return None;
        }
        self.falls_back.store(true, Ordering::Relaxed);
        Some("it does not take the new version, so the old one is spoken".to_owned())
    }

    fn farewell(&self) -> Option<SpanBatch> {
        self.farewell.lock().take()
    }

    fn description(&self) -> String {
        String::new()
    }
}

fn batch(spans: usize) -> SpanBatch {
    SpanBatch::new(ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            scope_spans: vec![ScopeSpans {
                spans: vec![Span::default(); spans],
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    })
}

/// Takes some content types, answers 415 to others, and says that it wrote so many items.
#[derive(Clone)]
struct Receiver {
    takes: &'static [&'static str],
    written: u64,
    started: Instant,
    seen: Arc<Mutex<Vec<(String, Duration)>>>,
}

impl Receiver {
    fn new(takes: &'static [&'static str], written: u64) -> Self {
        Self {
            takes,
            written,
            started: Instant::now(),
            seen: Arc::default(),
        }
    }

    fn exporter(&self, options: Options) -> HttpExporter<Versions> {
        let mut builder = HttpExporter::builder().with_connector(Arc::new(self.clone()));
        builder.options.of_format = options;
        builder.build().expect("an exporter")
    }

    /// The content types and bodies that came.
    fn seen(&self) -> Vec<String> {
        let seen = self.seen.lock();
        seen.iter().map(|(what, _)| what.clone()).collect()
    }

    async fn serve(self, mut stream: DuplexStream) {
        loop {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let Ok(byte) = stream.read_u8().await else {
                    return;
                };
                head.push(byte);
            }
            let digit = stream.read_u8().await.expect("a body of one digit");
            let head = String::from_utf8(head).expect("an ASCII head");
            let content_type = head
                .lines()
                .find_map(|line| line.strip_prefix("content-type: "))
                .expect("a content type");
            let seen = format!("{content_type} {}", char::from(digit));
            self.seen.lock().push((seen, self.started.elapsed()));
            let status = if self.takes.contains(&content_type) {
                "202 Accepted"
            } else {
                "415 Unsupported"
            };
            let answer = format!(
                "HTTP/1.1 {status}\r\nx-written: {}\r\ncontent-length: 0\r\n\r\n",
                self.written
            );
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

impl Connector for Receiver {
    fn connect<'a>(&'a self, _: &'a Target) -> BoxFuture<'a, io::Result<BoxedStream>> {
        let (near, far) = tokio::io::duplex(4_096);
        tokio::spawn(self.clone().serve(far));
        Box::pin(async move { Ok(Box::new(near) as BoxedStream) })
    }
}

const OLD: &[&str] = &["application/old"];
const NEW: &[&str] = &["application/new"];

async fn export(exporter: &HttpExporter<Versions>, spans: usize) -> ExportOutcome {
    exporter.export(&batch(spans), Deadline::none()).await
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_does_not_take_a_form_gets_the_other_at_once_and_for_good() {
    let receiver = Receiver::new(OLD, 2);
    let exporter = receiver.exporter(Options::default());
    let first = export(&exporter, 3).await;
    assert_eq!(first, ExportOutcome::Delivered { attempts: 2 });
    let second = export(&exporter, 3).await;
    assert_eq!(second, ExportOutcome::Delivered { attempts: 1 });
    assert_eq!(
        receiver.seen(),
        [
            "application/new 3",
            "application/old 2",
            "application/old 2"
        ]
    );
    let late = |(_, at): &(String, Duration)| *at > Duration::ZERO;
    assert!(
        !receiver.seen.lock().iter().any(late),
        "nothing is waited for"
    );
    let counts = exporter.statistics();
    assert_eq!((counts.attempts, counts.retries), (3, 1));
    assert_eq!(
        counts.dropped_items, 2,
        "the old form leaves one out each time"
    );
}

#[tokio::test(start_paused = true)]
async fn what_the_other_form_cannot_say_at_all_is_lost() {
    let receiver = Receiver::new(OLD, 1);
    let exporter = receiver.exporter(Options {
        old_says_nothing: true,
        ..Options::default()
    });
    let ExportOutcome::Failed(failure) = export(&exporter, 2).await else {
        panic!("it cannot be said")
    };
    let reason = FailureReason::NotEncodable("it is new".into());
    assert_eq!((failure.attempts, failure.reason), (1, reason));
    assert_eq!(exporter.statistics().dropped_items, 2);
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_takes_no_form_ends_the_export() {
    let receiver = Receiver::new(&[], 0);
    let exporter = receiver.exporter(Options::default());
    for attempts in [2, 1] {
        let ExportOutcome::Failed(failure) = export(&exporter, 1).await else {
            panic!("nothing is taken")
        };
        assert_eq!(
            (failure.attempts, failure.reason),
            (attempts, FailureReason::Refused)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_compared_with_what_was_sent() {
    let receiver = Receiver::new(NEW, 1);
    let exporter = receiver.exporter(Options::default());
    assert_eq!(
        export(&exporter, 3).await,
        ExportOutcome::PartialSuccess {
            attempts: 1,
            rejected: 2,
            message: "not written".to_owned()
        }
    );
    assert_eq!(exporter.statistics().rejected_items, 2);
}

#[tokio::test(start_paused = true)]
async fn the_last_batch_is_sent_before_the_end_once_and_is_no_loss() {
    let options = Options {
        says_farewell: true,
        ..Options::default()
    };
    for (takes, dropped) in [(NEW, 0), (&[], 0)] {
        let receiver = Receiver::new(takes, 1);
        let exporter = receiver.exporter(options);
        exporter
            .shutdown(Deadline::none())
            .await
            .expect("the first");
        let again = exporter.shutdown(Deadline::none()).await;
        again.expect_err("the second");
        assert_eq!(receiver.seen()[0], "application/new 1");
        let farewells = receiver.seen();
        let of_new = farewells
            .iter()
            .filter(|seen| seen.starts_with("application/new"));
        assert_eq!(of_new.count(), 1);
        assert_eq!(exporter.statistics().dropped_items, dropped);
    }
}
