//! What a test needs that a Rust tool chain does not bring.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, fmt, fs};

use libtest_mimic::{Completion, Failed, Trial};

use crate::Tool;
use crate::watch::watched;

/// Names, separated by commas, what must be there: a test that lacks one of these fails instead of being ignored.
/// For example `OTELBOX_REQUIRE=python,go,curl,h2load,chromium,collector,servers`; `servers` names Prometheus, Jaeger and Zipkin,
/// `all` everything. Default: nothing.
pub const REQUIRE_VARIABLE: &str = "OTELBOX_REQUIRE";

/// After what time a test counts as hanging: far longer than any may take, also where it has to build what it tests.
const HANGS_AFTER: Duration = Duration::from_secs(1200);

/// A program from elsewhere that a test needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The OpenTelemetry SDK and OTLP exporters for Python, and a reader of `JUnit` reports, in the virtual environment that `tests/interop/prepare`
    /// makes.
    Python,
    /// `telemetrygen`, a Go program that `otelbox doctor --install telemetrygen` builds.
    Go,
    /// `curl`.
    Curl,
    /// `h2load`, of nghttp2.
    H2load,
    /// Chromium and its `chromedriver`, which is the program that a test gets.
    Chromium,
    /// A container engine that answers, by `docker`, which is the program that a test gets. `DOCKER_HOST` may say where it is.
    Engine,
    /// The OpenTelemetry Collector, which `otelbox doctor --install otel-collector` builds.
    Collector,
    /// Prometheus 2, with `promtool` beside it, which `otelbox doctor --install prometheus-2` gets out of Debian's package.
    Prometheus,
    /// Prometheus 3, which `otelbox doctor --install prometheus` builds.
    Prometheus3,
    /// Jaeger, which `otelbox doctor --install jaeger` builds.
    Jaeger,
    /// Zipkin, an archive for Java, which `otelbox doctor --install zipkin` gets.
    Zipkin,
}

/// Why a test was not run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not run: {missing}; {advice}")]
pub struct NotRun {
    missing: String,
    advice: &'static str,
}

impl Need {
    const ALL: [Self; 11] = [
        Self::Python,
        Self::Go,
        Self::Curl,
        Self::H2load,
        Self::Chromium,
        Self::Engine,
        Self::Collector,
        Self::Prometheus,
        Self::Prometheus3,
        Self::Jaeger,
        Self::Zipkin,
    ];

    const SERVERS: [Self; 4] = [
        Self::Prometheus,
        Self::Prometheus3,
        Self::Jaeger,
        Self::Zipkin,
    ];

