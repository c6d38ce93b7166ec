//! The page of a report in Chromium: what a reader does with it, by keyboard, in light and dark, and that it asks nobody.

mod page;
mod session;

use libtest_mimic::Trial;
use otelbox_tests::{Need, Tool};
use serde_json::json;
use thirtyfour::Key;

use self::page::{HOSTILE, Page};
pub(crate) use self::session::Session;
use crate::block_on;

pub(crate) fn trials() -> Vec<Trial> {
    let chromium = Need::Chromium;
    vec![
        chromium.trial("shows_rules_by_system_and_protocol", shows_the_matrix),
        chromium.trial("filters_reduce_the_rows", filters),
        chromium.trial("is_used_by_keyboard_alone", keyboard),
        chromium.trial("draws_attempts_to_scale", scale),
        chromium.trial(
            "asks_nobody_and_runs_nothing_that_came_from_the_wire",
            asks_nobody,
        ),
        chromium.trial("is_readable_in_light_and_dark", readable),
    ]
}

const ROWS: &str = "return document.querySelectorAll('tr[data-rule]').length";

/// Gives a value to a filter, as if it had been chosen.
const CHOOSE: &str = "const field = document.getElementById(`filter-${arguments[0]}`);
    field.value = arguments[1];
    field.dispatchEvent(new Event('input', { bubbles: true }));";

/// Opens what is behind the failed field.
const OPEN: &str = "document.querySelector('.field button.failed').click()";

fn shows_the_matrix(chromedriver: &Tool) {
    let page = Page::new();
    block_on(async {
        let session = Session::open(chromedriver, &page).await;
        assert_eq!(session.number(ROWS).await, page.rules());
        let heads: Vec<String> = session
            .value("return [...document.querySelectorAll('.matrix thead th')].map((head) => head.textContent)", vec![])
            .await;
        let mut expected = vec!["Rule".to_owned(), page.sut(0), page.sut(1)];
        for _ in 0..2 {
            expected.extend(["grpc", "http/protobuf", "http/json"].map(str::to_owned));
        }
        assert_eq!(heads, expected);
        session.close().await;
    });
}

fn filters(chromedriver: &Tool) {
    let page = Page::new();
    block_on(async {
        let session = Session::open(chromedriver, &page).await;
        let all = session.number(ROWS).await;
        session
            .run(CHOOSE, vec![json!("verdict"), json!("failed")])
            .await;
        assert_eq!(session.number(ROWS).await, 1);
        session
            .run(
                "document.querySelector('#filters [type=reset]').click()",
                vec![],
            )
            .await;
        session
            .until("return document.querySelectorAll('tr[data-rule]').length > 1")
            .await;
        assert_eq!(session.number(ROWS).await, all);

        session
            .run(CHOOSE, vec![json!("sut"), json!(page.sut(1))])
            .await;
        let columns = "return document.querySelectorAll('.matrix thead tr:last-child th').length";
        assert_eq!(session.number(columns).await, 3);
        session
            .run(CHOOSE, vec![json!("text"), json!("no such text anywhere")])
            .await;
        assert_eq!(session.number(ROWS).await, 0);
        session.close().await;
    });
}

fn keyboard(chromedriver: &Tool) {
    const FOCUS: &str = "return document.activeElement.getAttribute('aria-label')";
    const IS_OPEN: &str = "return document.getElementById('detail').open";
    const CHOSEN: &str = "return document.querySelector('[role=option][aria-selected=true]').id";
    const WIDTH: &str = "return document.querySelector('.view svg').width.baseVal.value";

    let page = Page::new();
    block_on(async {
        let session = Session::open(chromedriver, &page).await;
        session.press("/").await;
        session.press("unavailable-then").await;
        let rows = session.number(ROWS).await;
        assert!(rows > 1 && rows < page.rules(), "{rows} rows");

        for _ in 0..20 {
            let in_matrix = "return document.activeElement.matches('.field button')";
            if session.value::<bool>(in_matrix, vec![]).await {
                break;
            }
            session.press(Key::Tab).await;
        }
        let first: String = session.value(FOCUS, vec![]).await;
        session.press(Key::Down).await;
        session.press(Key::Up).await;
        session.press(Key::Right).await;
        let opener: String = session.value(FOCUS, vec![]).await;
        assert_ne!(opener, first);
        let ring = "return getComputedStyle(document.activeElement).outlineStyle";
        assert_eq!(session.value::<String>(ring, vec![]).await, "solid");

        session.press(Key::Enter).await;
        assert!(session.value::<bool>(IS_OPEN, vec![]).await);
        assert_eq!(session.value::<String>(CHOSEN, vec![]).await, "result-0");
        session.press(Key::Down).await;
        assert_eq!(session.value::<String>(CHOSEN, vec![]).await, "result-1");
        let before: f64 = session.value(WIDTH, vec![]).await;
        session.press("+").await;
        assert!(session.value::<f64>(WIDTH, vec![]).await > before);

        session.press(Key::Escape).await;
        assert!(!session.value::<bool>(IS_OPEN, vec![]).await);
        assert_eq!(session.value::<String>(FOCUS, vec![]).await, opener);
        session.close().await;
    });
}

