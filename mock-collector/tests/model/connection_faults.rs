//! How faults on connections are written in files, and what is said when they are wrong.

use otelbox_mock_collector::fault::{
    Direction, EndBy, Fault, Http2Settings, TlsAlpn, TlsCertificate, always, bandwidth,
    close_after, half_close, http2_settings, millis, ping_storm, secs, slice, stall, tls_alpn,
    tls_certificate,
};

#[test]
fn aspects_are_words_or_maps_of_one_key() {
    let cases = [
        ("then: stall", stall()),
        ("then: half_close", half_close(0)),
        ("then: { half_close: { after_bytes: 3 } }", half_close(3)),
        (
            "then: { bandwidth: { bytes_per_second: 7 } }",
            bandwidth(7, None),
        ),
        (
            "then: { bandwidth: { bytes_per_second: 7, direction: sent } }",
            bandwidth(7, Direction::Sent),
        ),
        ("then: { slice: { bytes: 3 } }", slice(3, millis(10))),
        (
            "then: { close_after: { bytes: 3, by: reset } }",
            close_after(3, Direction::Sent, EndBy::Reset),
        ),
        ("then: ping_storm", ping_storm(100, millis(10))),
        (
            "then: { ping_storm: { every: 2s } }",
            ping_storm(100, secs(2)),
        ),
        (
            "then: { http2_settings: { initial_window_size: 0 } }",
            http2_settings(Http2Settings {
                initial_window_size: Some(0),
                ..Http2Settings::default()
            }),
        ),
        (
            "then: { tls_certificate: not_yet_valid }",
            tls_certificate(TlsCertificate::NotYetValid),
        ),
        ("then: { tls_alpn: http/1.1 }", tls_alpn(TlsAlpn::Http11)),
    ];
    for (yaml, expected) in cases {
        let fault: Fault = serde_saphyr::from_str(yaml).expect(yaml);
        assert_eq!(fault, always().then(expected), "{yaml}");
        let written = serde_saphyr::to_string(&fault).expect(yaml);
        let again: Fault = serde_saphyr::from_str(&written).expect(&written);
        assert_eq!(again, fault, "{written}");
    }
}

#[test]
fn errors_name_the_key_and_the_value() {
    let errors = [
        "then: bandwidth",
        "then: { bandwidth: { bytes_per_second: 0 } }",
        "then: { close_after: { bytes: 0 } }",
        "then: { slice: { bytes: 0 } }",
        "then: { stall: {} }",
        "then: { http2_settings: {} }",
        "then: { http2_settings: { initial_window_size: 2147483648 } }",
        "then: { http2_settings: { max_frame_size: 100 } }",
        "then: { ping_storm: { count: 0 } }",
        "then: { slow_close: { wait: 3000000 years } }",
        "then: { max_connection_age: { grace: 5s } }",
        "then: { tls_alpn: h3 }",
        "then: { goaway: { stream: graceful, code: CANCEL } }",
        "then: { large_headers: { bytes: 10 } }",
        "when: { attempt: 1 }\nthen: stall",
        "then: ignore_pings\nprobability: 0.5",
        "then: { delay: { for: 2s, then: stall } }",
        "then: { interim: { then: tls_alert } }",
    ];
    let text = errors.map(|yaml| match serde_saphyr::from_str::<Fault>(yaml) {
        Ok(fault) => panic!("{yaml} was read as {fault:?}"),
        Err(error) => {
            let error = error.to_string();
            format!("{yaml}\n=> {}", error.lines().next().unwrap_or_default())
        }
    });
    insta::assert_snapshot!(text.join("\n\n"));
}
