//! Faults that only HTTP/2 knows, frame by frame.

use otelbox_mock_collector::fault::{
    GoAwayStream, Http2Code, Http2Settings, RstAt, always, goaway, hang, http2_settings,
    ignore_pings, large_headers, max_connection_age, missing_trailers, on_attempt, ping_storm,
    rst_stream_at, secs,
};
use otelbox_mock_collector::journal::{Accepted, ConnectionEvent, End};
use otelbox_mock_collector::{Fault, MockCollector, Port};
use tokio::time::{Instant, sleep, timeout};

use crate::frames::{
    ACK, CONTINUATION, END_HEADERS, END_STREAM, FrameClient, HEADERS, PING, SETTINGS, WINDOW_UPDATE,
};
use crate::support::{METRICS_CALL, Receiver, Transport, call, frame, metrics, on_both_transports};

const LAST_OF_ALL: u32 = 0x7fff_ffff;

async fn start(transport: Transport, fault: impl Into<Fault>) -> (Receiver, FrameClient) {
    let builder = MockCollector::builder().fault(fault.into());
    let receiver = transport.start(builder).await;
    let stream = receiver.connect(Port::Grpc).await.expect("it listens");
    (receiver, FrameClient::new(stream).await)
}

/// How the only exchange ended, what was taken of it, and whether its client knows.
async fn outcome(receiver: &Receiver) -> (End, Accepted, bool) {
    let exchange = receiver.only_exchange().await;
    let end = exchange.completion().expect("complete").end;
    (end, exchange.accepted(), exchange.is_acknowledged())
}

on_both_transports!(
    a_stream_is_reset_where_it_was_asked_to_be,
    async |transport: Transport| {
        for (at, code, expected, accepted) in [
            (
                RstAt::BeforeAnswer,
                Http2Code::Cancel,
                &["RST_STREAM 1 code 8"][..],
                Accepted::No,
            ),
            (
                RstAt::AfterHeaders,
                Http2Code::InternalError,
                &["HEADERS 1", "RST_STREAM 1 code 2"],
                Accepted::All,
            ),
            (
                RstAt::MidData,
                Http2Code::EnhanceYourCalm,
                &["HEADERS 1", "DATA 1", "RST_STREAM 1 code 11"],
                Accepted::All,
            ),
            (
                RstAt::AfterData,
                Http2Code::NoError,
                &["HEADERS 1", "DATA 1", "RST_STREAM 1 code 0"],
                Accepted::All,
            ),
            (
                RstAt::AfterData,
                Http2Code::RefusedStream,
                &["HEADERS 1", "DATA 1", "RST_STREAM 1 code 7"],
                Accepted::No,
            ),
        ] {
            let fault = on_attempt(1).then(rst_stream_at(at, code));
            let (receiver, mut client) = start(transport, fault).await;
            client.send_export(1).await;
            assert_eq!(client.texts(expected.len()).await, expected, "{at:?}");
            assert_eq!(
                outcome(&receiver).await,
                (End::StreamResetByCollector, accepted, false),
                "{at:?}"
            );
            // The connection lives; where the first was taken, this is not its retry any more.
            client.send_export(3).await;
            let after = client.texts(3).await;
            assert_eq!(after, ["HEADERS 3", "DATA 3", "HEADERS 3 END"], "{at:?}");
        }
    }
);

on_both_transports!(
    half_of_the_data_is_half_of_it,
    async |transport: Transport| {
        for (at, bytes) in [(RstAt::MidData, 2), (RstAt::AfterData, 5)] {
            let fault = always().then(rst_stream_at(at, Http2Code::Cancel));
            let (_receiver, mut client) = start(transport, fault).await;
            client.send_export(1).await;
            client.next().await.expect("HEADERS");
            let data = client.next().await.expect("DATA");
            assert_eq!(data.payload.len(), bytes);
        }
    }
);

on_both_transports!(
    a_goaway_comes_after_the_head_of_the_answer,
    async |transport: Transport| {
        let fault = always().then(goaway(GoAwayStream::InFlight, Http2Code::EnhanceYourCalm));
        let (receiver, mut client) = start(transport, fault).await;
        client.send_export(1).await;
        let expected = [
            "HEADERS 1",
            "GOAWAY last 1 code 11",
            "DATA 1",
            "HEADERS 1 END",
            "the end",
        ];
        assert_eq!(client.texts(5).await, expected);
        let expected = (End::Answered, Accepted::All, true);
        assert_eq!(outcome(&receiver).await, expected);
    }
);

