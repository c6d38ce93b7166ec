//! What the exit code of the binary says.

/// The exit codes, a stable contract. When several apply, the first in the order 130, 2, 1, 4, 3, 5 wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExitCode {
    /// 130: the run was interrupted.
    Interrupted,
    /// 2: bad usage, or a file with a mistake.
    Usage,
    /// 1: a MUST failed.
    MustFailed,
    /// 1 too: what was compared differs.
    Different,
    /// 4: something could not be run, or stayed inconclusive.
    CouldNotRun,
    /// 3: only SHOULDs failed, and `--strict` was given.
    ShouldFailed,
    /// 5: nothing was selected, or nothing could be judged.
    Nothing,
    /// 0: nothing failed.
    Success,
}

impl ExitCode {
    /// Every code, in the order in which they win.
    pub const ALL: [Self; 8] = [
        Self::Interrupted,
        Self::Usage,
        Self::MustFailed,
        Self::Different,
        Self::CouldNotRun,
        Self::ShouldFailed,
        Self::Nothing,
        Self::Success,
    ];

    /// The number.
    pub const fn number(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::MustFailed | Self::Different => 1,
            Self::Usage => 2,
            Self::ShouldFailed => 3,
            Self::CouldNotRun => 4,
            Self::Nothing => 5,
            Self::Interrupted => 130,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_the_codes_is_the_documented_one() {
        let numbers = ExitCode::ALL.map(ExitCode::number);
        assert_eq!(numbers, [130, 2, 1, 1, 4, 3, 5, 0]);
        assert!(ExitCode::ALL.is_sorted());
    }
}
