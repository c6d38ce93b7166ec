//! A headless Chromium with one page, driven by `chromedriver`.

use std::panic::Location;
use std::process::Stdio;
use std::time::Duration;

use otelbox_tests::Tool;
use rustix::process::{Pid, Signal, kill_process_group};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::{
    ChromiumLikeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel, TypingData, WebDriver,
};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::page::Page;

/// What keeps the browser from doing anything but showing the page. Its sandbox cannot be had by root, nor in most
/// containers.
const ARGUMENTS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1400,900",
];

/// How long a condition may take to become true, and a browser to do one thing: only a guard.
const GUARD: Duration = Duration::from_secs(120);

/// How long a browser may take to end before it is killed.
const ENDS_WITHIN: Duration = Duration::from_secs(30);

/// A browser, and what goes with it: the processes are killed, and the profile removed, when it is dropped.
pub(crate) struct Session {
    // First: a browser that is dropped is asked to end, and one that hangs would never answer.
    chromedriver: Group,
    browser: WebDriver,
    _profile: TempDir,
}

/// `chromedriver` and the browser that it has started, a group of processes. All of them are killed when it is dropped.
struct Group(Child);

impl Group {
    fn kill(&self) {
        let id = self
            .0
            .id()
            .and_then(|id| Pid::from_raw(id.try_into().ok()?));
        if let Some(id) = id {
            // They may be gone already.
            let _ = kill_process_group(id, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Session {
    /// Starts a browser with a profile of its own, and opens the page.
    pub(super) async fn open(chromedriver: &Tool, page: &Page) -> Self {
        Self::open_at(chromedriver, &page.address()).await
    }

    /// The same with the page at this address.
    ///
    /// A browser that does not start, or does not come to show anything, says nothing about the page: another one is tried.
    pub(crate) async fn open_at(chromedriver: &Tool, address: &str) -> Self {
        // The HTTP client is built for TLS too, and asks for this although it needs none here. The first test installs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        for _ in 0..STARTS {
            if let Ok(session) = timeout(GUARD, Self::started(chromedriver)).await
                && let Ok(shown) = timeout(GUARD, session.browser.goto(address)).await
            {
                shown.expect("the page");
                return session;
            }
        }
        panic!("{STARTS} browsers did not come to show {address} within {GUARD:?} each");
    }

    /// A browser that shows nothing yet.
    async fn started(chromedriver: &Tool) -> Self {
        let (process, port) = started(chromedriver).await;
        let profile = tempfile::tempdir().expect("a directory");
        let of_profile = format!("--user-data-dir={}", profile.path().display());
        let mut capabilities = DesiredCapabilities::chrome();
        for argument in ARGUMENTS.into_iter().chain([of_profile.as_str()]) {
            capabilities.add_arg(argument).expect("an argument");
        }
        for log in ["browser", "performance"] {
            capabilities
                .set_logging_prefs(log, LoggingPrefsLogLevel::All)
                .expect("a log");
        }
        let browser = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities)
            .await
            .expect("a session");
        Self {
            chromedriver: process,
            browser,
            _profile: profile,
        }
    }

    /// What a script returns.
    pub(crate) async fn value<T: DeserializeOwned>(
        &self,
        script: &str,
        arguments: Vec<Value>,
    ) -> T {
        let returned = in_time(script, self.browser.execute(script, arguments)).await;
        let returned = returned.unwrap_or_else(|error| panic!("{script}: {error}"));
        serde_json::from_value(returned.json().clone())
            .unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// The number that a script returns.
    pub(crate) async fn number(&self, script: &str) -> usize {
        self.value(script, vec![]).await
    }

    /// Runs a script whose value does not matter.
    pub(crate) async fn run(&self, script: &str, arguments: Vec<Value>) {
        let _: Value = self.value(script, arguments).await;
    }

    /// Waits until a script returns true.
    #[track_caller]
    pub(crate) fn until<'a>(&'a self, script: &'a str) -> impl Future<Output = ()> + 'a {
        let asked = Location::caller();
        async move {
            let becomes_true = async {
                while !self.value::<bool>(script, vec![]).await {
                    tokio::task::yield_now().await;
                }
            };
            if timeout(GUARD, becomes_true).await.is_err() {
                let page = "return document.documentElement.outerHTML";
                let page: String = self.value(page, vec![]).await;
                let said = self.console().await;
                panic!(
                    "{asked}: after {GUARD:?} it is not so that {script}\nconsole: {said:#?}\npage: {page}"
                );
            }
        }
    }

    /// Presses keys, whatever has the focus.
    pub(crate) async fn press(&self, keys: impl Into<TypingData>) {
        let keys = self.browser.action_chain().send_keys(keys);
        in_time("keys", keys.perform()).await.expect("keys");
    }

    /// Says what the reader prefers: `light` or `dark`.
    pub(crate) async fn prefer(&self, scheme: &str) {
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        let cdp = self.browser.cdp();
        let told = cdp.send_raw("Emulation.setEmulatedMedia", media);
        in_time("a preference", told).await.expect("a preference");
    }

    /// What the page said on the console, errors included.
    pub(crate) async fn console(&self) -> Vec<String> {
        let entries = in_time("the console", self.browser.browser_log()).await;
        let entries = entries.expect("the console");
        entries.into_iter().map(|entry| entry.message).collect()
    }

    /// The addresses that `page` asked for, itself included.
    pub(crate) async fn requests(&self, page: &str) -> Vec<String> {
        let entries = in_time("the requests", self.browser.get_log("performance")).await;
        let entries = entries.expect("the requests");
        entries
            .iter()
            .filter_map(|entry| {
                let entry: Value = serde_json::from_str(&entry.message).ok()?;
                let message = &entry["message"];
                let address = message["params"]["request"]["url"].as_str()?;
                // The browser has a page of its own, before this one.
                let is_of_page = message["method"] == "Network.requestWillBeSent"
                    && message["params"]["documentURL"] == page;
                is_of_page.then(|| address.to_owned())
            })
            .filter(|address| !address.starts_with("data:"))
            .collect()
    }

    /// Ends the browser. One that does not end has shown its page all the same, and is killed.
    pub(crate) async fn close(self) {
        if let Ok(ended) = timeout(ENDS_WITHIN, self.browser.clone().quit()).await {
            ended.expect("an end");
        }
        self.chromedriver.kill();
    }
}

/// What the browser does for `what`, which has an end.
async fn in_time<T>(what: &str, done: impl IntoFuture<Output = T>) -> T {
    let done = timeout(GUARD, done).await;
    done.unwrap_or_else(|_| panic!("{what}: the browser did not do it within {GUARD:?}"))
}

/// How often `chromedriver` is started before it is given up.
const STARTS: usize = 5;

/// A `chromedriver` that listens, and its port.
///
/// On a busy machine it was once seen to end before it listened, which says nothing about the page: it is started again,
/// and what it said is shown where that does not help.
async fn started(chromedriver: &Tool) -> (Group, String) {
    let mut said = Vec::new();
    for _ in 0..STARTS {
        let process = Command::new(chromedriver.path())
            .arg("--port=0")
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut process = Group(process.expect("chromedriver starts"));
        if let Some(port) = port(&mut process.0, &mut said).await {
            return (process, port);
        }
    }
    panic!("chromedriver ended {STARTS} times before it said its port: {said:#?}");
}

/// The port that `chromedriver` says it has; none where it ends before. Its other lines are added to `said`.
async fn port(process: &mut Child, said: &mut Vec<String>) -> Option<String> {
    let stdout = process.stdout.take().expect("its output");
    let mut lines = BufReader::new(stdout).lines();
    while let Some(line) = lines.next_line().await.expect("text") {
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            return Some(port.trim_end_matches('.').to_owned());
        }
        said.push(line);
    }
    None
}
