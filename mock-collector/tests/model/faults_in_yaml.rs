//! How faults are written in files, and what is said when they are wrong.

use std::time::Duration;

use otelbox_mock_collector::fault::{
    Action, AnswerBody, CloseAt, Fault, Framing, GrpcAnswer, GrpcCode, HttpAnswer, Matcher,
    ResetAt, RetryAfter, RetryInfo, RetryInfoPosition, SignedDuration, accept, accept_then_close,
    always, close, during, grpc, hang, http, lose_acknowledgement, on_attempt, on_attempts,
    on_requests, partial_success, refuse, reset, secs, status,
};
use otelbox_mock_collector::{Protocol, Signal};
use tonic::Code;

fn parse(yaml: &str) -> Fault {
    serde_saphyr::from_str(yaml).unwrap_or_else(|error| panic!("{yaml}\n{error}"))
}

fn error(yaml: &str) -> String {
    match serde_saphyr::from_str::<Fault>(yaml) {
        Ok(fault) => panic!("{yaml} was read as {fault:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn actions_are_words_or_maps_of_one_key() {
    let cases = [
        ("then: accept", accept()),
        ("then: hang", hang()),
        ("then: refuse", refuse()),
        ("then: accept_then_close", accept_then_close()),
        ("then: lose_acknowledgement", lose_acknowledgement()),
        ("then: truncate_answer", close(CloseAt::MidAnswer)),
        (
            "then: { grpc: UNAVAILABLE }",
            grpc(Code::Unavailable).into(),
        ),
        ("then: { grpc: 14 }", grpc(Code::Unavailable).into()),
        ("then: { grpc: 99 }", grpc(GrpcCode::new(99)).into()),
        ("then: { http: 503 }", http(503).into()),
        (
            "then: { grpc: UNAVAILABLE, http: 503 }",
            status(grpc(Code::Unavailable), http(503)),
        ),
        (
            "then: { http: 503, grpc: UNAVAILABLE }",
            status(grpc(Code::Unavailable), http(503)),
        ),
        (
            "then: { status: { grpc: UNAVAILABLE, http: 503 } }",
            status(grpc(Code::Unavailable), http(503)),
        ),
        (
            "then: { partial_success: { rejected: -3, message: no } }",
            partial_success(-3, "no"),
        ),
        (
            "then: { delay: 1500ms }",
            accept().after(Duration::from_millis(1500)),
        ),
        (
            "then: { delay: { for: 2s, then: hang } }",
            hang().after(secs(2)),
        ),
        (
            "then: { delay: { for: 2s, then: { delay: { for: 1s, then: { http: 429 } } } } }",
            { Action::from(http(429)).after(secs(1)).after(secs(2)) },
        ),
        ("then: { reset: { at: mid_body } }", reset(ResetAt::MidBody)),
    ];
    for (yaml, action) in cases {
        assert_eq!(parse(yaml).then, action, "{yaml}");
    }
}

#[test]
fn answers_can_be_written_in_full() {
    let expected = GrpcAnswer::new(Code::ResourceExhausted)
        .message("slöw down")
        .retry_info(RetryInfo::After(SignedDuration::negative(secs(5))))
        .retry_info_position(RetryInfoPosition::Middle)
        .framing(Framing::AfterData);
    let yaml = "then: { grpc: { code: RESOURCE_EXHAUSTED, message: slöw down, retry_info: -5s, \
                retry_info_position: middle, framing: after_data } }";
    assert_eq!(parse(yaml).then, expected.into());

    let expected = HttpAnswer::new(429)
        .retry_after(RetryAfter::DateIn(secs(4).into()))
        .body(AnswerBody::Html)
        .location("/elsewhere")
        .message("no");
    let yaml = "then: { http: { status: 429, retry_after: { date_in: 4s }, body: html, location: /elsewhere, message: no } }";
    assert_eq!(parse(yaml).then, expected.into());
}

#[test]
fn retry_after_is_sent_as_it_is_written() {
    for (yaml, text) in [
        ("\"3\"", "3"),
        ("3", "3"),
        ("\"-1\"", "-1"),
        ("-1", "-1"),
        ("soon", "soon"),
        ("\"\"", ""),
    ] {
        let fault = parse(&format!(
            "then: {{ http: {{ status: 503, retry_after: {yaml} }} }}"
        ));
        assert_eq!(fault.then, http(503).retry_after(text).into());
    }
}

#[test]
fn retry_info_may_be_nonsense() {
    for (yaml, retry_info) in [
        ("0s", RetryInfo::from(Duration::ZERO)),
        ("1.5s", RetryInfo::from(Duration::from_millis(1500))),
        ("1000000000s", RetryInfo::from(secs(1_000_000_000))),
        ("malformed", RetryInfo::Malformed),
        ("not_base64", RetryInfo::NotBase64),
        ("absent", RetryInfo::Absent),
    ] {
        let fault = parse(&format!(
            "then: {{ grpc: {{ code: UNAVAILABLE, retry_info: {yaml} }} }}"
        ));
        assert_eq!(
            fault.then,
            grpc(Code::Unavailable).retry_info(retry_info).into(),
            "{yaml}"
        );
    }
}

#[test]
fn matchers_take_numbers_ranges_and_lists() {
    let cases = [
        ("attempt: 1", on_attempt(1)),
        ("attempt: \"1..3\"", on_attempts(1..=3)),
        ("attempt: 2..", on_attempts(2..)),
        ("request: 5", on_requests(5)),
        ("window: { from: 10s, to: 55s }", during(secs(10), secs(55))),
        ("signal: metrics", always().signal(Signal::Metrics)),
        (
            "signal: [metrics, logs]",
            always().signal(Signal::Metrics).signal(Signal::Logs),
        ),
        ("protocol: http/json", always().protocol(Protocol::HttpJson)),
        ("path: /v1/metrics", always().path("/v1/metrics")),
        (
            "header: { x-tenant: team-checkout, authorization: null }",
            {
                always()
                    .header("x-tenant", "team-checkout")
                    .without_header("authorization")
            },
        ),
        (
            "not_header: { x-tenant: team-checkout }",
            always().not_header("x-tenant", "team-checkout"),
        ),
        (
            "resource: { service.name: checkout }",
            always().resource("service.name", "checkout"),
        ),
        ("connection: \"2..\"", always().connection(2..)),
    ];
    for (yaml, matcher) in cases {
        assert_eq!(
            parse(&format!("when: {{ {yaml} }}\nthen: accept")).when,
            matcher,
            "{yaml}"
        );
    }
}

#[test]
fn what_is_written_back_is_read_back() {
    let yaml = "name: outage\nwhen: { attempt: \"1..2\", signal: [metrics, traces] }\n\
                then: { grpc: { code: UNAVAILABLE, retry_info: 2s }, http: { status: 503, retry_after: { date_in: -4s } } }\n\
                times: 2\nprobability: 0.5\nseed: 7";
    let fault = parse(yaml);
    let json = serde_json::to_string(&fault).unwrap();
    assert_eq!(
        serde_json::from_str::<Fault>(&json).unwrap(),
        fault,
        "{json}"
    );
    insta::assert_snapshot!(json, @r#"{"name":"outage","when":{"attempt":"1..2","signal":["metrics","traces"]},"then":{"grpc":{"code":"UNAVAILABLE","retry_info":"2s"},"http":{"status":503,"retry_after":{"date_in":"-4s"}}},"times":2,"probability":0.5,"seed":7}"#);
    for description in otelbox_mock_collector::fault::catalog() {
        let fault = parse(description.example);
        let json = serde_json::to_string(&fault).unwrap();
        assert_eq!(
            serde_json::from_str::<Fault>(&json).unwrap(),
            fault,
            "{json}"
        );
    }
}

#[test]
fn errors_name_the_key_and_the_value() {
    let errors = [
        "then: { grpc: UNAVAILBLE }",
        "then: { http: 999 }",
        "then: { http: 70000 }",
        "then: explode",
        "then: delay",
        "then: { hang: 2s }",
        "then: { grpc: UNAVAILABLE, delay: 2s }",
        "then: { partial_success: { reject: 3 } }",
        "then: { delay: soon }",
        "then: { grpc: { code: UNAVAILABLE, retry_info: soon } }",
        "then: { http: { status: 503, retry_after: \"a\\nb\" } }",
        "then: { delay: { for: 2s, then: refuse } }",
        "then: { require_header: { name: \"no good\", value: x } }",
        "when: { attempt: 0 }\nthen: hang",
        "when: { attempt: \"3..1\" }\nthen: hang",
        "when: { every: 0 }\nthen: hang",
        "when: { atempt: 1 }\nthen: hang",
        "when: { signal: metric }\nthen: hang",
        "when: { window: { from: 10s, to: 10s } }\nthen: hang",
        "when: { header: { \"no good\": x } }\nthen: hang",
        "when: { attempt: 1 }\nthen: refuse",
        "when: { attempt: 1 }\nthen: { reset: { at: before_body } }",
        "then: { delay: 3000000 years }",
        "then: hang\ntimes: 0",
        "then: hang\nprobability: 1.5",
        "then: refuse\nprobability: 0.5",
    ];
    let text = errors.map(|yaml| {
        format!(
            "{yaml}\n=> {}",
            error(yaml).lines().next().unwrap_or_default()
        )
    });
    insta::assert_snapshot!(text.join("\n\n"));
}

#[test]
fn faults_made_in_rust_are_checked_too() {
    let impossible = [
        on_attempts(0..=2).then(hang()),
        #[expect(clippy::reversed_empty_ranges, reason = "that is the point")]
        on_attempts(3..=2).then(hang()),
        during(secs(5), secs(5)).then(hang()),
        always().then(hang()).probability(f64::NAN),
        always().then(http(99)),
        on_attempt(1).then(reset(ResetAt::MidBody)),
        Matcher::default()
            .resource("a", "b")
            .then(accept_then_close()),
    ];
    for fault in impossible {
        assert!(fault.validate().is_err(), "{fault:?}");
    }
}

#[test]
fn the_json_schema_accepts_every_example_and_refuses_typos() {
    let schema = serde_json::to_value(schemars::schema_for!(Fault)).unwrap();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for description in otelbox_mock_collector::fault::catalog() {
        let written: serde_json::Value = serde_saphyr::from_str(description.example).unwrap();
        assert!(validator.is_valid(&written), "{}", description.example);
        let read_back = serde_json::to_value(parse(description.example)).unwrap();
        assert!(validator.is_valid(&read_back), "{read_back}");
    }
    for typo in [
        "then: hanng",
        "then: { grpc: UNAVAILBLE }",
        "when: { atempt: 1 }\nthen: hang",
        "than: hang",
    ] {
        let written: serde_json::Value = serde_saphyr::from_str(typo).unwrap();
        assert!(!validator.is_valid(&written), "{typo}");
    }
}

#[test]
fn the_json_schema_knows_every_key() {
    let schema = schemars::schema_for!(Fault);
    let schema = serde_json::to_string(&schema).unwrap();
    for key in [
        "attempt",
        "not_header",
        "overrun_deadline",
        "retry_info_position",
        "date_in",
        "probability",
    ] {
        assert!(schema.contains(key), "{key} is not in {schema}");
    }
}
