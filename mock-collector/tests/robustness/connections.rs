//! Connections that come to nothing.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use otelbox_mock_collector::{ConnectionEvent, MockCollector, Port, ServerTls};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::frames::{END_HEADERS, HEADERS, PREFACE, SETTINGS, head, http2};
use crate::process::{Held, allow_files, alone, resident_bytes};
use crate::support::{LONG, PROTOBUF, Receiver, Transport, metrics, post};

/// How many connections there are at the same time.
const BATCH: usize = 500;

/// How a TLS connection begins: the head of a record of 512 bytes, and less than that of a handshake.
const HALF_A_HANDSHAKE: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 and then";

/// What a client sends before it leaves.
fn beginnings() -> Vec<Vec<u8>> {
    let request = post("/v1/metrics", &[PROTOBUF], &metrics(3));
    let opened = http2(HEADERS, END_HEADERS, 1, &head());
    let call = [PREFACE, &http2(SETTINGS, 0, 0, &[]), &opened].concat();
    vec![
        Vec::new(),
        request[..20].to_vec(),
        request[..request.len() - 7].to_vec(),
        request,
        PREFACE[..10].to_vec(),
        call[..call.len() - 7].to_vec(),
        call,
        b"\0\x01nonsense\r\n\r\n".to_vec(),
        HALF_A_HANDSHAKE.to_vec(),
    ]
}

/// Opens a batch of connections, sends on each how one could begin, and drops them: half of them with a reset.
async fn come_and_go(collector: &MockCollector, beginnings: &[Vec<u8>], batch: usize) {
    let mut streams = Vec::with_capacity(BATCH);
    for number in batch * BATCH..(batch + 1) * BATCH {
        let address: Option<SocketAddr> = match Port::ALL[number % 2] {
            Port::Grpc => collector.grpc_addr(),
            Port::Http => collector.http_addr(),
        };
        let connected = TcpStream::connect(address.expect("an address")).await;
        let mut stream = connected.expect("the collector listens");
        // The collector may end what makes no sense at once.
        let _ = stream
            .write_all(&beginnings[number / 2 % beginnings.len()])
            .await;
        if number % 4 < 2 {
            stream.set_zero_linger().expect("an option");
        }
        streams.push(stream);
    }
}

/// Waits until the journal says of so many connections that they have ended, and checks that it says so once.
async fn all_have_ended(collector: &MockCollector, connections: usize) {
    let ends = || {
        let mut ends: HashMap<u64, [usize; 2]> = HashMap::new();
        for record in collector.journal().connections() {
            let place = match record.event {
                ConnectionEvent::Opened => 0,
                ConnectionEvent::Closed { .. } | ConnectionEvent::Reset { .. } => 1,
                _ => continue,
            };
            ends.entry(record.connection).or_default()[place] += 1;
        }
        ends
    };
    let ended = async {
        while ends().values().filter(|[_, ends]| *ends > 0).count() < connections {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LONG, ended)
        .await
        .unwrap_or_else(|_| panic!("{} of {connections} have ended", ends().len()));
    let ends = ends();
    assert_eq!(ends.len(), connections);
    assert!(ends.values().all(|counts| *counts == [1, 1]));
}

async fn ten_thousand_connections_leave_nothing(receiver: Receiver, plain: bool) {
    let beginnings = beginnings();
    let collector = &receiver.collector;
    let before = Held::now();
    let mut resident = Vec::new();
    for batch in 0..20 {
        come_and_go(collector, &beginnings, batch).await;
        all_have_ended(collector, (batch + 1) * BATCH).await;
        if batch % 10 == 9 {
            before.again().await;
            resident.push(resident_bytes());
        }
    }
    assert!(
        collector
            .journal()
            .exchanges()
            .iter()
            .all(|exchange| exchange.completion().is_some())
    );
    // The first half has brought everything to its size. A connection that was kept would cost some 10 KiB or more.
    let [half, whole] = resident[..] else {
        panic!("two halves");
    };
    let grown = whole.saturating_sub(half);
    assert!(grown < 5000 * 8 * 1024, "{half} and then {whole} bytes");
    if plain {
        let answer = receiver.grpc().await.export(1).await.expect("an answer");
        assert_eq!(answer.grpc_status(), Some("0"));
        let answer = receiver.http().await.export(1).await.expect("an answer");
        assert_eq!(answer.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_connections_leave_no_socket_no_task_and_no_memory() {
    let _alone = alone().await;
    allow_files(4096);
    let receiver = Transport::Tcp.start(MockCollector::builder()).await;
    ten_thousand_connections_leave_nothing(receiver, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_do_they_where_tls_is_spoken() {
    let _alone = alone().await;
    allow_files(4096);
    let tls = ServerTls::new();
    let receiver = Transport::Tcp
        .start(MockCollector::builder().tls(tls))
        .await;
    ten_thousand_connections_leave_nothing(receiver, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_connections_does_not_make_the_journal_grow_beyond_its_budget() {
    const BUDGET_BYTES: usize = 64 * 1024;
    let _alone = alone().await;
    allow_files(4096);
    let builder = MockCollector::builder().journal_budget(BUDGET_BYTES);
    let receiver = Transport::Tcp.start(builder).await;
    let before = Held::now();
    for batch in 0..4 {
        come_and_go(&receiver.collector, &beginnings(), batch).await;
    }
    let all_opened = async {
        while receiver.collector.journal().connection_count() < 4 * BATCH as u64 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LONG, all_opened).await.expect("all were accepted");
    before.again().await;
    let journal = receiver.collector.journal();
    let kept = journal.entries().len();
    assert!(kept > 0 && kept < BUDGET_BYTES / 64, "{kept} entries");
    let gone = journal.evicted().entries;
    // Each was opened and has ended.
    assert!(kept as u64 + gone >= 8 * BATCH as u64, "{kept} and {gone}");
    let answer = receiver.http().await.export(1).await.expect("an answer");
    assert_eq!(answer.status, 200);
}
