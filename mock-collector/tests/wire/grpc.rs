//! OTLP/gRPC: answers and faults, frame by frame.

use otelbox_mock_collector::fault::{
    Action, CloseAt, EndBy, Framing, LoseAcknowledgement, ResetAt, RetryInfo, UndecodableBody,
    accept, always, close, delay, grpc, hang, millis, on_attempt, on_attempts, overrun_deadline,
    partial_success, require_header, reset, secs, undecodable_answer,
};
use otelbox_mock_collector::journal::{Accepted, End};
use otelbox_mock_collector::{MockCollector, Protocol, Signal};
use tonic::Code;

use crate::support::{
    METRICS_CALL, Transport, call, frame, is_reset, metrics, on_both_transports, read_answer,
};

on_both_transports!(
    a_call_without_a_fault_is_ok,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let answer = receiver.grpc().await.export(3).await.expect("an answer");
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["content-type"], "application/grpc");
        assert_eq!(answer.data, [0; 5], "one empty message");
        assert_eq!(answer.grpc_status(), Some("0"));

        let exchange = receiver.only_exchange().await;
        assert_eq!(
            (exchange.signal, exchange.protocol),
            (Some(Signal::Metrics), Some(Protocol::Grpc))
        );
        assert_eq!(
            (exchange.export, exchange.attempt, exchange.items()),
            (Some(1), 1, Some(3))
        );
        assert_eq!(exchange.wire_body().expect("a body"), metrics(3));
        assert_eq!(exchange.request.message_count, 1);
        assert_eq!(exchange.accepted(), Accepted::All);
        let completion = exchange.completion().expect("it is complete");
        assert_eq!(completion.end, End::Answered);
        assert!(exchange.is_acknowledged());
    }
);

on_both_transports!(all_signals_are_counted, async |transport: Transport| {
    let receiver = transport.start(MockCollector::builder()).await;
    let client = receiver.grpc().await;
    for signal in Signal::ALL {
        let answer = client
            .send(call(signal.grpc_path()), frame(0, &[]))
            .await
            .expect("an answer");
        assert_eq!(answer.grpc_status(), Some("0"), "{signal}");
    }
    let exchanges = receiver.after(4).await.exchanges();
    assert_eq!(
        exchanges
            .iter()
            .filter_map(|exchange| exchange.signal)
            .collect::<Vec<_>>(),
        Signal::ALL
    );
});

on_both_transports!(
    every_code_comes_in_every_framing,
    async |transport: Transport| {
        for code in (1..=16).map(Code::from_i32) {
            for framing in [
                Framing::TrailersOnly,
                Framing::HeadersThenTrailers,
                Framing::AfterData,
            ] {
                let fault = always().then(grpc(code).message("nicht schön").framing(framing));
                let receiver = transport.start(MockCollector::builder().fault(fault)).await;
                let answer = receiver.grpc().await.export(1).await.expect("an answer");
                assert_eq!(
                    answer.grpc_status(),
                    Some((code as i32).to_string().as_str())
                );
                assert_eq!(answer.grpc_message(), "nicht sch%C3%B6n");
                assert_eq!(answer.trailers_only, framing == Framing::TrailersOnly);
                assert_eq!(answer.trailers.is_some(), framing != Framing::TrailersOnly);
                assert_eq!(
                    answer.data.len(),
                    if framing == Framing::AfterData { 5 } else { 0 }
                );

                let exchange = receiver.only_exchange().await;
                let sent = exchange
                    .completion()
                    .and_then(|completion| completion.answer.clone())
                    .expect("an answer");
                assert_eq!(sent.grpc_status.map(Code::from), Some(code));
                assert_eq!(sent.message.as_deref(), Some("nicht schön"));
                assert_eq!(exchange.accepted(), Accepted::No);
            }
        }
    }
);