fn scale(chromedriver: &Tool) {
    let page = Page::new();
    block_on(async {
        let session = Session::open(chromedriver, &page).await;
        session
            .run(CHOOSE, vec![json!("verdict"), json!("failed")])
            .await;
        session.run(OPEN, vec![]).await;
        let bars: Vec<f64> = session
            .value("return [...document.querySelectorAll('.timeline .attempt rect')].map((bar) => bar.x.baseVal.value)", vec![])
            .await;
        let times: Vec<f64> = page
            .failed_cell()
            .attempts
            .iter()
            .map(|attempt| attempt.at.as_secs_f64())
            .collect();
        assert!(times.len() >= 3, "a story with several attempts: {times:?}");
        assert_eq!(bars.len(), times.len());
        let last = times.len() - 1;
        let pixels_per_second = (bars[last] - bars[0]) / (times[last] - times[0]);
        for (bar, time) in bars.iter().zip(&times) {
            let expected = bars[0] + (time - times[0]) * pixels_per_second;
            assert!(
                (bar - expected).abs() < 0.5,
                "{time} s is drawn at {bar}, not at {expected}"
            );
        }
        session.close().await;
    });
}

fn asks_nobody(chromedriver: &Tool) {
    // What a script that got into the page would do.
    const INJECT: &str = "const script = document.createElement('script');
        script.textContent = 'window.brokenOut = 1';
        document.body.append(script);
        return window.brokenOut ?? 0";

    let page = Page::new();
    block_on(async {
        let session = Session::open(chromedriver, &page).await;
        session
            .run(CHOOSE, vec![json!("verdict"), json!("failed")])
            .await;
        session.run(OPEN, vec![]).await;
        let evidence: String = session
            .value(
                "return document.querySelector('.evidence').textContent",
                vec![],
            )
            .await;
        assert!(evidence.contains(HOSTILE), "{evidence}");
        for tab in 0..3 {
            let click = format!("document.getElementById('tab-{tab}').click()");
            session.run(&click, vec![]).await;
        }
        let foreign = "return document.querySelectorAll('img, iframe, script[src]').length";
        assert_eq!(session.number(foreign).await, 0);
        assert_eq!(session.number("return window.brokenOut ?? 0").await, 0);
        let said = session.console().await;
        assert_eq!(said, Vec::<String>::new(), "the console of the page");
        let address = page.address();
        assert_eq!(session.requests(&address).await, [address]);
        // It is refused by the policy of the page, not only left undone by the script that is there.
        assert_eq!(session.number(INJECT).await, 0);
        session.close().await;
    });
}

/// The least contrast of any text that is shown against what is behind it, and that text.
pub(crate) const CONTRAST: &str = "const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    const luminance = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
    const behind = (element) => {
      for (let at = element; at !== null; at = at.parentElement) {
        const [r, g, b, alpha = 1] = channels(getComputedStyle(at).backgroundColor);
        if (alpha === 1) return [r, g, b];
      }
      return [255, 255, 255];
    };
    let worst = [22, ''];
    for (const element of document.querySelectorAll('body *:not(script, style, title)')) {
      const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '');
      if (!own || element.getClientRects().length === 0 || element.matches('.hidden, option')) continue;
      const style = getComputedStyle(element);
      const text = luminance(channels(element instanceof SVGElement ? style.fill : style.color));
      const back = luminance(behind(element));
      const contrast = (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05);
      if (contrast < worst[0]) worst = [contrast, element.textContent];
    }
    return worst";

/// WCAG 2.2, "Contrast (Minimum)".
pub(crate) const LEAST_CONTRAST: f64 = 4.5;

fn readable(chromedriver: &Tool) {
    let page = Page::new();
    block_on(async {
        let session = Session::open(chromedriver, &page).await;
        let mut backgrounds: Vec<String> = Vec::new();
        for scheme in ["light", "dark"] {
            session.prefer(scheme).await;
            let background = "return getComputedStyle(document.body).backgroundColor";
            backgrounds.push(session.value(background, vec![]).await);
            let views =
                [1, 2, 0].map(|tab| format!("document.getElementById('tab-{tab}').click()"));
            for view in views.iter().map(String::as_str).chain([OPEN]) {
                session.run(view, vec![]).await;
                let (contrast, text): (f64, String) = session.value(CONTRAST, vec![]).await;
                assert!(
                    contrast >= LEAST_CONTRAST,
                    "{contrast:.2} in {scheme} after {view}: {text:?}"
                );
            }
            session.press(Key::Escape).await;
        }
        assert_ne!(backgrounds[0], backgrounds[1]);
        session.close().await;
    });
}
