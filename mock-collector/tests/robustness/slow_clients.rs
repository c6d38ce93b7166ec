//! A thousand clients that send byte by byte, and one that does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use otelbox_mock_collector::MockCollector;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::frames::{DATA, END_HEADERS, END_STREAM, HEADERS, PREFACE, SETTINGS, head, http2};
use crate::process::{allow_files, alone, resident_bytes};
use crate::support::{PROTOBUF, Transport, frame, metrics, post};

const SLOW: usize = 1000;

/// How many exports of the other client are made on each port meanwhile.
const EXPORTS: u64 = 200;

/// A request, all of whose bytes but those of the last of these parts are sent one by one.
const UNHURRIED_BYTES: usize = 150;

/// What an idle connection may cost here, both of its ends and its entries in the journal counted.
const BYTES_OF_A_CONNECTION: u64 = 128 * 1024;

fn requests() -> [Vec<u8>; 2] {
    let call = [
        PREFACE,
        &http2(SETTINGS, 0, 0, &[]),
        &http2(HEADERS, END_HEADERS, 1, &head()),
        &http2(DATA, END_STREAM, 1, &frame(0, &metrics(7))),
    ];
    [call.concat(), post("/v1/metrics", &[PROTOBUF], &metrics(7))]
}

/// Sends a byte of each request in turn, as long as it is to go on and there are enough of them. Gives the streams back,
/// with how much of each was sent.
async fn drip(mut streams: Vec<TcpStream>, go_on: Arc<AtomicBool>) -> (Vec<TcpStream>, usize) {
    let requests = requests();
    let mut sent = 0;
    while go_on.load(Ordering::Relaxed) && sent < UNHURRIED_BYTES {
        for (number, stream) in streams.iter_mut().enumerate() {
            let byte = &requests[number % 2][sent..=sent];
            stream.write_all(byte).await.expect("nobody is cut off");
        }
        sent += 1;
        sleep(Duration::from_millis(10)).await;
    }
    while go_on.load(Ordering::Relaxed) {
        sleep(Duration::from_millis(10)).await;
    }
    (streams, sent)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_slow_clients_do_not_stop_another_and_are_served_in_the_end() {
    let _alone = alone().await;
    allow_files(4096);
    let receiver = Transport::Tcp.start(MockCollector::builder()).await;
    let collector = &receiver.collector;
    let addresses = [collector.grpc_addr(), collector.http_addr()];
    let before = resident_bytes();
    let mut streams = Vec::with_capacity(SLOW);
    for number in 0..SLOW {
        let address = addresses[number % 2].expect("an address");
        streams.push(TcpStream::connect(address).await.expect("it listens"));
    }
    let go_on = Arc::new(AtomicBool::new(true));
    let dripping = tokio::spawn(drip(streams, Arc::clone(&go_on)));

    let grpc = receiver.grpc().await;
    let mut http = receiver.http().await;
    for _ in 0..EXPORTS {
        let answer = grpc.export(1).await.expect("an answer");
        assert_eq!(answer.grpc_status(), Some("0"));
        let answer = http.export(1).await.expect("an answer");
        assert_eq!(answer.status, 200);
    }
    assert_eq!(
        collector.journal().totals().attempts,
        2 * EXPORTS,
        "no slow client was done before"
    );
    let grown = resident_bytes().saturating_sub(before);
    assert!(
        grown < BYTES_OF_A_CONNECTION * SLOW as u64,
        "{grown} bytes for {SLOW} connections"
    );

    go_on.store(false, Ordering::Relaxed);
    let (mut streams, sent) = dripping.await.expect("no panic");
    let requests = requests();
    for (number, stream) in streams.iter_mut().enumerate() {
        let rest = &requests[number % 2][sent..];
        stream.write_all(rest).await.expect("nobody is cut off");
    }
    let journal = receiver.after(2 * EXPORTS + SLOW as u64).await;
    let exchanges = journal.exchanges();
    let slow = exchanges
        .iter()
        .filter(|exchange| exchange.items() == Some(7));
    assert_eq!(
        slow.filter(|exchange| exchange.is_acknowledged()).count(),
        SLOW
    );
}
