//! The page of the control API in Chromium, against the real binary; exports come from a raw socket.

use std::net::SocketAddr;

use libtest_mimic::Trial;
use otelbox_tests::{Need, ServedCollector, Tool};
use serde_json::json;
use thirtyfour::Key;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::block_on;
use crate::browser::{CONTRAST, LEAST_CONTRAST, Session};

pub(crate) fn trials() -> Vec<Trial> {
    let chromium = Need::Chromium;
    vec![
        chromium.trial("control_page_shows_an_attempt_that_was_just_sent", attempt),
        chromium.trial("control_page_is_used_by_keys_alone", keys),
        chromium.trial("control_page_removes_faults", removes),
        chromium.trial("control_page_asks_for_the_token", token),
        chromium.trial("control_page_takes_the_token_of_a_link", link),
        chromium.trial(
            "control_page_asks_nobody_else_and_runs_nothing_from_the_wire",
            asks_nobody,
        ),
        chromium.trial("control_page_is_readable_in_light_and_dark", readable),
    ]
}

const READY: &str = "return document.querySelectorAll('#switches button').length === 9
    && document.getElementById('connection').className === 'live'";

/// What stands in the newest row of the attempts, from the signal on.
const NEWEST: &str = "return [...document.querySelector('#attempts tbody tr').cells].slice(1).map((cell) => cell.textContent)";

/// Whether the newest attempt is the one with this ordinal, and has ended.
fn newest_is(ordinal: u64) -> String {
    format!(
        "return document.querySelector('#attempts tbody tr').dataset.ordinal === '{ordinal}'
            && !document.querySelector('#attempts tbody tr').textContent.includes('in progress')"
    )
}

fn pressed(switch: &str, on: bool) -> String {
    format!(
        "return document.querySelector('[data-switch={switch}]').getAttribute('aria-pressed') === '{on}'"
    )
}

fn page_of(served: &ServedCollector) -> String {
    format!("http://{}/", served.control_address())
}

fn attempt(chromedriver: &Tool) {
    block_on(async {
        let served = ServedCollector::with_control(None).await;
        let session = Session::open_at(chromedriver, &page_of(&served)).await;
        session.until(READY).await;
        let body = "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{},{}]}]}]}";
        assert_eq!(export(served.http_address(), "/v1/logs", body).await, 200);
        session.until(&newest_is(1)).await;
        let row: Vec<String> = session.value(NEWEST, vec![]).await;
        let bytes = body.len().to_string();
        assert_eq!(row, ["logs", "1.1", "http/json", "2", &bytes, "200", ""]);
        session
            .until("return document.querySelector('#totals [data-signal=logs]') !== null")
            .await;
        let totals = "return [...document.querySelector('#totals [data-signal=logs]').cells].map((cell) => cell.textContent)";
        let totals: Vec<String> = session.value(totals, vec![]).await;
        assert_eq!(totals, ["logs", "1", "1", "2", "2", "0", "0"]);
        session.close().await;
        served.stop().await;
    });
}

fn keys(chromedriver: &Tool) {
    block_on(async {
        let served = ServedCollector::with_control(None).await;
        let session = Session::open_at(chromedriver, &page_of(&served)).await;
        session.until(READY).await;
        session.press("u").await;
        session.until(&pressed("unavailable", true)).await;
        assert_eq!(export(served.http_address(), "/v1/logs", "{}").await, 503);
        session.until(&newest_is(1)).await;
        let row: Vec<String> = session.value(NEWEST, vec![]).await;
        assert_eq!((row[5].as_str(), row[6].as_str()), ("503", "unavailable"));
        let said = "return document.getElementById('announcement').textContent";
        let said: String = session.value(said, vec![]).await;
        assert_eq!(said, "unavailable: UNAVAILABLE or 503: on");

        // A key with the focus on a switch is pressed once, and what has the focus shows it.
        session.press(Key::Tab).await;
        let ring = "return getComputedStyle(document.activeElement).outlineStyle";
        assert_eq!(session.value::<String>(ring, vec![]).await, "solid");
        session.press("i").await;
        session.until(&pressed("invalid", true)).await;
        session.press(Key::Escape).await;
        session.until(&pressed("invalid", false)).await;
        session.until(&pressed("unavailable", false)).await;
        assert_eq!(
            export(served.http_address(), "/v1/logs", "{\"resourceLogs\":[]}").await,
            200
        );

        session.press("?").await;
        session
            .until("return document.getElementById('help').open")
            .await;
        // Keys are for what is open: this one closes the help, and switches nothing.
        session.press("u").await;
        session.press(Key::Escape).await;
        session
            .until("return !document.getElementById('help').open")
            .await;
        assert_eq!(
            export(served.http_address(), "/v1/logs", "{\"resourceLogs\":[{}]}").await,
            200
        );
        session.close().await;
        served.stop().await;
    });
}

fn removes(chromedriver: &Tool) {
    block_on(async {
        let served = ServedCollector::with_control(None).await;
        let control = served.control_address();
        let session = Session::open_at(chromedriver, &page_of(&served)).await;
        session.until(READY).await;
        // Another client adds it: the page tells, without being asked.
        let fault = "{\"name\":\"teapot\",\"then\":{\"http\":418},\"when\":{\"signal\":\"logs\"}}";
        assert_eq!(export(control, "/v1/faults?ttl=1h", fault).await, 201);
        session
            .until("return document.querySelector('#faults tbody').textContent.includes('teapot')")
            .await;
        assert_eq!(export(served.http_address(), "/v1/logs", "{}").await, 418);
        session
            .until("return document.querySelector('#faults tbody tr').cells[2].textContent === '1'")
            .await;
        let text = "return document.querySelector('#faults tbody tr').cells[1].textContent";
        let text: String = session.value(text, vec![]).await;
        assert_eq!(
            text,
            "when: { signal: logs }, then: { http: { status: 418 } }"
        );
        session
            .run("document.querySelector('#faults button').click()", vec![])
            .await;
        session
            .until("return !document.querySelector('#faults tbody').textContent.includes('teapot')")
            .await;
        assert_eq!(export(served.http_address(), "/v1/logs", "{}").await, 200);
        session.close().await;
        served.stop().await;
    });
}