on_both_transports!(
    a_goaway_cuts_the_answer_of_its_last_stream,
    async |transport: Transport| {
        let fault = always().then(goaway(GoAwayStream::Cut, Http2Code::NoError));
        let (receiver, mut client) = start(transport, fault).await;
        client.send_export(1).await;
        let expected = ["HEADERS 1", "GOAWAY last 1 code 0", "the end"];
        assert_eq!(client.texts(3).await, expected);
        let expected = (End::ClosedByCollector, Accepted::All, false);
        assert_eq!(outcome(&receiver).await, expected);
    }
);

on_both_transports!(
    a_graceful_goaway_serves_what_comes_until_the_ping_is_acknowledged,
    async |transport: Transport| {
        let fault = on_attempt(1)
            .then(goaway(GoAwayStream::Graceful, Http2Code::NoError))
            .times(1);
        let (receiver, mut client) = start(transport, fault).await;
        client.send_export(1).await;
        let first = client.next().await.expect("a frame");
        assert_eq!((first.number(0), first.number(4)), (LAST_OF_ALL, 0));
        let ping = client.next().await.expect("a frame");
        assert_eq!(format!("{ping:?}"), "PING");
        let answer = ["HEADERS 1", "DATA 1", "HEADERS 1 END"];
        assert_eq!(client.texts(3).await, answer);
        // It was under way when the frame was sent.
        client.send_export(3).await;
        let answer = ["HEADERS 3", "DATA 3", "HEADERS 3 END"];
        assert_eq!(client.texts(3).await, answer);
        client.send(PING, ACK, 0, &ping.payload).await;
        let end = ["GOAWAY last 3 code 0", "the end"];
        assert_eq!(client.texts(2).await, end);
        let exchanges = receiver.after(2).await.exchanges();
        assert!(exchanges.iter().all(|exchange| exchange.is_acknowledged()));
    }
);

on_both_transports!(
    an_answer_without_trailers_has_no_status,
    async |transport: Transport| {
        let (receiver, mut client) = start(transport, always().then(missing_trailers())).await;
        client.send_export(1).await;
        assert_eq!(client.texts(2).await, ["HEADERS 1", "DATA 1 END"]);
        let expected = (End::Answered, Accepted::All, false);
        assert_eq!(outcome(&receiver).await, expected);
        let http = receiver.http().await.export(2).await.expect("an answer");
        assert_eq!(http.status, 200, "HTTP has no such thing");
    }
);

on_both_transports!(
    headers_are_as_large_as_was_asked_for,
    async |transport: Transport| {
        let fault = always().then(large_headers(100_000));
        let (receiver, mut client) = start(transport, fault).await;
        client.send_export(1).await;
        let mut bytes = 0;
        loop {
            let part = client.next().await.expect("a frame");
            assert_eq!(part.kind, if bytes == 0 { HEADERS } else { CONTINUATION });
            bytes += part.payload.len();
            if part.flags & END_HEADERS != 0 {
                break;
            }
        }
        // RFC 7541 writes a full stop in 5 bits.
        assert!(bytes > 60_000, "{bytes}");
        assert_eq!(client.texts(2).await, ["DATA 1", "HEADERS 1 END"]);

        let http = receiver.http().await.export(2).await.expect("an answer");
        assert_eq!(http.status, 200);
        let padding = http.head.lines().filter_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.starts_with("x-otelbox-padding-")
                .then_some(name.len() + value.len() + 32)
        });
        assert_eq!(padding.sum::<usize>(), 100_000);
        for exchange in receiver.after(2).await.exchanges() {
            assert_eq!(exchange.accepted(), Accepted::All);
            let answer = exchange.completion().expect("complete").answer.clone();
            let headers = &answer.expect("an answer").headers;
            assert!(headers.len() < 5, "the journal keeps no padding");
        }
    }
);

