//! What a client sends on a connection, below the level of HTTP.

use otelbox_mock_collector::{ConnectionEvent, Entry, MockCollector, Port};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::receiver::{LONG, with_receiver};

/// Bytes on a connection, in pieces of a length; then the client leaves.
///
/// The first byte chooses the port, how the client leaves and how long the pieces are; the rest is what is sent.
///
/// # Panics
///
/// Where the connection is not over then, an exchange has no end, or the receiver serves nobody else any more.
pub fn connections(bytes: &[u8]) {
    let Some((&choice, sent)) = bytes.split_first() else {
        return;
    };
    let port = Port::ALL[usize::from(choice & 1)];
    let waits_for_the_end = choice & 2 == 0;
    let piece = match choice >> 2 {
        0 => sent.len().max(1),
        bytes => usize::from(bytes),
    };
    with_receiver(async |collector| {
        let connected = collector.connector().connect(port).await;
        let stream = connected.expect("the receiver listens");
        let (mut reads, mut writes) = tokio::io::split(stream);
        let reading = tokio::spawn(async move {
            let mut answer = Vec::new();
            // However it ends.
            let _ = reads.read_to_end(&mut answer).await;
        });
        for piece in sent.chunks(piece) {
            // The receiver may have had enough.
            if writes.write_all(piece).await.is_err() {
                break;
            }
            tokio::task::yield_now().await;
        }
        let _ = writes.shutdown().await;
        if waits_for_the_end {
            let ended = timeout(LONG, reading).await;
            ended.expect("the receiver ends it").expect("no panic");
        } else {
            reading.abort();
            let _ = reading.await;
        }
        drop(writes);
        timeout(LONG, all_has_ended(collector))
            .await
            .unwrap_or_else(|_| panic!("{}", collector.journal().timeline()));
    });
}

/// Waits until the connection is over, and all of its exchanges are.
async fn all_has_ended(collector: &MockCollector) {
    let is_over = |entry: &Entry| match entry {
        Entry::Exchange(exchange) => exchange.completion().is_some(),
        Entry::Connection(_) => true,
    };
    let is_end = |entry: &Entry| match entry {
        Entry::Exchange(_) => false,
        Entry::Connection(record) => matches!(
            record.event,
            ConnectionEvent::Closed { .. } | ConnectionEvent::Reset { .. }
        ),
    };
    loop {
        let entries = collector.journal().entries();
        if entries.iter().any(is_end) && entries.iter().all(is_over) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
