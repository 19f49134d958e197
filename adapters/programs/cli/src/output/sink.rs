//! A file to write to, compressed if its name says so.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::format::is_gzip;

/// A file that is written as it is, or compressed. Its errors name it.
pub(crate) struct Sink<'f> {
    coding: Coding<'f>,
    /// The name; `None` for standard output.
    name: Option<&'f Path>,
}

enum Coding<'f> {
    Plain(&'f File),
    Gzip(Box<GzEncoder<&'f File>>),
}

/// Endings that promise another compression or another format.
const OTHERS: [&str; 25] = [
    "7z", "br", "bz", "bz2", "feather", "gzip", "lz", "lz4", "lzma", "lzo", "ods", "parquet",
    "rar", "snappy", "sz", "tar", "tgz", "tsv", "xls", "xlsx", "xml", "xz", "z", "zip", "zst",
];

impl<'f> Sink<'f> {
    /// Creates a sink that compresses if `name` ends in `.gz`.
    pub(crate) fn new(file: &'f File, name: Option<&'f Path>) -> Self {
        let coding = if name.is_some_and(is_gzip) {
            Coding::Gzip(Box::new(GzEncoder::new(file, Compression::default())))
        } else {
            Coding::Plain(file)
        };
        Self { coding, name }
    }

    /// Writes the end of compressed data.
    pub(crate) fn finish(self) -> io::Result<()> {
        let name = self.name;
        match self.coding {
            Coding::Plain(_) => Ok(()),
            Coding::Gzip(encoder) => encoder.finish().map(drop).map_err(|error| named(name, error)),
        }
    }
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match &mut self.coding {
            Coding::Plain(file) => file.write(bytes),
            Coding::Gzip(encoder) => encoder.write(bytes),
        };
        written.map_err(|error| named(self.name, error))
    }

    /// Does nothing: it would make compressed data longer, and `finish` writes all.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Adds the name of a file to an error. That a pipe with a name is closed is an error as well.
fn named(name: Option<&Path>, error: io::Error) -> io::Error {
    match name {
        Some(name) if error.kind() != io::ErrorKind::Interrupted => {
            io::Error::other(format!("{}: {error}", name.display()))
        }
        _ => error,
    }
}

/// Checks that the name of a file promises nothing that is not written.
///
/// # Errors
///
/// What is wrong with the name.
pub(crate) fn check_name(path: &Path) -> Result<(), String> {
    let end = path.extension().unwrap_or_default().to_ascii_lowercase();
    match OTHERS.iter().find(|other| end == **other) {
        Some(other) => Err(format!(
            "no .{other} file can be written, but .csv, .jsonl, .txt, and these with .gz"
        )),
        None => Ok(()),
    }
}