on_both_transports!(
    settings_are_those_that_were_asked_for,
    async |transport: Transport| {
        let settings = Http2Settings {
            max_concurrent_streams: Some(1),
            initial_window_size: Some(0),
            max_header_list_size: Some(2000),
            max_frame_size: Some(20_000),
        };
        let fault = always().then(http2_settings(settings)).named("tight");
        let (receiver, mut client) = start(transport, fault).await;
        let first = client.next_of_any_kind().await.expect("a frame");
        assert_eq!(first.kind, SETTINGS);
        let sent = first.settings();
        for expected in [(3, 1), (4, 0), (5, 20_000), (6, 2000)] {
            assert!(sent.contains(&expected), "{expected:?} in {sent:?}");
        }
        // One stream at a time: the second is refused.
        client.send_head(1).await;
        client.send_head(3).await;
        assert_eq!(client.texts(1).await, ["RST_STREAM 3 code 7"]);
        let text = receiver
            .event(|record| record.event == ConnectionEvent::Shaped)
            .await;
        assert_eq!(text, "shaped");
        let journal = receiver.collector.journal();
        let records = journal.connections();
        assert_eq!(records[1].to_string(), "shaped by tight");
        assert_eq!(receiver.collector.faults()[0].fired, 1);
    }
);

on_both_transports!(
    connections_over_http_1_are_passed_over,
    async |transport: Transport| {
        let settings = Http2Settings {
            max_concurrent_streams: Some(3),
            ..Http2Settings::default()
        };
        let fault = always().then(http2_settings(settings)).times(1);
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        receiver.http().await.export(1).await.expect("an answer");
        assert_eq!(receiver.collector.faults()[0].fired, 0);
        // The port for OTLP/HTTP speaks both.
        let stream = receiver.connect(Port::Http).await.expect("it listens");
        let mut client = FrameClient::new(stream).await;
        let first = client.next_of_any_kind().await.expect("a frame");
        assert!(first.settings().contains(&(3, 3)));
        assert_eq!(receiver.collector.faults()[0].fired, 1);
    }
);

#[tokio::test(start_paused = true)]
async fn a_zero_window_never_opens() {
    let settings = Http2Settings {
        initial_window_size: Some(0),
        ..Http2Settings::default()
    };
    let fault = always().connection(1).then(http2_settings(settings));
    let (receiver, mut client) = start(Transport::Memory, fault).await;
    client.send_head(1).await;
    client.patience = secs(7200);
    let opened = timeout(secs(3600), async {
        while let Some(frame) = client.next_of_any_kind().await {
            if frame.kind == WINDOW_UPDATE && frame.stream != 0 {
                return;
            }
        }
    });
    assert!(opened.await.is_err(), "it is never opened");
    // A client that keeps to it cannot send its body.
    let fault = receiver
        .collector
        .add_fault(always().then(http2_settings(settings)))
        .expect("a fault");
    let other = receiver.grpc().await;
    // What it sends before it has read the settings is not held up.
    sleep(secs(1)).await;
    assert!(timeout(secs(3600), other.export(1)).await.is_err());
    drop(fault);
    receiver.grpc().await.export(1).await.expect("an answer");
}

on_both_transports!(
    frames_of_a_small_window_come_one_by_one,
    async |transport: Transport| {
        let settings = Http2Settings {
            initial_window_size: Some(10),
            ..Http2Settings::default()
        };
        let fault = always().then(http2_settings(settings));
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let client = receiver.grpc().await;
        let answer = client
            .send(call(METRICS_CALL), frame(0, &metrics(20)))
            .await
            .expect("an answer");
        assert_eq!(answer.grpc_status(), Some("0"));
    }
);