fn token(chromedriver: &Tool) {
    // What has the focus when the page is there, before it is drawn: the next key may come by then.
    const WATCH: &str = "const connection = document.getElementById('connection');
        new MutationObserver(() => {
          if (connection.className === 'live') window.focusedAtFirst ??= document.activeElement.tagName;
        }).observe(connection, { attributes: true })";

    block_on(async {
        let served = ServedCollector::with_control(Some("correct-horse")).await;
        let session = Session::open_at(chromedriver, &page_of(&served)).await;
        session
            .until("return document.activeElement.id === 'token'")
            .await;
        session.press("wrong-horse").await;
        session.press(Key::Enter).await;
        session.until("return document.getElementById('entrance-error').textContent === 'This is not the token.'").await;
        assert!(
            session
                .value::<bool>("return document.querySelector('main').hidden", vec![])
                .await
        );
        session.run(WATCH, vec![]).await;
        session.press("correct-horse").await;
        session.press(Key::Enter).await;
        session.until(READY).await;
        let focused: String = session.value("return window.focusedAtFirst", vec![]).await;
        assert_eq!(
            focused, "BODY",
            "a field that is hidden would take the next key"
        );
        session.press("u").await;
        session.until(&pressed("unavailable", true)).await;
        assert_eq!(export(served.http_address(), "/v1/logs", "{}").await, 503);
        let shown: String = session
            .value("return document.documentElement.outerHTML", vec![])
            .await;
        assert!(!shown.contains("correct-horse"));
        session.close().await;
        served.stop().await;
    });
}

fn link(chromedriver: &Tool) {
    block_on(async {
        let served = ServedCollector::with_control(Some("correct-horse")).await;
        let page = page_of(&served);
        let session = Session::open_at(chromedriver, &format!("{page}#correct-horse")).await;
        session.until(READY).await;
        let address: String = session.value("return document.URL", vec![]).await;
        assert_eq!(address, page, "the token is not left for others to see");
        session.close().await;
        served.stop().await;
    });
}

fn asks_nobody(chromedriver: &Tool) {
    const HOSTILE: &str =
        "<img src=x onerror='window.brokenOut = 1'><script>window.brokenOut = 1</script>";
    const INJECT: &str = "const script = document.createElement('script');
        script.textContent = 'window.brokenOut = 1';
        document.body.append(script);
        return window.brokenOut ?? 0";

    block_on(async {
        let served = ServedCollector::with_control(None).await;
        let page = page_of(&served);
        let session = Session::open_at(chromedriver, &page).await;
        session.until(READY).await;
        let fault = json!({ "name": HOSTILE, "then": { "http": 503 } }).to_string();
        assert_eq!(
            export(served.control_address(), "/v1/faults", &fault).await,
            201
        );
        let target = "/%3Cimg%20src=x%3E";
        assert_eq!(export(served.http_address(), target, "{}").await, 404);
        assert_eq!(export(served.http_address(), "/v1/logs", "{}").await, 503);
        session.until(&newest_is(2)).await;
        let row: Vec<String> = session.value(NEWEST, vec![]).await;
        assert_eq!(row[6], HOSTILE);
        assert_eq!(session.number("return document.querySelectorAll('img, td b, iframe, script[src], link[rel=stylesheet]').length").await, 0);
        assert_eq!(session.number("return window.brokenOut ?? 0").await, 0);
        let said = session.console().await;
        assert_eq!(said, Vec::<String>::new(), "the console of the page");
        let requests = session.requests(&page).await;
        assert!(requests.len() > 3, "{requests:?}");
        for address in &requests {
            assert!(address.starts_with(&page), "{address} is asked for");
        }
        // It is refused by the policy of the page, not only left undone by the script that is there.
        assert_eq!(session.number(INJECT).await, 0);
        session.close().await;
        served.stop().await;
    });
}

fn readable(chromedriver: &Tool) {
    block_on(async {
        let served = ServedCollector::with_control(None).await;
        let session = Session::open_at(chromedriver, &page_of(&served)).await;
        session.until(READY).await;
        assert_eq!(export(served.http_address(), "/v1/logs", "{}").await, 200);
        session.press("u").await;
        session.until(&pressed("unavailable", true)).await;
        assert_eq!(export(served.http_address(), "/v1/logs", "{}").await, 503);
        session.until(&newest_is(2)).await;
        let settled = "return document.getAnimations().length === 0 && document.querySelector('.fresh') === null";
        let mut backgrounds: Vec<String> = Vec::new();
        for scheme in ["light", "dark"] {
            session.prefer(scheme).await;
            session.until(settled).await;
            let background = "return getComputedStyle(document.body).backgroundColor";
            backgrounds.push(session.value(background, vec![]).await);
            let (contrast, text): (f64, String) = session.value(CONTRAST, vec![]).await;
            assert!(
                contrast >= LEAST_CONTRAST,
                "{contrast:.2} in {scheme}: {text:?}"
            );
        }
        assert_ne!(backgrounds[0], backgrounds[1]);
        session.close().await;
        served.stop().await;
    });
}

/// Sends JSON over a socket of its own, and gives the status.
async fn export(address: SocketAddr, target: &str, body: &str) -> u16 {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = format!(
        "POST {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    status.unwrap_or_else(|| panic!("no HTTP answer: {answer:?}"))
}
