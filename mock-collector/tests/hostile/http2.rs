//! HTTP/2 from clients that mean no good, frame by frame: the connection may end, the collector goes on.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use otelbox_mock_collector::journal::{ConnectionEvent, End};
use otelbox_mock_collector::{MockCollector, Port};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::frames::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, FLOW_CONTROL_ERROR,
    FRAME_SIZE_ERROR, GOAWAY, HEADERS, PING, PREFACE, PROTOCOL_ERROR, RST_STREAM, SETTINGS,
    WINDOW_UPDATE, field, head, http2, text,
};
use crate::support::{BoxedStream, LONG, Receiver, Transport, frame, metrics, on_both_transports};

/// A client that writes frames as it likes.
struct Raw {
    writes: WriteHalf<BoxedStream>,
    /// What has come so far.
    read: Arc<Mutex<Vec<u8>>>,
    reading: JoinHandle<()>,
}

/// What the collector sent.
#[derive(Debug)]
struct Sent {
    frames: Vec<Frame>,
}

#[derive(Debug)]
struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Raw {
    async fn connect(receiver: &Receiver) -> Self {
        let stream = receiver.connect(Port::Grpc).await.expect("it listens");
        let (reads, mut writes) = split(stream);
        let hello = [PREFACE, &http2(SETTINGS, 0, 0, &[])].concat();
        writes.write_all(&hello).await.expect("a connection");
        let read = Arc::default();
        Self {
            writes,
            reading: tokio::spawn(read_all(reads, Arc::clone(&read))),
            read,
        }
    }

    /// Writes the bytes, whether or not somebody still reads them.
    async fn write(&mut self, bytes: &[u8]) {
        // A collector that has had enough closes; what it has said, the reader has.
        let _ = self.writes.write_all(bytes).await;
    }

    /// Says that nothing more will come, and waits for the end of what the collector says.
    async fn sent(mut self) -> Sent {
        let _ = self.writes.shutdown().await;
        let ended = timeout(LONG, self.reading).await;
        ended.expect("the collector ends").expect("no panic");
        Sent::of(&self.read.lock().expect("no panic"))
    }

    /// Waits until the collector has sent such a frame.
    async fn until(&self, wanted: impl Fn(&Frame) -> bool) {
        let sent = || Sent::of(&self.read.lock().expect("no panic"));
        let found = async {
            while !sent().frames.iter().any(&wanted) {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(LONG, found)
            .await
            .unwrap_or_else(|_| panic!("not among {:?}", sent()));
    }
}

/// However it ends.
async fn read_all(mut reads: ReadHalf<BoxedStream>, read: Arc<Mutex<Vec<u8>>>) {
    let mut piece = [0; 4096];
    while let Ok(length @ 1..) = reads.read(&mut piece).await {
        let mut read = read.lock().expect("no panic");
        read.extend_from_slice(&piece[..length]);
    }
}

impl Sent {
    fn of(mut bytes: &[u8]) -> Self {
        let mut frames = Vec::new();
        while let Some((&[high, middle, low, kind, flags, a, b, c, d], rest)) =
            bytes.split_first_chunk::<9>()
        {
            let length = u32::from_be_bytes([0, high, middle, low]) as usize;
            let Some((payload, rest)) = rest.split_at_checked(length) else {
                break;
            };
            frames.push(Frame {
                kind,
                flags,
                stream: u32::from_be_bytes([a, b, c, d]),
                payload: payload.to_vec(),
            });
            bytes = rest;
        }
        Self { frames }
    }

    /// The code of the GOAWAY, if there was one.
    fn goaway(&self) -> Option<u32> {
        let goaway = self.frames.iter().rfind(|frame| frame.kind == GOAWAY)?;
        let code = goaway.payload.get(4..8)?.try_into().ok()?;
        Some(u32::from_be_bytes(code))
    }

    fn count(&self, wanted: impl Fn(&Frame) -> bool) -> usize {
        self.frames.iter().filter(|frame| wanted(frame)).count()
    }
}

/// Whatever one client did, another is served on both ports.
async fn serves_others(receiver: &Receiver) {
    let answer = receiver.grpc().await.export(1).await.expect("an answer");
    assert_eq!(answer.grpc_status(), Some("0"));
    let answer = receiver.http().await.export(1).await.expect("an answer");
    assert_eq!(answer.status, 200);
}

async fn protocol_error_is_recorded(receiver: &Receiver) -> String {
    receiver
        .event(|record| matches!(record.event, ConnectionEvent::ProtocolError(_)))
        .await
}

on_both_transports!(
    a_header_block_without_end_ends_the_connection,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let mut client = Raw::connect(&receiver).await;
        client.write(&http2(HEADERS, END_STREAM, 1, &head())).await;
        let piece = http2(CONTINUATION, 0, 1, &field("x", &"v".repeat(16_000)));
        // 64 MiB of it.
        for _ in 0..4096 {
            client.write(&piece).await;
        }
        assert_eq!(client.sent().await.goaway(), Some(ENHANCE_YOUR_CALM));
        protocol_error_is_recorded(&receiver).await;
        assert!(receiver.collector.journal().exchanges().is_empty());
        serves_others(&receiver).await;
    }
);

on_both_transports!(
    a_header_block_of_nothing_without_end_ends_the_connection,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let mut client = Raw::connect(&receiver).await;
        client.write(&http2(HEADERS, END_STREAM, 1, &head())).await;
        let piece = http2(CONTINUATION, 0, 1, &[]).repeat(1000);
        for _ in 0..100 {
            client.write(&piece).await;
        }
        assert_eq!(client.sent().await.goaway(), Some(ENHANCE_YOUR_CALM));
        serves_others(&receiver).await;
    }
);

