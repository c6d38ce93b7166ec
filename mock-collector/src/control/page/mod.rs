//! The page: what arrives, while it arrives, and switches for faults.
//!
//! One document with its style and its script in it. Its policy lets it ask this receiver and nobody else, and runs nothing
//! but that script; what came from the wire gets into it as text and never as markup. The document tells nothing: it gets
//! everything by the API, with the token that it asks for where there is one.

use std::sync::LazyLock;

use axum::http::HeaderName;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");

/// The parts of the one script, in order.
const SCRIPT: [&str; 6] = [
    include_str!("elements.js"),
    include_str!("client.js"),
    include_str!("journal.js"),
    include_str!("faults.js"),
    include_str!("totals.js"),
    include_str!("start.js"),
];

/// The document, and the policy for it.
static DOCUMENT: LazyLock<(String, String)> = LazyLock::new(|| {
    let script = format!("'use strict';\n(() => {{\n{}}})();\n", SCRIPT.concat());
    let policy = format!(
        "default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'; style-src '{}'; script-src '{}'",
        integrity(STYLE),
        integrity(&script)
    );
    let page = PAGE
        .replacen("{{style}}", STYLE, 1)
        .replacen("{{script}}", &script, 1);
    (page, policy)
});

pub(super) async fn show() -> impl IntoResponse {
    let (page, policy) = &*DOCUMENT;
    let headers: [(HeaderName, &str); 3] = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, policy),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (headers, page.as_str())
}

/// How a content security policy names a style sheet or script that stands in the page.
fn integrity(content: &str) -> String {
    format!(
        "sha256-{}",
        STANDARD.encode(Sha256::digest(content.as_bytes()))
    )
}