on_both_transports!(
    the_same_bytes_are_the_next_attempt,
    async |transport: Transport| {
        let outage = on_attempts(1..=2).then(grpc(Code::Unavailable));
        let receiver = transport
            .start(MockCollector::builder().fault(outage))
            .await;
        let client = receiver.grpc().await;
        let mut statuses = Vec::new();
        for _ in 0..3 {
            statuses.push(
                client
                    .export(1)
                    .await
                    .expect("an answer")
                    .grpc_status()
                    .map(ToOwned::to_owned),
            );
        }
        assert_eq!(
            statuses,
            ["14", "14", "0"].map(|status| Some(status.to_owned()))
        );
        let exchanges = receiver.after(3).await.exchanges();
        let attempts: Vec<_> = exchanges
            .iter()
            .map(|exchange| (exchange.export, exchange.attempt))
            .collect();
        assert_eq!(attempts, [(Some(1), 1), (Some(1), 2), (Some(1), 3)]);
        assert_eq!(
            exchanges[0]
                .decision
                .fault
                .as_ref()
                .map(|fault| fault.name.as_str()),
            Some("fault-1")
        );
    }
);

on_both_transports!(
    retry_info_stands_in_the_details,
    async |transport: Transport| {
        for (info, present) in [(RetryInfo::from(secs(2)), true), (RetryInfo::Absent, false)] {
            let fault = always().then(grpc(Code::Unavailable).retry_info(info));
            let receiver = transport.start(MockCollector::builder().fault(fault)).await;
            let answer = receiver.grpc().await.export(1).await.expect("an answer");
            assert_eq!(
                answer.headers.contains_key("grpc-status-details-bin"),
                present
            );
        }
    }
);

on_both_transports!(a_partial_success_is_told, async |transport: Transport| {
    let fault = always().then(partial_success(2, "too old"));
    let receiver = transport.start(MockCollector::builder().fault(fault)).await;
    let answer = receiver.grpc().await.export(5).await.expect("an answer");
    assert_eq!(answer.grpc_status(), Some("0"));
    let message = [&[0x0a, 11, 0x08, 2, 0x12, 7][..], b"too old"].concat();
    assert_eq!(answer.data, frame(0, &message));
    let exchange = receiver.only_exchange().await;
    assert_eq!(exchange.accepted(), Accepted::Partial { rejected: 2 });
    assert_eq!(exchange.accepted_items(), 3);
});

on_both_transports!(
    a_delayed_answer_does_not_come_early,
    async |transport: Transport| {
        let receiver = transport
            .start(MockCollector::builder().fault(always().then(delay(millis(150)))))
            .await;
        receiver.grpc().await.export(1).await.expect("an answer");
        let exchange = receiver.only_exchange().await;
        let answered_at = exchange.completion().expect("it is complete").at;
        assert!(
            answered_at >= exchange.received_at + millis(150),
            "{answered_at:?}"
        );
    }
);

on_both_transports!(
    an_overrun_comes_after_the_deadline_of_the_client,
    async |transport: Transport| {
        let fault = always().then(overrun_deadline(millis(50)));
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let mut request = call(METRICS_CALL);
        request
            .headers_mut()
            .insert("grpc-timeout", "100m".parse().expect("a value"));
        let client = receiver.grpc().await;
        let answer = client
            .send(request, frame(0, &metrics(1)))
            .await
            .expect("an answer");
        assert_eq!(answer.grpc_status(), Some("0"));
        let exchange = receiver.only_exchange().await;
        assert_eq!(exchange.request.grpc_timeout, Some(millis(100)));
        let answered_at = exchange.completion().expect("it is complete").at;
        assert!(
            answered_at >= exchange.received_at + millis(150),
            "{answered_at:?}"
        );
    }
);

on_both_transports!(
    a_client_that_resets_its_stream_has_cancelled,
    async |transport: Transport| {
        let receiver = transport
            .start(MockCollector::builder().fault(on_attempt(1).then(hang())))
            .await;
        let client = receiver.grpc().await;
        let mut sender = client.sender.clone().ready().await.expect("a connection");
        let (response, mut stream) = sender
            .send_request(call(METRICS_CALL), false)
            .expect("a stream");
        stream
            .send_data(frame(0, &metrics(1)), true)
            .expect("a stream");
        // The second request tells that the first has arrived: both are on one connection.
        let answer = client
            .send(call("/x/y"), frame(0, &[]))
            .await
            .expect("an answer");
        assert_eq!(answer.grpc_status(), Some("12"));
        stream.send_reset(h2::Reason::CANCEL);
        assert!(response.await.is_err());

        let exchanges = receiver.after(2).await.exchanges();
        let hung = exchanges
            .iter()
            .find(|exchange| exchange.signal.is_some())
            .expect("the export");
        let completion = hung.completion().expect("it is complete");
        assert_eq!(completion.end, End::ClientCancelled);
        assert!(completion.answer.is_none());
        // The connection lives on.
        assert_eq!(
            client.export(1).await.expect("an answer").grpc_status(),
            Some("0")
        );
    }
);

