//! Answers that are large, or slow, or say more than a client knows.

use std::io::Read;

use otelbox_mock_collector::MockCollector;
use otelbox_mock_collector::fault::{
    Action, DripPart, PartialSuccess, always, drip_answer, http, large_answer, millis, on_attempt,
    secs, unknown_fields,
};
use otelbox_mock_collector::journal::{Accepted, End};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, timeout};

use crate::support::{
    JSON, METRICS_CALL, PROTOBUF, Transport, call, frame, metrics, on_both_transports, post,
};

on_both_transports!(
    unknown_fields_stand_beside_a_full_success,
    async |transport: Transport| {
        let receiver = transport
            .start(MockCollector::builder().fault(always().then(unknown_fields())))
            .await;
        let binary = receiver.http().await.export(1).await.expect("an answer");
        assert_eq!(
            (binary.status, binary.body.as_slice()),
            (200, &[0x98, 6, 1, 0x9a, 6, 2, 8, 1][..])
        );
        let json = post("/v1/metrics", &[JSON], br#"{"resourceMetrics":[]}"#);
        let json = receiver.http().await.send(&json).await.expect("an answer");
        let value: serde_json::Value = serde_json::from_slice(&json.body).expect("JSON");
        assert!(value.get("future").is_some() && value.get("partialSuccess").is_none());
        let call = receiver.grpc().await.export(1).await.expect("an answer");
        assert_eq!((call.grpc_status(), call.data.len()), (Some("0"), 5 + 8));
        let exchanges = receiver.after(3).await.exchanges();
        assert_eq!(exchanges[0].accepted(), Accepted::All);
    }
);

on_both_transports!(
    a_large_answer_is_as_large_as_it_was_asked_for,
    async |transport: Transport| {
        let five_mib = 5 * 1024 * 1024;
        let receiver = transport
            .start(MockCollector::builder().fault(always().then(large_answer(five_mib))))
            .await;
        let answer = receiver.http().await.export(1).await.expect("an answer");
        assert!(answer.body.len() as u64 >= five_mib);
        assert_eq!(
            answer.header("content-length"),
            Some(answer.body.len().to_string().as_str())
        );
        // A raw client whose window is never enlarged gets no more than the window.
        let client = receiver.grpc().await;
        let stopped = timeout(millis(50), client.export(1)).await;
        assert!(stopped.is_err(), "{stopped:?}");
        drop(client);
        let exchanges = receiver.after(2).await.exchanges();
        let ends = exchanges.iter().map(|exchange| {
            let completion = exchange.completion().expect("complete");
            (completion.end, exchange.is_acknowledged())
        });
        let ends: Vec<_> = ends.collect();
        assert_eq!(ends[0], (End::Answered, true));
        assert!(!ends[1].1 && ends[1].0 != End::Answered, "{ends:?}");
    }
);

on_both_transports!(
    compressed_it_is_small_on_the_wire,
    async |transport: Transport| {
        let bytes = 8 * 1024 * 1024;
        let fault = always().then(large_answer(bytes).gzip());
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let answer = receiver.http().await.export(1).await.expect("an answer");
        assert_eq!(answer.header("content-encoding"), Some("gzip"));
        assert!(answer.body.len() < 64 * 1024, "{}", answer.body.len());
        assert_eq!(
            plain_length(&answer.body),
            bytes + 2 + 4,
            "with tag and length"
        );

        let call = receiver.grpc().await.export(1).await.expect("an answer");
        assert_eq!(call.headers["grpc-encoding"], "gzip");
        assert_eq!((call.grpc_status(), call.data[0]), (Some("0"), 1));
        assert_eq!(plain_length(&call.data[5..]), bytes + 6);
    }
);

fn plain_length(compressed: &[u8]) -> u64 {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(compressed)
        .read_to_end(&mut plain)
        .expect("gzip");
    plain.len() as u64
}

on_both_transports!(
    an_endless_answer_goes_on_until_the_client_leaves,
    async |transport: Transport| {
        let fault = always().then(large_answer(1 << 30).endless());
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let mut client = receiver.http().await;
        let answer = client.export(1).await.expect("a head");
        assert_eq!(answer.header("content-length"), None);
        assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
        drop(client);
        let exchange = receiver.only_exchange().await;
        let completion = exchange.completion().expect("complete");
        assert_eq!(completion.end, End::ClientGone);
        assert!(completion.answer.is_some(), "its beginning was sent");
    }
);

/// The answer drips for longer than the client waits; then nothing counts as taken.
async fn gives_up(transport: Transport, part: DripPart) {
    let fault = always().then(drip_answer(part, millis(20)));
    let receiver = transport.start(MockCollector::builder().fault(fault)).await;
    let mut http = receiver.http().await;
    assert!(timeout(millis(300), http.export(1)).await.is_err());
    drop(http);
    let client = receiver.grpc().await;
    assert!(timeout(millis(300), client.export(1)).await.is_err());
    let exchanges = receiver.after(2).await.exchanges();
    assert_eq!(
        exchanges[0].completion().expect("complete").end,
        End::ClientGone
    );
    assert_eq!(
        exchanges[1].completion().expect("complete").end,
        End::ClientCancelled
    );
    assert!(
        exchanges
            .iter()
            .all(|exchange| exchange.accepted() == Accepted::No)
    );
}

on_both_transports!(
    a_client_that_leaves_a_dripping_head_is_noticed,
    async |transport: Transport| gives_up(transport, DripPart::Head).await
);

on_both_transports!(
    a_client_that_leaves_a_dripping_body_is_noticed,
    async |transport: Transport| gives_up(transport, DripPart::Body).await
);

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_all_drops_has_a_whole_answer() {
    for part in [DripPart::Head, DripPart::Body] {
        let fault = always().then(drip_answer(part, secs(1)));
        let receiver = Transport::Memory
            .start(MockCollector::builder().fault(fault))
            .await;
        let started = Instant::now();
        let mut client = receiver.http().await;
        client
            .stream
            .write_all(&post("/v1/metrics", &[PROTOBUF], &metrics(1)))
            .await
            .expect("sent");
        let first = client.answer().await.expect("an answer");
        assert_eq!(first.status, 200);
        match part {
            DripPart::Head => assert!(started.elapsed() > secs(100), "{:?}", started.elapsed()),
            DripPart::Body => assert_eq!(started.elapsed(), secs(1024)),
        }
        // The last chunk comes slowly as well.
        receiver.after(1).await;
        drop(client);

        let started = Instant::now();
        let client = receiver.grpc().await;
        let answer = client
            .send(call(METRICS_CALL), frame(0, &metrics(1)))
            .await
            .expect("an answer");
        assert_eq!(answer.grpc_status(), Some("0"));
        assert!(started.elapsed() > secs(40), "{:?}", started.elapsed());
        let exchanges = receiver.after(2).await.exchanges();
        assert!(
            exchanges.iter().all(|exchange| exchange.is_acknowledged()),
            "{exchanges:#?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_interim_answer_comes_before_the_answer() {
    let faults = [on_attempt(1).then(Action::from(http(503)).after_interim(103))];
    let receiver = Transport::Memory
        .start(MockCollector::builder().faults(faults))
        .await;
    let mut client = receiver.http().await;
    let interim = client.export(1).await.expect("an interim answer");
    assert_eq!(interim.status, 103);
    assert_eq!(client.answer().await.expect("an answer").status, 503);
    assert_eq!(client.export(1).await.expect("an answer").status, 200);
    let call = receiver.grpc().await.export(2).await.expect("an answer");
    assert_eq!(call.grpc_status(), Some("0"), "gRPC is not matched");
}

#[tokio::test(start_paused = true)]
async fn only_who_accepts_gzip_gets_it() {
    let partial = PartialSuccess {
        rejected: 1,
        message: "no".to_owned(),
        gzip: true,
        json_number: false,
        status: None,
    };
    let receiver = Transport::Memory
        .start(MockCollector::builder().fault(always().then(Action::PartialSuccess(partial))))
        .await;
    let ask = async |accepted: &str| {
        let headers = [PROTOBUF, ("accept-encoding", accepted)];
        let request = post("/v1/metrics", &headers, &metrics(1));
        let answer = receiver.http().await.send(&request).await;
        answer.expect("an answer")
    };
    let plain = ask("br").await;
    assert_eq!(
        (plain.header("content-encoding"), plain.body.len()),
        (None, 0)
    );
    assert_eq!(ask("gzip;q=0").await.header("content-encoding"), None);
    let compressed = ask("br, gzip;q=0.5").await;
    assert_eq!(compressed.header("content-encoding"), Some("gzip"));
    assert_eq!(plain_length(&compressed.body), 2 + 2 + 4);
}
