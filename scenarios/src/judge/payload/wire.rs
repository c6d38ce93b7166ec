//! Framing, paths, content types and headers.

use crate::{
    judge::{Finding, Survey},
    run::{Exchange, Payload, Recording},
};
use otelbox_mock_collector::{Protocol, Signal};

pub(super) fn judge(recording: &Recording) -> Vec<Finding> {
    let mut grpc = Survey::new(
        "OTLP-TRN-005",
        "one unary call to the Export method of the signal's service, one message, content type application/grpc",
        "gRPC calls",
    );
    let mut method = Survey::new("OTLP-TRN-006", "POST", "HTTP requests");
    let mut protobuf = Survey::new(
        "OTLP-TRN-007",
        "content-type: application/x-protobuf",
        "binary HTTP requests",
    );
    let mut json = Survey::new(
        "OTLP-TRN-008",
        "content-type: application/json",
        "JSON HTTP requests",
    );
    let mut decodes = Survey::new(
        "OTLP-TRN-011",
        "the Export request of the signal, decodable",
        "bodies",
    );
    let mut empty = Survey::new(
        "OTLP-TRN-012",
        "at least one item in each request",
        "requests",
    );
    let mut agent = Survey::new(
        "OTLP-HDR-005",
        "a user-agent that names exporter, language and version",
        "requests",
    );
    let mut syntax = Survey::new(
        "OTLP-HDR-006",
        "a user-agent of products, `name/version`, and comments in parentheses",
        "requests",
    );
    for exchange in recording.attempts() {
        syntax.look(wrong_syntax(exchange));
        match exchange.protocol {
            Some(Protocol::Grpc) => grpc.look(wrong_call(exchange)),
            Some(Protocol::HttpProtobuf) => {
                method.look(wrong_method(exchange));
                protobuf.look(wrong_type(exchange, "application/x-protobuf"));
            }
            Some(Protocol::HttpJson) => {
                method.look(wrong_method(exchange));
                json.look(wrong_type(exchange, "application/json"));
            }
            Some(_) | None => {}
        }
        agent.look(wrong_agent(exchange));
        match &exchange.payload {
            Payload::Metrics(_)
            | Payload::Traces(_)
            | Payload::Logs(_)
            | Payload::RemoteWrite1(_)
            | Payload::RemoteWrite2(_)
            | Payload::Zipkin(_)
            | Payload::Counted => {
                decodes.look(None);
                empty.look(
                    (exchange.items == Some(0)).then(|| format!("{} has no items", name(exchange))),
                );
            }
            Payload::Undecodable(reason) => {
                decodes.look(Some(format!("{}: {reason}", name(exchange))));
            }
            Payload::Incomplete => {}
        }
    }
    [
        Some(grpc),
        Some(method),
        Some(protobuf),
        Some(json),
        Some(decodes),
        Some(empty),
        Some(agent),
        Some(syntax),
    ]
    .into_iter()
    .flatten()
    .filter_map(Survey::finding)
    .chain(same_headers(recording).finding())
    .collect()
}

/// How findings name an exchange: `attempt 2 of export 1`.
pub(super) fn name(exchange: &Exchange) -> String {
    match exchange.export {
        Some(export) => format!("attempt {} of export {export}", exchange.attempt),
        None => format!("request {}", exchange.ordinal),
    }
}

fn wrong_call(exchange: &Exchange) -> Option<String> {
    let service = match exchange.signal {
        Some(Signal::Metrics) => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        Some(Signal::Traces) => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        Some(Signal::Logs) => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        Some(Signal::Profiles) | None => return None,
    };
    let content_type = exchange.header("content-type").unwrap_or_default();
    if exchange.path != service {
        Some(format!("{} went to {}", name(exchange), exchange.path))
    } else if !["application/grpc", "application/grpc+proto"].contains(&content_type) {
        Some(format!(
            "{} has content-type `{content_type}`",
            name(exchange)
        ))
    } else if exchange.body_at.is_some() && exchange.messages != 1 {
        Some(format!(
            "{} has {} messages",
            name(exchange),
            exchange.messages
        ))
    } else {
        None
    }
}

fn wrong_method(exchange: &Exchange) -> Option<String> {
    (exchange.method != "POST").then(|| format!("{} is a {}", name(exchange), exchange.method))
}