on_both_transports!(
    a_stream_that_is_reset_within_its_body_leaves_what_came,
    async |transport: Transport| {
        let receiver = transport.start(MockCollector::builder()).await;
        let client = receiver.grpc().await;
        let mut sender = client.sender.clone().ready().await.expect("a connection");
        let (_response, mut stream) = sender
            .send_request(call(METRICS_CALL), false)
            .expect("a stream");
        stream
            .send_data(frame(0, &metrics(1)).slice(..20), false)
            .expect("a stream");
        client
            .send(call("/x/y"), frame(0, &[]))
            .await
            .expect("an answer");
        stream.send_reset(h2::Reason::CANCEL);

        let exchanges = receiver.after(2).await.exchanges();
        let half = exchanges
            .iter()
            .find(|exchange| exchange.signal.is_some())
            .expect("the export");
        assert_eq!(
            half.completion().expect("it is complete").end,
            End::ClientCancelled
        );
        assert!(!half.request.complete);
        assert_eq!(half.wire_body().expect("a body"), metrics(1)[..15]);
        assert_eq!((half.export, half.body_at), (None, None));
    }
);

on_both_transports!(
    a_client_that_leaves_is_gone,
    async |transport: Transport| {
        let receiver = transport
            .start(MockCollector::builder().fault(always().then(hang())))
            .await;
        let client = receiver.grpc().await;
        let sender = client.sender.clone();
        let mut sender = sender.ready().await.expect("a connection");
        let (response, mut stream) = sender
            .send_request(call(METRICS_CALL), false)
            .expect("a stream");
        stream
            .send_data(frame(0, &metrics(1)), true)
            .expect("a stream");
        let exporting = tokio::spawn(read_answer(response));
        // The answer to this one, whose stream is the later one, tells that the export before it has arrived.
        client
            .send(call("/x/y"), frame(0, &[]))
            .await
            .expect("an answer");
        client.connection.abort();
        let _ = exporting.await;
        let exchanges = receiver.after(2).await.exchanges();
        let hung = exchanges
            .iter()
            .find(|exchange| exchange.signal.is_some())
            .expect("the export");
        assert_eq!(
            hung.completion().expect("it is complete").end,
            End::ClientGone
        );
    }
);

on_both_transports!(
    resets_are_seen_at_each_point,
    async |transport: Transport| {
        for at in [ResetAt::BeforeBody, ResetAt::MidBody, ResetAt::AfterBody] {
            let receiver = transport
                .start(MockCollector::builder().fault(always().then(reset(at))))
                .await;
            let error = receiver.grpc().await.export_lost(1).await;
            assert!(is_reset(&error), "{at:?}: {error:?}");
            let exchange = receiver.only_exchange().await;
            let completion = exchange.completion().expect("it is complete");
            assert_eq!(
                (completion.end, completion.answer.is_some()),
                (End::ResetByCollector, false)
            );
            assert_eq!(
                exchange.request.complete,
                at == ResetAt::AfterBody,
                "{at:?}"
            );
            assert_eq!(
                exchange.request.wire_bytes > 0,
                at != ResetAt::BeforeBody,
                "{at:?}"
            );
            assert_eq!(exchange.accepted(), Accepted::No);
        }
    }
);

on_both_transports!(
    an_acknowledgement_that_is_lost_leads_to_a_duplicate,
    async |transport: Transport| {
        for by in [EndBy::Close, EndBy::Reset] {
            let lose = Action::LoseAcknowledgement(LoseAcknowledgement { by });
            let receiver = transport
                .start(MockCollector::builder().fault(on_attempt(1).then(lose)))
                .await;
            let error = receiver.grpc().await.export_lost(2).await;
            assert_eq!(is_reset(&error), by == EndBy::Reset, "{by:?}: {error:?}");
            let answer = receiver.grpc().await.export(2).await.expect("an answer");
            assert_eq!(answer.grpc_status(), Some("0"));
            let exchanges = receiver.after(2).await.exchanges();
            assert_eq!(exchanges[1].attempt, 2);
            assert!(
                exchanges
                    .iter()
                    .all(|exchange| exchange.accepted() == Accepted::All)
            );
        }
    }
);

