//! Programs that a system under test needs, and whether they are here.

use std::io;
use std::process::{Command, Stdio};

use semver::Version;
use serde::{Deserialize, Serialize};

use super::version::lenient_version;

/// A program that has to be on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// Its name, as a shell finds it: `python3`.
    pub program: String,
    /// The oldest version that will do, as one to three numbers: `3.9`. Default: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Arguments with which the program ends well where it is complete (`[-c, import venv, ensurepip]`). Default: it is
    /// only asked for its version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub check: Vec<String>,
    /// How to get it, in words.
    pub get: String,
}

/// What was found out about a [`Need`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "found", rename_all = "snake_case")]
pub enum FoundNeed {
    /// It is here.
    Here {
        /// Its version, where it says one.
        #[serde(rename = "found_version", skip_serializing_if = "Option::is_none")]
        version: Option<String>,
    },
    /// It is here, and older than what is needed.
    TooOld {
        /// Its version.
        #[serde(rename = "found_version")]
        version: String,
    },
    /// It is here, and something that belongs to it is not.
    Incomplete {
        /// What it said.
        said: String,
    },
    /// It cannot be started.
    Missing {
        /// Why not.
        reason: String,
    },
}

impl FoundNeed {
    /// Whether the need is met.
    pub fn is_met(&self) -> bool {
        matches!(self, Self::Here { .. })
    }
}

impl Need {
    /// Looks for the program by starting it, with each usual way to ask for its version until one works.
    pub fn find(&self) -> FoundNeed {
        let mut version = None;
        for question in ["--version", "version", "-version"] {
            match self.ask(&[question]) {
                Err(error) => {
                    return FoundNeed::Missing {
                        reason: missing(&error),
                    };
                }
                Ok(answer) if answer.is_success => {
                    version = lenient_version(&answer.said);
                    break;
                }
                Ok(_) => {}
            }
        }
        if let Some(wanted) = self.version.as_deref().and_then(lenient_version)
            && version.as_ref().is_none_or(|found| *found < wanted)
        {
            return FoundNeed::TooOld {
                version: version.map_or_else(|| "of unknown version".to_owned(), shown),
            };
        }
        if !self.check.is_empty() {
            match self.ask(&self.check) {
                Ok(answer) if answer.is_success => {}
                Ok(answer) => return FoundNeed::Incomplete { said: answer.said },
                Err(error) => {
                    return FoundNeed::Missing {
                        reason: missing(&error),
                    };
                }
            }
        }
        FoundNeed::Here {
            version: version.map(shown),
        }
    }

    /// The program with the oldest version that will do: `python3 3.9`.
    pub fn wanted(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.program),
            None => self.program.clone(),
        }
    }

    /// What is wrong with what was found, and what to do about it.
    pub fn advice(&self, found: &FoundNeed) -> String {
        let wanted = self.wanted();
        match found {
            FoundNeed::Here { .. } => format!("{wanted} (found)"),
            FoundNeed::TooOld { version } => {
                format!("{wanted} (found: {version}); {}", self.get)
            }
            FoundNeed::Incomplete { said } => {
                let said = said.lines().next_back().unwrap_or("it is not complete");
                format!("{wanted} ({said}); {}", self.get)
            }
            FoundNeed::Missing { reason } => format!("{wanted} ({reason}); {}", self.get),
        }
    }

    fn ask<A: AsRef<std::ffi::OsStr>>(&self, arguments: &[A]) -> io::Result<Asked> {
        let output = Command::new(&self.program)
            .args(arguments)
            .stdin(Stdio::null())
            .output()?;
        let text = [output.stdout, output.stderr].concat();
        Ok(Asked {
            is_success: output.status.success(),
            said: String::from_utf8_lossy(&text).trim().to_owned(),
        })
    }
}

struct Asked {
    is_success: bool,
    said: String,
}

fn missing(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "not found".to_owned(),
        _ => error.to_string(),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "so that it can be mapped over"
)]
fn shown(version: Version) -> String {
    version.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(text: &str) -> Need {
        serde_saphyr::from_str(text).expect("a need")
    }

    #[test]
    fn a_program_that_is_here_is_found_with_its_version() {
        let found = need("{ program: cargo, version: '1.50', get: x }").find();
        assert!(
            matches!(&found, FoundNeed::Here { version: Some(version) } if version.starts_with("1.")),
            "{found:?}"
        );
    }

    #[test]
    fn what_is_missing_too_old_or_incomplete_does_not_meet_a_need() {
        for text in [
            "{ program: no-such-program-anywhere, get: x }",
            "{ program: cargo, version: '999', get: x }",
            "{ program: cargo, check: [no-such-command], get: x }",
        ] {
            assert!(!need(text).find().is_met(), "{text}");
        }
    }
}
