//! Faults that only HTTP/2 knows, and connections that nobody answers.

use h2::Reason;
use otelbox_mock_collector::fault::{
    GoAwayStream, Http2Code, always, black_hole, during, goaway, millis, on_attempt, on_requests,
    rst_stream, secs, stop_reading,
};
use otelbox_mock_collector::journal::{Accepted, ConnectionEvent, End};
use otelbox_mock_collector::{MockCollector, Port};
use tokio::time::{Instant, timeout};

use crate::support::{Transport, on_both_transports};

on_both_transports!(
    a_stream_is_reset_and_its_connection_lives,
    async |transport: Transport| {
        let fault = on_attempt(1).then(rst_stream(Http2Code::RefusedStream));
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let client = receiver.grpc().await;
        let error = client.export(1).await.expect_err("no answer");
        assert_eq!(error.reason(), Some(Reason::REFUSED_STREAM));
        let answer = client.export(1).await.expect("an answer");
        assert_eq!(answer.grpc_status(), Some("0"));
        let exchanges = receiver.after(2).await.exchanges();
        assert_eq!(
            exchanges[0].completion().expect("complete").end,
            End::StreamResetByCollector
        );
        assert_eq!(exchanges[0].accepted(), Accepted::No);
        let mut http = receiver.http().await;
        assert_eq!(http.export(2).await.expect("an answer").status, 200);
    }
);

on_both_transports!(
    a_goaway_below_the_stream_leaves_it_without_an_answer,
    async |transport: Transport| {
        let fault = on_attempt(1).then(goaway(GoAwayStream::Refused, Http2Code::EnhanceYourCalm));
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let client = receiver.grpc().await;
        let error = client.export(1).await.expect_err("no answer");
        assert!(error.is_go_away() && error.is_remote(), "{error:?}");
        assert_eq!(error.reason(), Some(Reason::ENHANCE_YOUR_CALM));
        let exchange = receiver.only_exchange().await;
        assert_eq!(
            exchange.completion().expect("complete").end,
            End::ClosedByCollector
        );
        assert_eq!(exchange.accepted(), Accepted::No);
    }
);

on_both_transports!(
    a_goaway_that_serves_the_stream_answers_it,
    async |transport: Transport| {
        let fault = on_attempt(1).then(goaway(GoAwayStream::Served, Http2Code::NoError));
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let client = receiver.grpc().await;
        let answer = client.export(1).await.expect("an answer");
        assert_eq!(answer.grpc_status(), Some("0"));
        assert!(
            client.export(1).await.is_err(),
            "the connection takes no more"
        );
        let exchanges = receiver.after(1).await.exchanges();
        assert_eq!(exchanges.len(), 1);
        assert!(exchanges[0].is_acknowledged());
    }
);

on_both_transports!(
    a_body_that_nobody_reads_is_not_answered,
    async |transport: Transport| {
        let fault = on_requests(1).then(stop_reading());
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let mut client = receiver.http().await;
        assert!(timeout(millis(100), client.export(1)).await.is_err());
        drop(client);
        let exchange = receiver.only_exchange().await;
        assert_eq!(
            exchange.completion().expect("complete").end,
            End::ClientGone
        );
        assert_eq!(
            (exchange.items(), exchange.accepted()),
            (None, Accepted::No)
        );
    }
);

on_both_transports!(
    a_black_hole_neither_accepts_nor_refuses,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let mut before = receiver.http().await;
        // Answered, it is no longer one that the kernel holds until it is accepted: the hole would keep that one.
        before.export(1).await.expect("an answer");
        let hole = receiver
            .collector
            .add_fault(always().then(black_hole()))
            .expect("a fault");
        // Over TCP the listener notices a little later: then it no longer answers.
        let deadline = Instant::now() + secs(30);
        while let Ok(connected) = timeout(millis(300), receiver.connect(Port::Http)).await {
            connected.expect("nobody is refused while the hole opens");
            assert!(Instant::now() < deadline, "connections are still taken");
        }
        assert_eq!(
            before.export(1).await.expect("an answer").status,
            200,
            "connections that exist go on"
        );
        drop(hole);
        // Nobody is refused while it closes either.
        let after = receiver.http().await.export(1).await;
        assert_eq!(after.expect("an answer").status, 200);
    }
);

#[tokio::test(start_paused = true)]
async fn in_memory_a_black_hole_lasts_as_long_as_its_window_and_is_seen() {
    let fault = during(secs(0), secs(20)).then(black_hole());
    let receiver = Transport::Memory
        .start(MockCollector::builder().fault(fault))
        .await;
    let started = Instant::now();
    receiver.grpc().await.export(1).await.expect("an answer");
    assert_eq!(started.elapsed(), secs(20));
    let records = receiver.after(1).await.connections();
    assert_eq!(records[0].event, ConnectionEvent::Swallowed);
    assert_eq!(records[1].event, ConnectionEvent::Opened);
}
