//! Faults on the bytes of a connection, whatever they mean.

use std::io;
use std::time::Duration;

use otelbox_mock_collector::fault::{
    Direction, EndBy, Http2Settings, accept_then_close, always, bandwidth, close_after, grpc,
    half_close, http2_settings, large_answer, millis, on_attempt, refuse, secs, slice, slow_close,
    stall,
};
use otelbox_mock_collector::journal::{Accepted, ConnectionEvent, End, Peer};
use otelbox_mock_collector::{Fault, MockCollector, Port};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout};
use tonic::Code;

use crate::support::{LONG, PROTOBUF, Receiver, Transport, metrics, on_both_transports, post};

async fn start(transport: Transport, fault: Fault) -> Receiver {
    transport.start(MockCollector::builder().fault(fault)).await
}

/// An export over HTTP/1.1, as bytes.
fn request() -> Vec<u8> {
    post("/v1/metrics", &[PROTOBUF], &metrics(1))
}

/// How the only exchange ended, what was taken of it, and whether its client knows.
async fn outcome(receiver: &Receiver) -> (End, Accepted, bool) {
    let exchange = receiver.only_exchange().await;
    let end = exchange.completion().expect("complete").end;
    (end, exchange.accepted(), exchange.is_acknowledged())
}

/// Longer than a collector in good health takes for anything, on a machine in good health.
const SILENCE: Duration = Duration::from_millis(200);

on_both_transports!(
    a_stalled_connection_is_there_and_says_nothing,
    async |transport: Transport| {
        let receiver = start(transport, always().connection(1).then(stall())).await;
        let mut stalled = receiver.connect(Port::Http).await.expect("a connection");
        stalled.write_all(&request()).await.expect("sent");
        let read = timeout(SILENCE, stalled.read_u8()).await;
        assert!(read.is_err(), "neither an answer nor an end");
        receiver.http().await.export(1).await.expect("an answer");
        drop(stalled);
        let by_client = ConnectionEvent::Closed { by: Peer::Client };
        receiver
            .event(|record| record.connection == 1 && record.event == by_client)
            .await;
        assert_eq!(receiver.only_exchange().await.connection, 2);
        assert_eq!(receiver.collector.faults()[0].fired, 1);
    }
);

on_both_transports!(
    a_stalled_connection_ends_with_its_collector,
    async |transport: Transport| {
        let receiver = start(transport, always().then(stall())).await;
        let mut stalled = receiver.connect(Port::Grpc).await.expect("a connection");
        receiver
            .event(|record| record.event == ConnectionEvent::Shaped)
            .await;
        receiver.collector.take_down().await;
        assert_eq!(stalled.read(&mut [0; 8]).await.ok(), Some(0));
    }
);