#[tokio::test(start_paused = true)]
async fn a_storm_has_as_many_pings_as_asked_and_requests_are_answered_in_it() {
    let fault = always().then(ping_storm(5, secs(1)));
    let (_receiver, mut client) = start(Transport::Memory, fault).await;
    client.patience = secs(3600);
    let started = Instant::now();
    let mut seen = Vec::new();
    client.send_export(1).await;
    let mut payloads = Vec::new();
    while let Ok(Some(frame)) = timeout(secs(60), client.next()).await {
        seen.push((started.elapsed().as_secs(), format!("{frame:?}")));
        if frame.kind == PING {
            payloads.push(frame.payload);
        }
        if seen.len() == 6 {
            client.send_export(3).await;
        }
    }
    let pings: Vec<_> = seen
        .iter()
        .filter(|(_, text)| text == "PING")
        .map(|(at, _)| *at)
        .collect();
    assert_eq!(pings, [0, 1, 2, 3, 4]);
    payloads.dedup();
    assert_eq!(payloads.len(), 5, "each means another one");
    let ends = seen.iter().filter(|(_, text)| text.ends_with("END"));
    assert_eq!(ends.count(), 2, "{seen:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_over_tcp_has_as_many_pings() {
    let fault = always().then(ping_storm(50, std::time::Duration::ZERO));
    let (receiver, mut client) = start(Transport::Tcp, fault).await;
    client.send_export(1).await;
    let (mut pings, mut answered) = (0, false);
    while pings < 50 || !answered {
        let frame = client.next().await.expect("the connection lives");
        pings += u32::from(frame.kind == PING);
        answered |= frame.kind == HEADERS && frame.flags & END_STREAM != 0;
        if frame.kind == PING {
            client.send(PING, ACK, 0, &frame.payload).await;
        }
    }
    client.send_export(3).await;
    assert_eq!(
        client.texts(1).await,
        ["HEADERS 3"],
        "and no more than that"
    );
    assert_eq!(receiver.after(2).await.exchanges().len(), 2);
}

on_both_transports!(
    pings_are_not_acknowledged_and_all_else_is_answered,
    async |transport: Transport| {
        let fault = always().connection(1).then(ignore_pings());
        let (receiver, mut client) = start(transport, fault).await;
        client.send(PING, 0, 0, b"01234567").await;
        client.send_export(1).await;
        client.send(PING, 0, 0, b"89abcdef").await;
        client.send_export(3).await;
        let mut seen = client.texts(6).await;
        seen.sort();
        let expected = [
            "DATA 1",
            "DATA 3",
            "HEADERS 1",
            "HEADERS 1 END",
            "HEADERS 3",
            "HEADERS 3 END",
        ];
        assert_eq!(seen, expected, "and not one PING ACK");

        let stream = receiver.connect(Port::Grpc).await.expect("it listens");
        let mut other = FrameClient::new(stream).await;
        other.send(PING, 0, 0, b"01234567").await;
        assert_eq!(other.texts(1).await, ["PING ACK"], "elsewhere they are");
    }
);

#[tokio::test(start_paused = true)]
async fn a_connection_is_given_up_at_its_age() {
    let fault = always().then(max_connection_age(secs(30), None));
    let (receiver, mut client) = start(Transport::Memory, fault).await;
    let started = Instant::now();
    client.send_export(1).await;
    client.texts(3).await;
    let first = client.next().await.expect("a frame");
    assert_eq!((first.number(0), first.number(4)), (LAST_OF_ALL, 0));
    assert_eq!(started.elapsed(), secs(30));
    let ping = client.next().await.expect("a frame");
    sleep(secs(1)).await;
    client.send_export(3).await;
    let answer = ["HEADERS 3", "DATA 3", "HEADERS 3 END"];
    assert_eq!(client.texts(3).await, answer);
    client.send(PING, ACK, 0, &ping.payload).await;
    let end = ["GOAWAY last 3 code 0", "the end"];
    assert_eq!(client.texts(2).await, end);
    assert_eq!(started.elapsed(), secs(31));
    assert_eq!(receiver.after(2).await.exchanges().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn grace_ends_what_is_in_progress() {
    let age = max_connection_age(secs(30), secs(5));
    let builder = MockCollector::builder()
        .fault(always().then(age))
        .fault(always().then(hang()));
    let receiver = Transport::Memory.start(builder).await;
    for port in Port::ALL {
        let started = Instant::now();
        match port {
            Port::Grpc => assert!(receiver.grpc().await.export(1).await.is_err()),
            Port::Http => assert!(receiver.http().await.export(2).await.is_err()),
        }
        assert_eq!(started.elapsed(), secs(35), "{port}");
    }
    for exchange in receiver.after(2).await.exchanges() {
        let end = exchange.completion().expect("complete").end;
        assert_eq!(end, End::ClosedByCollector);
    }
}

#[tokio::test(start_paused = true)]
async fn over_http_1_the_next_answer_says_that_the_connection_is_closed() {
    let fault = always().then(max_connection_age(secs(30), None));
    let receiver = Transport::Memory
        .start(MockCollector::builder().fault(fault))
        .await;
    let mut client = receiver.http().await;
    let young = client.export(1).await.expect("an answer");
    assert_eq!(young.header("connection"), None);
    sleep(secs(40)).await;
    let old = client.export(2).await.expect("an answer");
    assert_eq!((old.status, old.header("connection")), (200, Some("close")));
    assert_eq!(client.read_to_end().await.expect("the end"), b"");
}
