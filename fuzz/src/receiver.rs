//! A receiver in memory, in virtual time.

use std::time::Duration;

use otelbox_mock_collector::{MockCollector, Port};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::Builder;

/// Longer than anything lasts, in virtual time.
pub(crate) const LONG: Duration = Duration::from_secs(3600);

/// How large a request may be: large enough to be interesting, and small enough to be reached.
const LIMIT_BYTES: usize = 4096;

/// How much the journal keeps.
const BUDGET_BYTES: usize = 64 * 1024;

/// Runs `story` with a receiver that serves others after it, on a clock that does not wait.
pub(crate) fn with_receiver(story: impl AsyncFnOnce(&MockCollector)) {
    on_virtual_clock(async |collector| {
        story(collector).await;
        still_serves(collector).await;
    });
}

/// Runs `story` with a receiver, on a clock that does not wait.
pub(crate) fn on_virtual_clock(story: impl AsyncFnOnce(&MockCollector)) {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let collector = MockCollector::builder()
            .in_memory()
            .max_request_bytes(LIMIT_BYTES)
            .journal_budget(BUDGET_BYTES)
            .start()
            .await
            .expect("a receiver");
        story(&collector).await;
    });
}

/// Whatever one client did, another gets its answer.
pub(crate) async fn still_serves(collector: &MockCollector) {
    let connected = collector.connector().connect(Port::Http).await;
    let mut stream = connected.expect("the receiver listens");
    let request = b"POST /v1/logs HTTP/1.1\r\nhost: otelbox\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    stream.write_all(request).await.expect("the receiver reads");
    let mut answer = Vec::new();
    tokio::time::timeout(LONG, stream.read_to_end(&mut answer))
        .await
        .expect("an answer in time")
        .expect("an answer");
    assert!(
        answer.starts_with(b"HTTP/1.1 200 OK\r\n"),
        "{}",
        answer.escape_ascii()
    );
}