#[tokio::test(start_paused = true)]
async fn bytes_take_as_long_as_their_bandwidth_says() {
    // 1000 bytes in each direction at 100 bytes a second.
    let body = metrics(1);
    for (direction, seconds) in [
        (Some(Direction::Received), 10),
        (Some(Direction::Sent), 10),
        (None, 20),
    ] {
        let builder = MockCollector::builder()
            .fault(always().then(bandwidth(100, direction)))
            .fault(always().then(large_answer(1024)));
        let receiver = Transport::Memory.start(builder).await;
        let mut stream = receiver.connect(Port::Http).await.expect("a connection");
        let request = post("/v1/metrics", &[PROTOBUF, ("x-padding", "")], &body);
        let padding = "p".repeat(1000 - request.len());
        let request = post("/v1/metrics", &[PROTOBUF, ("x-padding", &padding)], &body);
        assert_eq!(request.len(), 1000);
        let started = Instant::now();
        stream.write_all(&request).await.expect("sent");
        let mut answer = [0; 1000];
        stream.read_exact(&mut answer).await.expect("an answer");
        assert_eq!(started.elapsed(), secs(seconds), "{direction:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tcp_bytes_take_no_less() {
    for direction in [Direction::Received, Direction::Sent] {
        let receiver = start(Transport::Tcp, always().then(bandwidth(1000, direction))).await;
        let started = Instant::now();
        let mut client = receiver.http().await;
        let answer = client.export(1).await.expect("an answer");
        assert_eq!(answer.status, 200);
        let bytes = match direction {
            Direction::Received => request().len(),
            Direction::Sent => answer.head.len() + answer.body.len(),
        };
        let least = Duration::from_micros(bytes as u64 * 1000);
        assert!(started.elapsed() >= least, "{direction:?}: {least:?}");
        receiver.grpc().await.export(2).await.expect("an answer");
        assert_eq!(receiver.after(2).await.exchanges().len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn an_exchange_is_complete_when_its_answer_has_left() {
    let fault = always().then(bandwidth(10, Direction::Sent));
    let receiver = start(Transport::Memory, fault).await;
    let started = Instant::now();
    let mut http = receiver.http().await;
    http.export(1).await.expect("an answer");
    let over_http = started.elapsed();
    receiver.grpc().await.export(2).await.expect("an answer");
    let over_grpc = started.elapsed();
    let exchanges = receiver.after(2).await.exchanges();
    for (exchange, answered) in exchanges.iter().zip([over_http, over_grpc]) {
        assert_eq!(exchange.completion().expect("complete").at, answered);
        assert!(exchange.is_acknowledged());
    }
    // A client that did not wait for all of it was not answered.
    let mut impatient = receiver.http().await;
    assert!(timeout(secs(2), impatient.export(3)).await.is_err());
    drop(impatient);
    let impatient = receiver.grpc().await;
    let almost = over_grpc.checked_sub(over_http + secs(1)).expect("longer");
    assert!(timeout(almost, impatient.export(4)).await.is_err());
    impatient.connection.abort();
    for exchange in &receiver.after(4).await.exchanges()[2..] {
        let end = exchange.completion().expect("complete").end;
        assert_eq!((end, exchange.accepted()), (End::ClientGone, Accepted::No));
    }
}

#[tokio::test(start_paused = true)]
async fn slices_leave_one_by_one() {
    let receiver = start(Transport::Memory, always().then(slice(10, secs(1)))).await;
    let mut stream = receiver.connect(Port::Http).await.expect("a connection");
    let started = Instant::now();
    stream.write_all(&request()).await.expect("sent");
    let mut pieces = Vec::new();
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        let mut piece = [0; 64];
        let length = stream.read(&mut piece).await.expect("a piece");
        text.extend_from_slice(&piece[..length]);
        pieces.push((started.elapsed().as_secs(), length));
    }
    for (number, piece) in pieces.iter().enumerate() {
        let last = text.len() - number * 10;
        assert_eq!(*piece, (number as u64, last.min(10)));
    }
    assert!(pieces.len() > 5, "{pieces:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tcp_slices_are_no_larger() {
    let receiver = start(Transport::Tcp, always().then(slice(7, millis(5)))).await;
    let mut stream = receiver.connect(Port::Http).await.expect("a connection");
    let started = Instant::now();
    stream.write_all(&request()).await.expect("sent");
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        text.push(stream.read_u8().await.expect("a byte"));
    }
    let pauses = (text.len() - 1) / 7;
    let least = millis(5) * u32::try_from(pauses).expect("a number");
    assert!(started.elapsed() >= least);
    receiver.grpc().await.export(2).await.expect("an answer");
}

on_both_transports!(
    a_connection_ends_after_so_many_sent_bytes,
    async |transport: Transport| {
        for (by, end) in [
            (EndBy::Close, End::ClosedByCollector),
            (EndBy::Reset, End::ResetByCollector),
        ] {
            let fault = always().then(close_after(20, Direction::Sent, by));
            let receiver = start(transport, fault).await;
            let mut stream = receiver.connect(Port::Http).await.expect("a connection");
            stream.write_all(&request()).await.expect("sent");
            let mut answer = [0; 20];
            stream.read_exact(&mut answer).await.expect("20 bytes");
            assert!(answer.starts_with(b"HTTP/1.1 200"));
            let then = stream.read(&mut [0; 8]).await;
            match by {
                EndBy::Close => assert_eq!(then.expect("the end"), 0),
                EndBy::Reset => {
                    let error = then.expect_err("a reset");
                    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
                }
            }
            assert_eq!(outcome(&receiver).await, (end, Accepted::No, false));
        }
    }
);

on_both_transports!(
    a_connection_ends_after_so_many_received_bytes,
    async |transport: Transport| {
        let request = request();
        for (bytes, by, exchanges) in [
            (10, EndBy::Close, 0),
            (request.len() - 1, EndBy::Close, 1),
            (request.len() - 1, EndBy::Reset, 1),
        ] {
            let fault = close_after(bytes as u64, Direction::Received, by);
            let receiver = start(transport, always().then(fault)).await;
            let mut stream = receiver.connect(Port::Http).await.expect("a connection");
            stream.write_all(&request).await.expect("sent");
            let then = stream.read(&mut [0; 8]).await;
            match by {
                EndBy::Close => assert_eq!(then.expect("the end"), 0),
                EndBy::Reset => {
                    let error = then.expect_err("a reset");
                    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
                }
            }
            drop(stream);
            let ended = |event: &ConnectionEvent| {
                matches!(
                    event,
                    ConnectionEvent::Closed { .. } | ConnectionEvent::Reset { .. }
                )
            };
            let text = receiver.event(|record| ended(&record.event)).await;
            assert!(text.ends_with("by the collector"), "{text}");
            let journal = receiver.collector.journal();
            assert_eq!(journal.exchanges().len(), exchanges);
            for exchange in journal.exchanges() {
                assert_eq!(exchange.accepted(), Accepted::No);
            }
        }
    }
);

on_both_transports!(
    a_request_below_the_limit_is_served_and_the_next_ends_the_connection,
    async |transport: Transport| {
        let once = request().len() as u64;
        let fault = close_after(once + 10, Direction::Received, EndBy::Close);
        let receiver = start(transport, always().connection(1).then(fault)).await;
        let mut client = receiver.http().await;
        assert_eq!(client.export(1).await.expect("an answer").status, 200);
        assert!(client.export(1).await.is_err());
        receiver.http().await.export(1).await.expect("an answer");
    }
);

on_both_transports!(
    a_half_closed_connection_is_read_on,
    async |transport: Transport| {
        let receiver = start(transport, always().connection(1).then(half_close(0))).await;
        let mut stream = receiver.connect(Port::Http).await.expect("a connection");
        assert_eq!(stream.read(&mut [0; 8]).await.expect("the end"), 0);
        // Twice, to show that the connection lives.
        for requests in 1..=2 {
            stream.write_all(&request()).await.expect("it is read");
            let exchanges = receiver.after(requests).await.exchanges();
            for exchange in &exchanges {
                let completion = exchange.completion().expect("complete");
                assert_eq!(completion.end, End::ClosedByCollector);
                assert!(completion.answer.is_none() && exchange.items() == Some(1));
                assert_eq!(exchange.accepted(), Accepted::No);
            }
        }
    }
);

on_both_transports!(
    a_connection_is_half_closed_within_its_answer,
    async |transport: Transport| {
        let receiver = start(transport, always().then(half_close(12))).await;
        let mut client = receiver.http().await;
        let error = client.export(1).await.expect_err("half an answer");
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(client.unread(), b"HTTP/1.1 200");
        let expected = (End::ClosedByCollector, Accepted::No, false);
        assert_eq!(outcome(&receiver).await, expected);

        let grpc = receiver.connect(Port::Grpc).await.expect("a connection");
        let grpc = h2::client::handshake(grpc).await;
        if let Ok((mut sender, connection)) = grpc {
            let connection = tokio::spawn(connection);
            let sent = sender.send_request(crate::support::call("/"), true);
            assert!(sent.is_err() || sent.expect("sent").0.await.is_err());
            drop(sender);
            let _ = timeout(LONG, connection).await.expect("it ends");
        }
    }
);

#[tokio::test(start_paused = true)]
async fn the_collectors_end_is_late() {
    let receiver = start(Transport::Memory, always().then(slow_close(secs(5)))).await;
    for port in Port::ALL {
        let mut stream = receiver.connect(port).await.expect("a connection");
        let started = Instant::now();
        stream.shutdown().await.expect("the client's end");
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.expect("the end");
        assert_eq!(started.elapsed(), secs(5), "{port}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_collectors_own_close_is_late() {
    let builder = MockCollector::builder()
        .fault(always().then(slow_close(secs(5))))
        .fault(always().then(otelbox_mock_collector::fault::lose_acknowledgement()));
    let receiver = Transport::Memory.start(builder).await;
    let started = Instant::now();
    assert!(receiver.http().await.export(1).await.is_err());
    assert_eq!(started.elapsed(), secs(5));
    assert!(receiver.grpc().await.export(2).await.is_err());
    assert_eq!(started.elapsed(), secs(10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tcp_the_collectors_end_is_late() {
    let receiver = start(Transport::Tcp, always().then(slow_close(millis(300)))).await;
    let mut client = receiver.http().await;
    client.export(1).await.expect("an answer");
    let started = Instant::now();
    client.stream.shutdown().await.expect("the client's end");
    assert_eq!(client.read_to_end().await.expect("the end"), b"");
    assert!(started.elapsed() >= millis(300));
}

#[tokio::test(start_paused = true)]
async fn aspects_compose_and_hide_no_fault_on_requests() {
    let settings = Http2Settings {
        max_concurrent_streams: Some(7),
        ..Http2Settings::default()
    };
    let builder = MockCollector::builder()
        .fault(always().then(bandwidth(50, Direction::Sent)).named("slow"))
        .fault(always().then(bandwidth(1, Direction::Sent)).named("slower"))
        .fault(always().then(http2_settings(settings)).named("seven"))
        .fault(on_attempt(1).then(grpc(Code::Unavailable)).named("no"))
        .fault(always().connection(2).then(stall()).named("second"));
    let receiver = Transport::Memory.start(builder).await;
    let client = receiver.grpc().await;
    let started = Instant::now();
    let answer = client.export(1).await.expect("an answer");
    assert_eq!(answer.grpc_status(), Some("14"));
    assert!(started.elapsed() > secs(1));
    assert_eq!(client.sender.current_max_send_streams(), 7);
    let fired: Vec<_> = receiver
        .collector
        .faults()
        .iter()
        .map(|status| (status.name.clone(), status.fired))
        .collect();
    let expected = [
        ("slow", 1),
        ("slower", 0),
        ("seven", 1),
        ("no", 1),
        ("second", 0),
    ];
    assert_eq!(
        fired,
        expected.map(|(name, fired)| (name.to_owned(), fired))
    );
    let records = receiver.after(1).await.connections();
    let texts: Vec<_> = records.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["opened", "shaped by slow", "shaped by seven"]);
}

#[tokio::test(start_paused = true)]
async fn what_denied_a_connection_is_named() {
    let builder = MockCollector::builder()
        .fault(always().then(refuse()).named("wall").times(1))
        .fault(
            always()
                .connection(1)
                .then(accept_then_close())
                .named("trapdoor"),
        )
        .fault(always().connection(1).then(stall()).named("unseen"));
    let receiver = Transport::Memory.start(builder).await;
    assert!(receiver.connect(Port::Http).await.is_err());
    let mut stream = receiver.connect(Port::Http).await.expect("a connection");
    assert_eq!(stream.read(&mut [0; 8]).await.expect("the end"), 0);
    let records = receiver.collector.journal().connections();
    let texts: Vec<_> = records.iter().map(ToString::to_string).collect();
    let expected = [
        "refused by wall",
        "opened",
        "closed by the collector by trapdoor",
    ];
    assert_eq!(texts, expected);
    assert_eq!(receiver.collector.faults()[2].fired, 0);
}

#[tokio::test(start_paused = true)]
async fn a_fault_on_connections_fires_as_often_as_it_may() {
    let fault = always().then(stall()).times(1);
    let receiver = start(Transport::Memory, fault).await;
    let mut first = receiver.http().await;
    assert!(timeout(secs(60), first.export(1)).await.is_err());
    receiver.http().await.export(1).await.expect("an answer");
}