fn wrong_type(exchange: &Exchange, wanted: &str) -> Option<String> {
    let given = exchange.header("content-type").unwrap_or_default();
    let media = given.split(';').next().unwrap_or_default().trim();
    (!media.eq_ignore_ascii_case(wanted))
        .then(|| format!("{} has content-type `{given}`", name(exchange)))
}

/// Spec: OTLP exporter 1.60.0, "User Agent" (SHOULD).
/// RFC 9110, "User-Agent": `product *( RWS ( product / comment ) )`, a product being `token [ "/" token ]`.
fn wrong_syntax(exchange: &Exchange) -> Option<String> {
    // That there is one is another rule.
    let agent = exchange.header("user-agent")?;
    let wrong = || Some(format!("{}: user-agent {agent}", name(exchange)));
    let mut rest = agent;
    let mut first = true;
    while !rest.is_empty() {
        let end = if rest.starts_with('(') && !first {
            end_of_comment(rest)
        } else {
            let end = rest.find([' ', '\t']).unwrap_or(rest.len());
            is_product(&rest[..end]).then_some(end)
        };
        let Some(end) = end else { return wrong() };
        let after = &rest[end..];
        rest = after.trim_start_matches([' ', '\t']);
        if rest.len() == after.len() && !rest.is_empty() {
            return wrong();
        }
        first = false;
    }
    if first { wrong() } else { None }
}

/// Where the comment at the beginning of `text` ends; none where it does not.
fn end_of_comment(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    let mut quoted = false;
    for (index, letter) in text.char_indices() {
        match letter {
            _ if quoted => quoted = false,
            '\\' => quoted = true,
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Some(index + 1);
        }
    }
    None
}

fn is_product(text: &str) -> bool {
    let is_token = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    };
    match text.split_once('/') {
        Some((name, version)) => is_token(name) && is_token(version),
        None => is_token(text),
    }
}

fn wrong_agent(exchange: &Exchange) -> Option<String> {
    const LANGUAGES: [&str; 17] = [
        "rust",
        "python",
        "go",
        "java",
        "js",
        "javascript",
        "node",
        "dotnet",
        ".net",
        "php",
        "ruby",
        "swift",
        "c++",
        "cpp",
        "erlang",
        "elixir",
        "kotlin",
    ];
    let agent = exchange.header("user-agent").unwrap_or_default();
    let lower = agent.to_ascii_lowercase();
    let exporter = ["otel", "opentelemetry", "otlp"]
        .iter()
        .any(|word| lower.contains(word));
    let language = lower
        .split(|letter: char| !(letter.is_ascii_alphabetic() || letter == '+' || letter == '.'))
        .any(|word| LANGUAGES.contains(&word.trim_end_matches('.')));
    let version = lower
        .split(|letter: char| !(letter.is_ascii_digit() || letter == '.'))
        .any(|word| {
            let mut parts = word.split('.');
            parts.clone().count() >= 2 && parts.all(|part| !part.is_empty())
        });
    (!(exporter && language && version))
        .then(|| format!("{} has user-agent `{agent}`", name(exchange)))
}

/// Header fields that may differ between the attempts of one export.
const VOLATILE: [&str; 7] = [
    "grpc-timeout",
    "grpc-previous-rpc-attempts",
    "traceparent",
    "tracestate",
    "date",
    "content-length",
    "host",
];

fn same_headers(recording: &Recording) -> Survey {
    let mut survey = Survey::new(
        "OTLP-HDR-001",
        "the same header fields on every attempt of an export",
        "retries",
    );
    for attempts in recording.exports() {
        let Some((first, retries)) = attempts.split_first() else {
            continue;
        };
        let wanted = steady(first);
        for retry in retries {
            let given = steady(retry);
            let difference = wanted
                .iter()
                .find(|field| !given.contains(field))
                .map(|field| format!("{} lacks {}: {}", name(retry), field.0, field.1))
                .or_else(|| {
                    let field = given.iter().find(|field| !wanted.contains(field))?;
                    Some(format!("{} adds {}: {}", name(retry), field.0, field.1))
                });
            survey.look(difference);
        }
    }
    survey
}

fn steady(exchange: &Exchange) -> Vec<(&str, &str)> {
    exchange
        .headers
        .iter()
        .filter(|(key, _)| !VOLATILE.contains(&key.as_str()))
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect()
}