on_both_transports!(
    streams_that_are_reset_at_once_are_all_in_the_journal_or_end_the_connection,
    async |transport: Transport| {
        const STREAMS: u32 = 10_000;
        let receiver = transport.start(MockCollector::builder()).await;
        let mut client = Raw::connect(&receiver).await;
        for number in 0..STREAMS {
            let stream = 2 * number + 1;
            let opened = http2(HEADERS, END_HEADERS, stream, &head());
            let reset = http2(RST_STREAM, 0, stream, &8u32.to_be_bytes());
            client.write(&[opened, reset].concat()).await;
        }
        let sent = client.sent().await;
        let code = sent.goaway();
        receiver
            .event(|record| {
                matches!(
                    record.event,
                    ConnectionEvent::Closed { .. } | ConnectionEvent::Reset { .. }
                )
            })
            .await;
        let exchanges = receiver.collector.journal().exchanges();
        assert!(
            exchanges
                .iter()
                .all(|exchange| exchange.completion().is_some()),
            "each has ended"
        );
        assert!(
            code == Some(ENHANCE_YOUR_CALM) || exchanges.len() == STREAMS as usize,
            "GOAWAY {code:?} after {} exchanges",
            exchanges.len()
        );
        serves_others(&receiver).await;
    }
);

on_both_transports!(
    settings_and_pings_are_acknowledged_one_by_one,
    async |transport: Transport| {
        const FRAMES: usize = 20_000;
        let receiver = transport.start(MockCollector::builder()).await;
        for kind in [SETTINGS, PING] {
            let mut client = Raw::connect(&receiver).await;
            let payload: &[u8] = if kind == PING { &[7; 8] } else { &[] };
            let piece = http2(kind, 0, 0, payload).repeat(100);
            for _ in 0..FRAMES / 100 {
                client.write(&piece).await;
            }
            let sent = client.sent().await;
            let acknowledged = sent.count(|frame| frame.kind == kind && frame.flags == ACK);
            // The settings of the beginning are acknowledged, too.
            let all = FRAMES + usize::from(kind == SETTINGS);
            assert!(
                acknowledged == all || sent.goaway() == Some(ENHANCE_YOUR_CALM),
                "{acknowledged} of {all}, GOAWAY {:?}",
                sent.goaway()
            );
        }
        serves_others(&receiver).await;
    }
);

