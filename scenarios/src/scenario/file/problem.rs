//! What is wrong with a file, and where.

use std::fmt;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceSpan};

/// A file that was read, or a text that stands for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path as the user knows it.
    pub name: Arc<str>,
    /// What is in it.
    pub text: Arc<str>,
}

impl SourceFile {
    /// A file of this name with this text.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
        }
    }
}

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line, 1 being the first.
    pub line: u64,
    /// The column in characters, 1 being the first.
    pub column: u64,
    /// The offset in bytes from the start of the file.
    pub offset_bytes: usize,
    /// The length in bytes.
    pub length_bytes: usize,
}

impl Place {
    /// Where every file starts.
    pub(crate) const START: Self = Self {
        line: 1,
        column: 1,
        offset_bytes: 0,
        length_bytes: 0,
    };

    /// The place in `text` that the YAML reader names; none where it names none.
    pub(crate) fn in_text(location: serde_saphyr::Location, text: &str) -> Option<Self> {
        if location.line() == 0 {
            return None;
        }
        let span = location.span();
        let offset_bytes = match span.byte_offset() {
            Some(offset) => usize::try_from(offset).ok()?,
            // Mistakes of the syntax come with line and column only.
            None => offset_of(text, location.line(), location.column())?,
        };
        Some(Self {
            line: location.line(),
            column: location.column(),
            offset_bytes,
            length_bytes: usize::try_from(span.byte_len().unwrap_or(0)).ok()?,
        })
    }
}

fn offset_of(text: &str, line: u64, column: u64) -> Option<usize> {
    let lines_before = usize::try_from(line).ok()?.checked_sub(1)?;
    let characters_before = usize::try_from(column).ok()?.checked_sub(1)?;
    let start = match lines_before.checked_sub(1) {
        None => 0,
        Some(breaks_before) => ends_of_lines(text).nth(breaks_before).unwrap_or(text.len()),
    };
    let rest = text.get(start..)?;
    let within = rest
        .char_indices()
        .nth(characters_before)
        .map_or(rest.len(), |(offset, _)| offset);
    Some(start + within)
}

/// The offset behind the end of each line, as YAML 1.2.2 (5.4, line break characters) has it: CR LF, CR or LF.
fn ends_of_lines(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    bytes
        .iter()
        .enumerate()
        .filter(|&(at, byte)| {
            *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'))
        })
        .map(|(at, _)| at + 1)
}

/// One thing that is wrong with a file. Prints as `FILE:LINE:COLUMN: message`; rendered by `miette` with the lines around
/// the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem(Box<Details>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Details {
    file: SourceFile,
    place: Option<Place>,
    message: String,
    label: Option<String>,
    help: Option<String>,
    source: Arc<NamedSource<Arc<str>>>,
}

impl Problem {
    /// `message` about the whole of `file`.
    pub fn new(file: &SourceFile, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            file: file.clone(),
            place: None,
            message: message.into(),
            label: None,
            help: None,
            source: Arc::new(NamedSource::new(&file.name, Arc::clone(&file.text))),
        }))
    }

    /// The same, at this place.
    #[must_use]
    pub fn at(mut self, place: Option<Place>) -> Self {
        self.0.place = place;
        self
    }

    /// The same, with these words under the place.
    #[must_use]
    pub fn labelled(mut self, label: impl Into<String>) -> Self {
        self.0.label = Some(label.into());
        self
    }

    /// The same, with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Where it is; none where it is about the whole file.
    pub fn place(&self) -> Option<Place> {
        self.0.place
    }

    /// What is wrong, without the place.
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.file.name)?;
        if let Some(place) = self.0.place {
            write!(formatter, ":{}:{}", place.line, place.column)?;
        }
        write!(formatter, ": {}", self.0.message)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0
            .help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.0
            .place
            .map(|_| self.0.source.as_ref() as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.0.place?;
        // A place may start beyond the text where the file ends too early.
        let offset = place.offset_bytes.min(self.0.file.text.len());
        let length = place.length_bytes.min(self.0.file.text.len() - offset);
        let label = self.0.label.clone().unwrap_or_else(|| "here".to_owned());
        let span = SourceSpan::new(offset.into(), length);
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(
            Some(label),
            span,
        ))))
    }
}

/// Everything that is wrong with the files that were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// The problems, in the order of files and places; none at all means that nothing is wrong.
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }

    /// Nothing wrong: `value`; else the problems.
    pub(crate) fn or<T>(problems: Vec<Problem>, value: T) -> Result<T, Self> {
        if problems.is_empty() {
            Ok(value)
        } else {
            Err(Self(problems))
        }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            if number > 0 {
                formatter.write_str("\n")?;
            }
            problem.fmt(formatter)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_where_yaml_ends_it() {
        for (text, line, column, offset) in [
            ("a\nbc", 1, 1, Some(0)),
            ("a\nbc", 2, 2, Some(3)),
            ("a\r\nbc", 2, 1, Some(3)),
            ("a\rbc\rd", 3, 1, Some(5)),
            ("a\r\r\n\nb", 4, 1, Some(5)),
            ("ä\rüb", 2, 2, Some(5)),
            ("a\n", 2, 1, Some(2)),
            ("a", 7, 1, Some(1)),
            ("a", 0, 1, None),
        ] {
            assert_eq!(
                offset_of(text, line, column),
                offset,
                "{text:?} {line}:{column}"
            );
        }
    }
}
