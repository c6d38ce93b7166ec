//! A scripted outage of the Collector, by way of the control API of the proxy in front of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::Duration;

use http::{Method, Uri};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::arguments::Outage;
use crate::client::{Client, ClientError};
use crate::end::End;
use crate::error::DemoError;

/// Plays the outage, or as much of it as there is time for, and prints what became of telemetry meanwhile.
pub(crate) async fn play(outage: &Outage) -> Result<(), DemoError> {
    let mut end = End::listen().map_err(DemoError::Signal)?;
    let client = Client::new(outage.token.clone());
    let totals = at(&outage.control, "/v1/totals")?;
    let before = Totals::of(&client.json(&totals).await?);
    let interrupted = tokio::select! {
        played = acts(&client, outage) => {
            played?;
            false
        }
        () = end.requested() => true,
    };
    if interrupted {
        // The fault goes away by itself; nobody has to wait for that.
        say("interrupted; what there is so far:\n")?;
    }
    let answer = client.json(&totals).await?;
    let mut text = Totals::of(&answer).since(&before).table();
    if let Some(doubt) = answer["doubt"].as_str() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "These numbers are doubtful: {doubt}");
    }
    say(&text)
}

/// Well, unavailable, and well again.
async fn acts(client: &Client, outage: &Outage) -> Result<(), DemoError> {
    let lasts = outage.lasts;
    let fault = json!({
        "name": "outage",
        "then": { "grpc": "UNAVAILABLE", "http": 503 },
    });
    // Whatever becomes of this program, the fault does not outlive its time.
    let faults = format!("/v1/faults?ttl={}ms", lasts.as_millis());
    let faults = at(&outage.control, &faults)?;
    act("All is well", lasts).await?;
    client.ask(Method::POST, &faults, Some(fault)).await?;
    act("The Collector is unavailable", lasts).await?;
    act("All is well again", lasts).await
}

async fn act(what: &str, lasts: Duration) -> Result<(), DemoError> {
    say(&format!(
        "{what} for {}.\n",
        humantime::format_duration(lasts)
    ))?;
    sleep(lasts).await;
    Ok(())
}

/// What a receiver was offered and what it took, by signal.
#[derive(Debug, Default, PartialEq, Eq)]
struct Totals(BTreeMap<String, [u64; COLUMNS.len()]>);

/// What is told of each signal: the key in the answer, and the head of the column.
const COLUMNS: [(&str, &str); 6] = [
    ("exports", "exports"),
    ("attempts", "attempts"),
    ("offered", "offered"),
    ("accepted", "accepted"),
    ("not_accepted", "not taken"),
    ("repeated", "repeated"),
];

impl Totals {
    /// Those of an answer to `GET /v1/totals`.
    fn of(answer: &Value) -> Self {
        let signals = answer["signals"].as_object().into_iter().flatten();
        let counts = |of: &Value| COLUMNS.map(|(key, _)| of[key].as_u64().unwrap_or_default());
        Self(
            signals
                .map(|(signal, of)| (signal.clone(), counts(of)))
                .collect(),
        )
    }

    /// What came after the others.
    fn since(mut self, before: &Self) -> Self {
        for (signal, counts) in &mut self.0 {
            let Some(before) = before.0.get(signal) else {
                continue;
            };
            for (count, before) in counts.iter_mut().zip(before) {
                *count = count.saturating_sub(*before);
            }
        }
        self
    }

    fn table(&self) -> String {
        if self.0.is_empty() {
            return "Nothing has come: does anything send here?\n".to_owned();
        }
        let mut text = format!("{:<10}", "items");
        // Writing to a string cannot fail.
        for (_, head) in COLUMNS {
            let _ = write!(text, "{head:>11}");
        }
        text.push('\n');
        for (signal, counts) in &self.0 {
            let _ = write!(text, "{signal:<10}");
            for count in counts {
                let _ = write!(text, "{count:>11}");
            }
            text.push('\n');
        }
        text
    }
}

/// A path of the control API.
fn at(control: &Uri, path: &str) -> Result<Uri, ClientError> {
    let url = format!("{}{path}", control.to_string().trim_end_matches('/'));
    Uri::try_from(&url).map_err(|cause| ClientError::Url {
        url,
        cause: cause.into(),
    })
}

fn say(text: &str) -> Result<(), DemoError> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(DemoError::Output)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(offered: u64, accepted: u64) -> Totals {
        Totals::of(&json!({
            "attempts": 12,
            "signals": { "logs": {
                "exports": 3, "attempts": 5, "offered": offered, "accepted": accepted,
                "rejected": 0, "repeated": 0, "not_accepted": offered - accepted,
            } },
        }))
    }

    #[test]
    fn what_was_there_before_is_not_told_again() {
        let since = totals(120, 90).since(&totals(100, 90));
        assert_eq!(since.0["logs"], [0, 0, 20, 0, 20, 0]);
        assert_eq!(totals(20, 0).since(&Totals::default()), totals(20, 0));
    }

    #[test]
    fn the_table_has_a_line_for_each_signal() {
        let lines = totals(20, 15).table();
        assert_eq!(
            lines,
            "items         exports   attempts    offered   accepted  not taken   repeated\n\
             logs                3          5         20         15          5          0\n"
        );
        assert_eq!(
            Totals::default().table(),
            "Nothing has come: does anything send here?\n"
        );
    }

    #[test]
    fn a_slash_at_the_end_of_the_control_api_makes_no_difference() {
        for control in ["http://otelbox:4320", "http://otelbox:4320/"] {
            let url = at(&control.parse().expect("a URL"), "/v1/totals").expect("a URL");
            assert_eq!(url, "http://otelbox:4320/v1/totals");
        }
    }
}