on_both_transports!(
    who_sends_without_reading_holds_up_nobody_but_himself,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let mut floods = Vec::new();
        for (kind, payload) in [(SETTINGS, &[][..]), (PING, &[7; 8][..])] {
            let client = Raw::connect(&receiver).await;
            client.reading.abort();
            let mut writes = client.writes;
            let piece = http2(kind, 0, 0, payload).repeat(1000);
            floods.push(tokio::spawn(async move {
                while writes.write_all(&piece).await.is_ok() {
                    tokio::task::yield_now().await;
                }
            }));
        }
        for _ in 0..20 {
            serves_others(&receiver).await;
        }
        for flood in floods {
            flood.abort();
            let _ = flood.await;
        }
        serves_others(&receiver).await;
    }
);

on_both_transports!(
    a_header_block_that_unpacks_to_a_hundred_times_its_size_is_refused,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let mut client = Raw::connect(&receiver).await;
        // A field of 4000 bytes is entered into the table (RFC 7541, section 6.2.1), where it becomes number 62, and is then
        // named 15,000 times in one byte each: 60 MB.
        let entered = [&[0x40][..], &text("x"), &text(&"v".repeat(3960))].concat();
        let named = vec![0x80 + 62; 15_000];
        let block = http2(HEADERS, END_STREAM, 1, &[head(), entered].concat());
        client.write(&block).await;
        client
            .write(&http2(CONTINUATION, END_HEADERS, 1, &named))
            .await;
        // 431, and the end of the stream.
        client
            .until(|frame| {
                frame.kind == HEADERS && frame.stream == 1 && frame.flags & END_STREAM != 0
            })
            .await;
        assert!(receiver.collector.journal().exchanges().is_empty());
        serves_others(&receiver).await;
    }
);

on_both_transports!(
    headers_of_a_mebibyte_are_taken,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let mut client = Raw::connect(&receiver).await;
        client.write(&http2(HEADERS, 0, 1, &head())).await;
        // grpc-go takes up to 16 MiB.
        for number in 0..63 {
            let name = format!("x-{number}");
            let piece = field(&name, &"v".repeat(16_300));
            client.write(&http2(CONTINUATION, 0, 1, &piece)).await;
        }
        client
            .write(&http2(CONTINUATION, END_HEADERS, 1, &field("x-last", "v")))
            .await;
        let body = frame(0, &metrics(3));
        client.write(&http2(DATA, END_STREAM, 1, &body)).await;
        let exchange = receiver.only_exchange().await;
        assert_eq!(exchange.items(), Some(3));
        assert_eq!(exchange.request.headers["x-62"].len(), 16_300);
        let completion = exchange.completion().expect("it has ended");
        assert_eq!(completion.end, End::Answered);
        assert_eq!(client.sent().await.goaway(), None);
        serves_others(&receiver).await;
    }
);

on_both_transports!(
    frames_that_break_the_protocol_end_the_connection,
    async |transport: Transport| {
        let cases: [(&str, Vec<u8>, u32); 6] = [
            (
                "a frame that is larger than allowed",
                http2(DATA, 0, 1, &vec![0; 16_385]),
                FRAME_SIZE_ERROR,
            ),
            (
                "a frame of 16 MiB that never comes",
                vec![0xff, 0xff, 0xff, DATA, 0, 0, 0, 0, 1],
                FRAME_SIZE_ERROR,
            ),
            (
                // RFC 9113, section 6.7, asks for FRAME_SIZE_ERROR; this is what the crate h2 says.
                "a ping of the wrong length",
                http2(PING, 0, 0, &[0; 7]),
                PROTOCOL_ERROR,
            ),
            ("data on stream 0", http2(DATA, 0, 0, &[0]), PROTOCOL_ERROR),
            (
                "a continuation of nothing",
                http2(CONTINUATION, END_HEADERS, 1, &head()),
                PROTOCOL_ERROR,
            ),
            (
                "a window beyond 2^31 - 1",
                http2(WINDOW_UPDATE, 0, 0, &0x7fff_ffffu32.to_be_bytes()),
                FLOW_CONTROL_ERROR,
            ),
        ];
        for (what, bytes, code) in cases {
            let receiver = transport.start(MockCollector::builder()).await;
            let mut client = Raw::connect(&receiver).await;
            client.write(&bytes).await;
            assert_eq!(client.sent().await.goaway(), Some(code), "{what}");
            protocol_error_is_recorded(&receiver).await;
            serves_others(&receiver).await;
        }
    }
);
