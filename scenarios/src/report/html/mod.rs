//! The report as one HTML file: a matrix of rules, systems under test and protocols, down to the timeline of each attempt.
//!
//! The file holds everything that it shows and asks nobody for anything: its policy forbids requests, and allows only the
//! one style sheet and the one script that are in it, by their hashes. The data stand in it once, as JSON with every text
//! written once; the script makes elements of them when they are looked at. What came from the wire gets into the page as
//! text and never as markup.

mod data;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

use self::data::Data;
use super::RunReport;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");

/// The parts of the one script, in order.
const SCRIPT: [&str; 8] = [
    include_str!("model.js"),
    include_str!("elements.js"),
    include_str!("filters.js"),
    include_str!("timeline.js"),
    include_str!("detail.js"),
    include_str!("matrix.js"),
    include_str!("tables.js"),
    include_str!("start.js"),
];

/// The report of one or more runs as one HTML file that needs nothing else, neither files nor a network.
///
/// Runs of different systems under test stand side by side; runs of the same one, version included, share their columns.
pub fn html(runs: &[RunReport]) -> String {
    let script = format!("'use strict';\n(() => {{\n{}}})();\n", SCRIPT.concat());
    let policy = format!(
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; style-src '{}'; script-src '{}'",
        integrity(STYLE),
        integrity(&script)
    );
    let title = escaped(&title(runs));
    let data = embedded(&Data::of(runs));
    let mut page = String::with_capacity(PAGE.len() + STYLE.len() + script.len() + data.len());
    let mut rest = PAGE;
    // What is put in is not searched: the data may say `{{script}}` too.
    while let Some((before, name, after)) = placeholder(rest) {
        page.push_str(before);
        page.push_str(match name {
            "policy" => &policy,
            "title" => &title,
            "style" => STYLE,
            "script" => &script,
            "data" => &data,
            other => other,
        });
        rest = after;
    }
    page.push_str(rest);
    page
}

/// What stands before the first `{{name}}`, the name, and what stands after it.
fn placeholder(template: &str) -> Option<(&str, &str, &str)> {
    let (before, from) = template.split_once("{{")?;
    let (name, after) = from.split_once("}}")?;
    Some((before, name, after))
}

/// The names of the systems under test, each once.
fn title(runs: &[RunReport]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for run in runs {
        if !names.contains(&run.started.sut.name.as_str()) {
            names.push(&run.started.sut.name);
        }
    }
    format!("otelbox: {}", names.join(", "))
}

/// How a content security policy names a style sheet or script that stands in the page.
fn integrity(content: &str) -> String {
    format!(
        "sha256-{}",
        BASE64_STANDARD.encode(Sha256::digest(content.as_bytes()))
    )
}

/// JSON as it may stand inside a `<script>`: nothing in it ends the element or begins a comment.
fn embedded(data: &Data) -> String {
    // Maps with keys that are no text, and types that refuse to be written, are what could fail; there are none in it.
    let json =
        serde_json::to_string(data).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"));
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