    /// The name of this need in [`REQUIRE_VARIABLE`].
    pub const fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Go => "go",
            Self::Curl => "curl",
            Self::H2load => "h2load",
            Self::Chromium => "chromium",
            Self::Engine => "engine",
            Self::Collector => "collector",
            Self::Prometheus => "prometheus-2",
            Self::Prometheus3 => "prometheus",
            Self::Jaeger => "jaeger",
            Self::Zipkin => "zipkin",
        }
    }

    /// The program, if it is there.
    ///
    /// # Errors
    ///
    /// [`NotRun`] says what is missing and how to get it.
    pub fn find(self) -> Result<Tool, NotRun> {
        let (program, advice) = match self {
            Self::Python => (
                cached("python/bin/python"),
                "run tests/interop/prepare python",
            ),
            Self::Go => (
                cached("suts/telemetrygen/telemetrygen"),
                "run tests/interop/prepare go",
            ),
            Self::Curl => (on_path("curl"), "install curl"),
            Self::H2load => (
                on_path("h2load"),
                "install nghttp2's clients (Debian: nghttp2-client)",
            ),
            Self::Chromium => (
                on_path("chromium")
                    .or_else(|_| on_path("google-chrome"))
                    .and_then(|_| on_path("chromedriver")),
                "install Chromium and its driver (Debian: chromium, chromium-driver)",
            ),
            Self::Engine => (
                engine(),
                "start a container engine, or name one in DOCKER_HOST (Debian: docker.io, docker-compose, iptables)",
            ),
            Self::Collector => (
                cached("suts/otel-collector/otelcol"),
                "run otelbox doctor --install otel-collector",
            ),
            Self::Prometheus => (
                cached("suts/prometheus-2/prometheus"),
                "run otelbox doctor --install prometheus-2",
            ),
            Self::Prometheus3 => (
                cached("suts/prometheus/prometheus"),
                "run otelbox doctor --install prometheus",
            ),
            Self::Jaeger => (
                cached("suts/jaeger/jaeger"),
                "run otelbox doctor --install jaeger",
            ),
            Self::Zipkin => (
                on_path("java").and_then(|_| cached("suts/zipkin/zipkin.jar")),
                "run otelbox doctor --install zipkin",
            ),
        };
        program
            .map(|path| Tool::new(self.name(), path))
            .map_err(|missing| NotRun { missing, advice })
    }

    /// A test that gets the program. Where the program is not there, the test is ignored with the reason, or fails
    /// if [`REQUIRE_VARIABLE`] names this need.
    pub fn trial(self, name: &str, test: impl FnOnce(&Tool) + Send + 'static) -> Trial {
        Trial::ignorable_test(format!("{}::{name}", self.name()), move || {
            match self.find() {
                Ok(tool) => watched(HANGS_AFTER, move || test(&tool))
                    .map(|()| Completion::Completed)
                    .map_err(Failed::from),
                Err(reason) if self.is_required() => Err(Failed::from(format!(
                    "{REQUIRE_VARIABLE} names {self}, but: {reason}"
                ))),
                Err(reason) => Ok(Completion::ignored_with(reason)),
            }
        })
    }

    /// Whether [`REQUIRE_VARIABLE`] names it.
    ///
    /// # Panics
    ///
    /// If that names what there is not.
    pub fn is_required(self) -> bool {
        #[expect(
            clippy::disallowed_methods,
            reason = "how strict this run is, is said by whoever started it; nothing under test reads this"
        )]
        let required = env::var(REQUIRE_VARIABLE).unwrap_or_default();
        match named(&required) {
            Ok(needs) => needs.contains(&self),
            Err(unknown) => panic!(
                "{REQUIRE_VARIABLE} names {unknown:?}; there are: python, go, curl, h2load, chromium, engine, collector, prometheus-2, prometheus, jaeger, zipkin, servers, all"
            ),
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The needs that a list names, or the name in it that none has.
fn named(list: &str) -> Result<Vec<Need>, &str> {
    let mut needs = Vec::new();
    for name in list
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        match Need::ALL.iter().find(|need| need.name() == name) {
            Some(need) => needs.push(*need),
            None if name == "all" => needs.extend(Need::ALL),
            None if name == "servers" => needs.extend(Need::SERVERS),
            None => return Err(name),
        }
    }
    Ok(needs)
}

/// A program that `otelbox doctor --install`, `tests/interop/prepare` or `tests/containers/prepare` has put into the cache directory.
///
/// # Errors
///
/// What does not exist.
pub fn cached(relative: &str) -> Result<PathBuf, String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the same variable as tests/interop/prepare reads"
    )]
    let cache = env::var_os("OTELBOX_CACHE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../.cache"),
        PathBuf::from,
    );
    let path = cache.join(relative);
    if fs::exists(&path).unwrap_or(false) {
        Ok(path)
    } else {
        Err(format!("{} does not exist", path.display()))
    }
}

/// `docker`, where the engine behind it answers.
fn engine() -> Result<PathBuf, String> {
    let docker = on_path("docker")?;
    let asked = Command::new(&docker)
        .args(["info", "--format", "{{.ServerVersion}}"])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{} does not start: {error}", docker.display()))?;
    if asked.status.success() {
        return Ok(docker);
    }
    let said = String::from_utf8_lossy(&asked.stderr);
    let said = said.lines().next().unwrap_or("docker info fails");
    Err(format!("no container engine answers: {said}"))
}

/// A program that is found like a shell finds it.
pub(crate) fn on_path(program: &str) -> Result<PathBuf, String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "finding a program means reading PATH"
    )]
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|directory| directory.join(program))
        .find(|candidate| candidate.is_file())
        .ok_or_else(|| format!("{program} is not on PATH"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_need_is_required_by_its_name_or_by_all_and_a_typo_is_no_name() {
        assert_eq!(named("go, python"), Ok(vec![Need::Go, Need::Python]));
        assert_eq!(named("all"), Ok(Need::ALL.to_vec()));
        assert_eq!(named("servers"), Ok(Need::SERVERS.to_vec()));
        assert_eq!(named(""), Ok(vec![]));
        assert_eq!(named("go,pyhton"), Err("pyhton"));
    }

    #[test]
    fn what_is_missing_is_said_with_what_to_do() {
        let reason = NotRun {
            missing: "h2load is not on PATH".into(),
            advice: "install it",
        };
        assert_eq!(
            reason.to_string(),
            "not run: h2load is not on PATH; install it"
        );
    }
}
