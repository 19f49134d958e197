//! A file to write to, compressed if its name says so.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::format::is_gzip;

/// A file that is written as it is, or compressed.
pub(crate) enum Sink<'f> {
    Plain(&'f File),
    Gzip(Box<GzEncoder<&'f File>>),
}

/// Endings that promise another compression or another format.
const OTHERS: [&str; 12] =
    ["7z", "br", "bz2", "lz4", "ods", "parquet", "tgz", "xls", "xlsx", "xz", "zip", "zst"];

impl<'f> Sink<'f> {
    /// Creates a sink that compresses if `name` ends in `.gz`.
    pub(crate) fn new(file: &'f File, name: Option<&Path>) -> Self {
        if name.is_some_and(is_gzip) {
            Self::Gzip(Box::new(GzEncoder::new(file, Compression::default())))
        } else {
            Self::Plain(file)
        }
    }

    /// Writes the end of compressed data.
    pub(crate) fn finish(self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Gzip(encoder) => encoder.finish().map(drop),
        }
    }
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
        }
    }

    /// A flush in the middle would make compressed data longer; `finish` does it.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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
