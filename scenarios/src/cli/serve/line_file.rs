//! A file of lines that can be read whatever happens: every line is whole, and what could not be written is counted.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write};

/// What has to be known of a file: how to write to it, and how to take back what was half written.
pub(super) trait Disk: Write {
    /// Cuts the file off at this length; what is written next stands there.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

impl Disk for File {
    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)?;
        self.seek(SeekFrom::Start(length)).map(drop)
    }
}

/// Lines on their way into a file.
///
/// What cannot be written is lost, not kept: the disk may stay full for ever, and the memory of the process is not to grow
/// with it. As soon as it can be written to again, a line says how many are missing in that place.
#[derive(Debug)]
pub(super) struct LineFile<D> {
    disk: D,
    /// Whole lines that wait to be written.
    pending: Vec<u8>,
    /// Where the last whole line of the file ends.
    whole_bytes: u64,
    /// A line was half written, and could not be taken back yet.
    is_torn: bool,
    /// How many lines were lost in this place of the file.
    gap: u64,
    /// How many lines were lost in all.
    lost: u64,
}

impl<D: Disk> LineFile<D> {
    pub(super) const fn new(disk: D) -> Self {
        Self {
            disk,
            pending: Vec::new(),
            whole_bytes: 0,
            is_torn: false,
            gap: 0,
            lost: 0,
        }
    }

    /// How many lines could not be written so far.
    pub(super) const fn lost(&self) -> u64 {
        self.lost
    }

    /// Counts lines that were lost before they came here.
    pub(super) const fn lose(&mut self, lines: u64) {
        self.gap += lines;
        self.lost += lines;
    }

    /// Adds a line, given without its end. Where much waits already, it is written now.
    pub(super) fn push(&mut self, line: &[u8]) -> io::Result<()> {
        self.pending.extend_from_slice(line);
        self.pending.push(b'\n');
        if self.pending.len() < WAITING_BYTES {
            return Ok(());
        }
        let flushed = self.flush();
        self.pending.shrink_to(WAITING_BYTES);
        flushed
    }

    /// Writes what waits.
    ///
    /// # Errors
    ///
    /// What the system says; the lines that did not get into the file are lost then, and counted.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if self.pending.is_empty() && self.gap == 0 {
            return Ok(());
        }
        let pending = std::mem::take(&mut self.pending);
        let gap_line = match self.gap {
            0 => String::new(),
            lines => format!("{{\"kind\":\"lost\",\"lines\":{lines}}}\n"),
        };
        let mut written = Ok(());
        for (bytes, is_gap_line) in [(gap_line.as_bytes(), true), (pending.as_slice(), false)] {
            let kept = if written.is_ok() {
                let (kept, result) = self.write(bytes);
                written = result;
                kept
            } else {
                0
            };
            if is_gap_line && kept == bytes.len() {
                self.gap = 0;
            } else if !is_gap_line {
                self.lose(lines(&bytes[kept..]));
            }
        }
        self.pending = pending;
        self.pending.clear();
        written
    }

    /// Writes whole lines, and says how many bytes of them are whole lines in the file now.
    fn write(&mut self, bytes: &[u8]) -> (usize, io::Result<()>) {
        if self.is_torn {
            match self.disk.cut(self.whole_bytes) {
                Ok(()) => self.is_torn = false,
                Err(error) => return (0, Err(error)),
            }
        }
        let (written, result) = write_as_far_as_it_goes(&mut self.disk, bytes);
        let kept = bytes[..written]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        self.whole_bytes += kept as u64;
        if kept < written {
            self.is_torn = self.disk.cut(self.whole_bytes).is_err();
        }
        (kept, result)
    }
}

/// How much may wait until it is written in one go.
const WAITING_BYTES: usize = 1024 * 1024;

/// How many lines end in these bytes.
fn lines(bytes: &[u8]) -> u64 {
    bytes.split(|byte| *byte == b'\n').skip(1).count() as u64
}

fn write_as_far_as_it_goes(disk: &mut impl Write, bytes: &[u8]) -> (usize, io::Result<()>) {
    let mut written = 0;
    while written < bytes.len() {
        match disk.write(&bytes[written..]) {
            Ok(0) => return (written, Err(io::ErrorKind::WriteZero.into())),
            Ok(more) => written += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (written, Err(error)),
        }
    }
    (written, Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk with so much room.
    #[derive(Debug, Default)]
    struct Small {
        content: Vec<u8>,
        room: usize,
        /// Whether what was half written can be taken back.
        can_cut: bool,
    }

    impl Write for Small {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // Never more than three bytes at a time, as a disk may have it.
            let taken = bytes.len().min(self.room - self.content.len()).min(3);
            if taken == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.content.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Disk for Small {
        fn cut(&mut self, length: u64) -> io::Result<()> {
            if !self.can_cut {
                return Err(io::ErrorKind::Unsupported.into());
            }
            self.content
                .truncate(usize::try_from(length).expect("it is short"));
            Ok(())
        }
    }

    fn file(room: usize, can_cut: bool) -> LineFile<Small> {
        LineFile::new(Small {
            room,
            can_cut,
            ..Small::default()
        })
    }

    fn text(file: &LineFile<Small>) -> &str {
        std::str::from_utf8(&file.disk.content).expect("text")
    }

    #[test]
    fn what_has_no_room_is_lost_counted_and_told_in_its_place() {
        let mut file = file(10, true);
        for line in ["one", "two", "three", "four"] {
            file.push(line.as_bytes()).expect("it waits");
        }
        let full = file.flush().expect_err("no room");
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
        assert_eq!((text(&file), file.lost()), ("one\ntwo\n", 2));
        file.push(b"five").expect("it waits");
        file.flush().expect_err("no room yet");
        assert_eq!((text(&file), file.lost()), ("one\ntwo\n", 3));
        file.disk.room = 1000;
        file.push(b"six").expect("it waits");
        file.flush().expect("room");
        let whole = "one\ntwo\n{\"kind\":\"lost\",\"lines\":3}\nsix\n";
        assert_eq!((text(&file), file.lost()), (whole, 3));
        file.flush().expect("nothing to do");
        assert_eq!(text(&file), whole);
    }

    #[test]
    fn a_line_that_cannot_be_taken_back_is_the_last() {
        let mut file = file(6, false);
        file.push(b"one").expect("it waits");
        file.push(b"two").expect("it waits");
        file.flush().expect_err("no room");
        assert_eq!((text(&file), file.lost()), ("one\ntw", 1));
        file.disk.room = 1000;
        file.push(b"three").expect("it waits");
        let unsupported = file.flush().expect_err("half a line stands there");
        assert_eq!(unsupported.kind(), io::ErrorKind::Unsupported);
        assert_eq!((text(&file), file.lost()), ("one\ntw", 2));
        file.disk.can_cut = true;
        file.flush().expect("it can be taken back now");
        assert_eq!(text(&file), "one\n{\"kind\":\"lost\",\"lines\":2}\n");
    }

    #[test]
    fn the_end_of_the_file_may_tell_of_lines_that_never_came_here() {
        let mut file = file(1000, true);
        file.lose(4);
        file.flush().expect("room");
        assert_eq!(
            (text(&file), file.lost()),
            ("{\"kind\":\"lost\",\"lines\":4}\n", 4)
        );
    }
}
