//! The formats in which samples are read and written.

use std::path::Path;

use clap::ValueEnum;

/// A format with one sample per line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// KEY VALUE TIMESTAMP
    Text,
    /// Columns "key", "value", "timestamp"
    Csv,
    /// Objects with "key", "value", "timestamp"
    #[value(alias = "json")]
    Jsonl,
}

impl Format {
    /// Returns the format of a file by its extension, or by the one before `.gz`.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        if is_gzip(path) {
            return Self::of(Path::new(path.file_stem()?));
        }
        match path.extension()?.to_ascii_lowercase().to_str()? {
            "txt" | "text" => Some(Self::Text),
            "csv" => Some(Self::Csv),
            "json" | "jsonl" | "ndjson" => Some(Self::Jsonl),
            _ => None,
        }
    }
}

/// Returns whether the name of a file says that it is compressed with gzip.
pub(crate) fn is_gzip(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gz"))
}

/// The byte order mark, an invisible character with which some programs begin a file. One before a
/// line is no part of it. Since a key may begin with it, text has another before such a key, and
/// CSV quotes it.
pub(crate) const MARK: &str = "\u{feff}";

/// The names of CSV columns and of JSON members.
pub(crate) const NAMES: [&str; 3] = ["key", "value", "timestamp"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_extension_selects_the_format() {
        let cases = [
            ("a.csv", Some(Format::Csv)),
            ("b/A.CSV", Some(Format::Csv)),
            ("a.csv.jsonl", Some(Format::Jsonl)),
            ("a.ndjson", Some(Format::Jsonl)),
            ("a.txt", Some(Format::Text)),
            ("a.csv.gz", Some(Format::Csv)),
            ("a.jsonl.GZ", Some(Format::Jsonl)),
            ("a.gz", None),
            ("a.csv.gz.gz", Some(Format::Csv)),
            ("a.csv.zst", None),
            ("csv", None),
            (".csv", None),
            ("-", None),
        ];
        for (name, format) in cases {
            assert_eq!(Format::of(Path::new(name)), format, "{name}");
        }
    }
}
