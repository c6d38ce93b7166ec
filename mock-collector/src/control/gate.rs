//! Who is let in.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, HOST, ORIGIN, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::problem::{Code, Problem};
use super::token::ControlToken;

/// Who is let in: whoever has the token; without one, whoever is on this machine and no web page of another site.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    token: Option<Arc<ControlToken>>,
}

/// What everybody gets, whatever the token: whether the receiver lives, and the page, which asks for the token.
pub(super) const OPEN_TO_ALL: [&str; 3] = ["/", "/health", "/ready"];

impl Gate {
    pub(super) fn new(token: Option<ControlToken>) -> Self {
        Self {
            token: token.map(Arc::new),
        }
    }

    pub(super) async fn guard(State(gate): State<Self>, request: Request, next: Next) -> Response {
        let mut response = match gate.admits(request.uri(), request.headers()) {
            Ok(()) => next.run(request).await,
            Err(problem) => problem.into_response(),
        };
        let headers = response.headers_mut();
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    fn admits(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
        // The page reads what a browser of another origin could not: so nobody may reach it by a name of his own.
        let host = one(headers, &HOST).or_else(|| Some(uri.authority()?.as_str()));
        if self.token.is_none() && !host.is_some_and(leads_to_this_machine) {
            return Err(Problem::new(
                Code::ForeignHost,
                "the header Host names something else than this machine",
            )
            .possible("localhost, 127.0.0.1 or [::1]; others need a control token"));
        }
        let is_open = OPEN_TO_ALL.contains(&uri.path());
        if !is_open && is_from_another_site(headers, host) {
            return Err(Problem::new(
                Code::ForeignOrigin,
                "the request comes from a web page of another site",
            ));
        }
        match &self.token {
            Some(token) if !is_open && !bearer(headers).is_some_and(|text| token.is(text)) => Err(
                Problem::new(Code::Unauthorized, "the control token is missing or wrong")
                    .possible("the header `Authorization: Bearer` with the token"),
            ),
            Some(_) | None => Ok(()),
        }
    }
}

/// The value of a header that is there once, if it is text.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// Whether a host, with or without a port, is a name or an address of this machine that no DNS server decides about.
fn leads_to_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Whether a browser says that a page of another site makes the request.
fn is_from_another_site(headers: &HeaderMap, host: Option<&str>) -> bool {
    let foreign_origin = headers.get_all(ORIGIN).iter().any(|origin| {
        let authority = origin.to_str().ok().and_then(|origin| {
            origin
                .strip_prefix("http://")
                .or_else(|| origin.strip_prefix("https://"))
        });
        !matches!((authority, host), (Some(authority), Some(host)) if authority.eq_ignore_ascii_case(host))
    });
    let foreign_site = headers
        .get_all(FETCH_SITE)
        .iter()
        .any(|site| site != "same-origin" && site != "none");
    foreign_origin || foreign_site
}

/// The credentials of `Authorization: Bearer`.
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, credentials) = value.as_bytes().split_at_checked(BEARER.len())?;
    scheme
        .eq_ignore_ascii_case(BEARER)
        .then(|| credentials.trim_ascii())
}

const BEARER: &[u8] = b"Bearer ";
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(gate: &Gate, path: &str, headers: &[(&'static str, &str)]) -> Result<(), Code> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().expect("a value"));
        }
        let uri = path.parse().expect("a path");
        gate.admits(&uri, &map).map_err(|problem| problem.code())
    }

    #[test]
    fn without_a_token_the_host_has_to_be_this_machine() {
        let gate = Gate::new(None);
        for host in [
            "localhost",
            "localhost:4320",
            "127.0.0.1:4320",
            "[::1]:4320",
            "LOCALHOST:1",
        ] {
            assert_eq!(
                admitted(&gate, "/v1/faults", &[("host", host)]),
                Ok(()),
                "{host}"
            );
        }
        for host in [
            "evil.example",
            "evil.example:4320",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "",
            "192.0.2.1",
        ] {
            for path in ["/v1/faults", "/"] {
                assert_eq!(
                    admitted(&gate, path, &[("host", host)]),
                    Err(Code::ForeignHost),
                    "{host}"
                );
            }
        }
        assert_eq!(admitted(&gate, "/", &[]), Err(Code::ForeignHost));
        let twice = [("host", "localhost"), ("host", "evil.example")];
        assert_eq!(admitted(&gate, "/", &twice), Err(Code::ForeignHost));
    }

    #[test]
    fn a_page_of_another_site_is_refused() {
        let gate = Gate::new(None);
        let host = ("host", "localhost:4320");
        let own = [
            host,
            ("origin", "http://localhost:4320"),
            ("sec-fetch-site", "same-origin"),
        ];
        assert_eq!(admitted(&gate, "/v1/reset", &own), Ok(()));
        for foreign in [
            ("origin", "http://evil.example"),
            ("origin", "http://localhost:3000"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert_eq!(
                admitted(&gate, "/v1/reset", &[host, foreign]),
                Err(Code::ForeignOrigin),
                "{foreign:?}"
            );
        }
        // A link leads to the page.
        let link = [host, ("sec-fetch-site", "cross-site")];
        assert_eq!(admitted(&gate, "/", &link), Ok(()));
    }

    #[test]
    fn with_a_token_it_is_needed_everywhere_but_where_nothing_is_told() {
        let gate = Gate::new(Some(ControlToken::try_new("secret").expect("a token")));
        let host = ("host", "receiver.example");
        for path in ["/", "/health", "/ready"] {
            assert_eq!(admitted(&gate, path, &[host]), Ok(()));
        }
        for path in ["/v1/faults", "/openapi.json", "/nowhere", "//", "/health/"] {
            assert_eq!(
                admitted(&gate, path, &[host]),
                Err(Code::Unauthorized),
                "{path}"
            );
            for wrong in [
                "Bearer wrong",
                "Basic secret",
                "secret",
                "Bearer",
                "Bearer secret2",
            ] {
                let headers = [host, ("authorization", wrong)];
                assert_eq!(
                    admitted(&gate, path, &headers),
                    Err(Code::Unauthorized),
                    "{wrong}"
                );
            }
            for right in ["Bearer secret", "bearer secret"] {
                assert_eq!(
                    admitted(&gate, path, &[host, ("authorization", right)]),
                    Ok(())
                );
            }
            let both = [
                host,
                ("authorization", "Bearer secret"),
                ("authorization", "Bearer x"),
            ];
            assert_eq!(admitted(&gate, path, &both), Err(Code::Unauthorized));
        }
    }
}
