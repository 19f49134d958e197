//! What was found wrong with a directory, in words for people.

use std::fmt;
use std::io;

use crate::run::Stored;
use crate::segment::{Numbers, Totals};

/// What was found wrong with the files of a directory. Without it all is well.
#[derive(Clone, Debug, Default)]
pub struct Findings(Vec<Finding>);

/// Something that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    place: String,
    what: String,
}

impl Findings {
    /// Adds one, and logs it.
    pub(crate) fn add(&mut self, finding: Finding) {
        log::warn!("{finding}");
        self.0.push(finding);
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns all of them, in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }
}

impl Finding {
    pub(crate) fn new(place: &str, what: String) -> Self {
        Self { place: place.to_owned(), what }
    }

    /// Segments that are not there, and what was written to them, or to those that they were merged
    /// from.
    pub(crate) fn missing(numbers: Numbers, lost: Option<Totals>) -> Self {
        let what = match lost {
            None => "missing; what it held is not known".to_owned(),
            Some(Totals { samples, bytes }) => {
                format!("missing; up to {samples} samples in {bytes} bytes were in it")
            }
        };
        Self { place: numbers.to_string(), what }
    }

    /// Logs that are not there.
    pub(crate) fn missing_logs(first: u64, last: u64) -> Self {
        let place = match first == last {
            true => format!("log {first}"),
            false => format!("logs {first} to {last}"),
        };
        let what = "missing, and no segment has what was in it; how much that was is not known";
        Self { place, what: what.to_owned() }
    }

    /// The newest files, behind a segment that was the last one: a store leaves a log there.
    pub(crate) fn missing_end(number: u64) -> Self {
        let what = "missing, and with it perhaps newer files; what they held is not known";
        Self { place: format!("log {number}"), what: what.to_owned() }
    }

    /// A run that is damaged.
    pub(crate) fn run(stored: &Stored, key: &[u8]) -> Self {
        let key = String::from_utf8_lossy(key);
        let run = stored.run;
        let what = format!(
            "damaged: {} samples from {} to {} are lost, older values of them may show",
            stored.live, run.first, run.last
        );
        Self { place: key.into_owned(), what }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Why a directory cannot be opened.
#[non_exhaustive]
#[derive(Debug)]
pub enum OpenError {
    /// Another process has it.
    Locked,
    /// A file has a version of the format that this program does not know, perhaps a later one.
    UnknownVersion {
        /// The name of the file.
        name: String,
        /// Its version.
        version: u32,
    },
    /// It has timestamps in another unit.
    Unit {
        /// Their unit.
        kept: String,
        /// The unit of the settings.
        asked: String,
    },
    /// It has files, and none of them is a store's.
    Foreign {
        /// The name of one of them.
        name: String,
    },
    /// Its file `unit` has no unit.
    ForeignUnit {
        /// What it begins with.
        text: String,
    },
    /// The system does not let it be read.
    Io(io::Error),
}

impl OpenError {
    /// Names the file that the system does not let be read.
    pub(crate) fn of_file(self, name: &str) -> Self {
        match self {
            Self::Io(error) => Self::Io(io::Error::new(error.kind(), format!("{name}: {error}"))),
            other => other,
        }
    }

    pub(crate) fn locked(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::WouldBlock { Self::Locked } else { Self::Io(error) }
    }
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked => f.write_str(
                "another server uses it; the file lock in it has the number of its process",
            ),
            Self::UnknownVersion { name, version } => write!(
                f,
                "{name} has version {version} of the format; a later version of this program reads it"
            ),
            Self::Unit { kept, asked } => {
                write!(
                    f,
                    "its timestamps are in {kept}, not in {asked}; --time-unit {kept} opens it"
                )
            }
            Self::Foreign { name } => write!(
                f,
                "it has other files, such as {name:?}, and no samples; use an empty directory, or one \
                 that is not there yet"
            ),
            Self::ForeignUnit { text } => write!(
                f,
                "its file unit says {text:?}, and not s, ms, us or ns: it is damaged, or of somebody \
                 else; write the unit of its samples there, or move a file of yours away"
            ),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}