on_both_transports!(
    a_close_takes_the_place_of_an_answer,
    async |transport: Transport| {
        let fault = on_attempt(1).then(close(CloseAt::BeforeAnswer));
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let error = receiver.grpc().await.export_lost(1).await;
        assert!(!is_reset(&error), "{error:?}");
        let exchange = receiver.only_exchange().await;
        assert_eq!(
            exchange.completion().expect("it is complete").end,
            End::ClosedByCollector
        );
        assert_eq!(exchange.accepted(), Accepted::No);
    }
);

on_both_transports!(
    half_an_answer_breaks_off_within_the_message,
    async |transport: Transport| {
        let fault = on_attempt(1).then(close(CloseAt::MidAnswer));
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let client = receiver.grpc().await;
        let mut sender = client.sender.clone().ready().await.expect("a connection");
        let (response, mut stream) = sender
            .send_request(call(METRICS_CALL), false)
            .expect("a stream");
        stream
            .send_data(frame(0, &metrics(1)), true)
            .expect("a stream");
        let mut body = response.await.expect("a head").into_body();
        let half = body.data().await.expect("some data").expect("some data");
        assert_eq!(half, [0, 0, 0].as_slice());
        let error = body
            .data()
            .await
            .expect("an end")
            .expect_err("no more data");
        assert!(!is_reset(&error), "{error:?}");
        let exchange = receiver.only_exchange().await;
        let completion = exchange.completion().expect("it is complete");
        assert_eq!(completion.end, End::ClosedByCollector);
        let sent = completion.answer.as_ref().expect("a part of an answer");
        assert_eq!(
            (sent.body.as_ref(), sent.grpc_status),
            ([0, 0, 0].as_slice(), None)
        );
    }
);

on_both_transports!(
    an_undecodable_answer_is_framed_well,
    async |transport: Transport| {
        let fault = always().then(undecodable_answer(UndecodableBody::Truncated));
        let receiver = transport.start(MockCollector::builder().fault(fault)).await;
        let answer = receiver.grpc().await.export(1).await.expect("an answer");
        assert_eq!(answer.grpc_status(), Some("0"));
        assert_eq!(answer.data, frame(0, &[0x0a, 0x64, 0x08, 0x01]));
    }
);

on_both_transports!(a_header_can_be_required, async |transport: Transport| {
    let fault = always().then(require_header("authorization", "Bearer x"));
    let receiver = transport.start(MockCollector::builder().fault(fault)).await;
    let client = receiver.grpc().await;
    let with = |value: &str| {
        let mut request = call(METRICS_CALL);
        request
            .headers_mut()
            .insert("authorization", value.parse().expect("a value"));
        request
    };
    let body = || frame(0, &metrics(1));
    assert_eq!(
        client.export(1).await.expect("an answer").grpc_status(),
        Some("16")
    );
    let wrong = client
        .send(with("Bearer y"), body())
        .await
        .expect("an answer");
    assert_eq!(wrong.grpc_status(), Some("7"));
    let right = client
        .send(with("Bearer x"), body())
        .await
        .expect("an answer");
    assert_eq!(right.grpc_status(), Some("0"));
});

on_both_transports!(
    many_streams_share_a_connection,
    async |transport: Transport| {
        let first = on_attempt(1).then(accept().after(millis(20)));
        let receiver = transport.start(MockCollector::builder().fault(first)).await;
        let client = receiver.grpc().await;
        let exports = (1..=50).map(|points| client.export(points));
        for answer in futures_util::future::join_all(exports).await {
            assert_eq!(answer.expect("an answer").grpc_status(), Some("0"));
        }
        let exchanges = receiver.after(50).await.exchanges();
        assert!(exchanges.iter().all(|exchange| exchange.connection == 1));
        let items: u64 = exchanges
            .iter()
            .filter_map(|exchange| exchange.items())
            .sum();
        assert_eq!(items, 50 * 51 / 2);
    }
);
