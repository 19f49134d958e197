//! Compressed files, and files that are no text.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::thread;

use flate2::read::GzDecoder;
use rustix::fs::{CWD, Mode, mkfifoat};

use crate::setup::Server;

/// The samples of a server as a compressed file.
fn compressed(server: &Server, folder: &Path) -> Vec<u8> {
    let path = folder.join("samples.csv.gz");
    server.run(&["export", "--out", path.to_str().unwrap()]).assert_done("");
    fs::read(path).unwrap()
}

#[test]
fn a_file_that_ends_in_gz_is_compressed() {
    let (server, dir) = (Server::start(), tempfile::tempdir().unwrap());
    server.put("k 1 2\nj 3 4");
    for (name, text) in [
        ("a.csv.gz", "key,value,timestamp\nj,3.0,4\nk,1.0,2\n"),
        ("a.txt.gz", "j 3.0 4\nk 1.0 2\n"),
        ("a.GZ", "key,value,timestamp\nj,3.0,4\nk,1.0,2\n"),
    ] {
        let path = dir.path().join(name);
        server.run(&["export", "--out", path.to_str().unwrap()]).assert_done("");
        let mut plain = String::new();
        GzDecoder::new(&*fs::read(&path).unwrap()).read_to_string(&mut plain).unwrap();
        assert_eq!(plain, text, "{name}");
        let other = Server::start();
        other.run(&["import", path.to_str().unwrap()]).assert_done("");
        assert_eq!(other.samples(), server.samples(), "{name}");
    }
    // Two compressed files, one behind the other, are a compressed file.
    let twice = dir.path().join("twice.csv.gz");
    fs::write(&twice, compressed(&server, dir.path()).repeat(2)).unwrap();
    let other = Server::start();
    other.run(&["import", twice.to_str().unwrap()]).assert_done("");
    other.run(&["put", "--file", twice.to_str().unwrap()]).assert_done("");
    assert_eq!(other.samples(), server.samples());
}

#[test]
fn a_name_that_promises_another_format_is_refused() {
    for name in ["a.csv.zst", "a.xz", "a.zip", "a.XLSX"] {
        let ended = Server::closed().run(&["export", "--out", name]);
        ended.assert_failed(2, "file can be written, but .csv, .jsonl, .txt, and these with .gz");
    }
}

#[test]
fn a_compressed_file_that_is_cut_or_damaged_stores_nothing() {
    let (server, dir) = (Server::start(), tempfile::tempdir().unwrap());
    let samples: String = (0..20_000).map(|i| format!("k {} {i}\n", i * 7919 % 977)).collect();
    server.put(&samples);
    let whole = compressed(&server, dir.path());
    let path = dir.path().join("broken.csv.gz");
    let mut damaged = whole.clone();
    let middle = whole.len() / 2;
    damaged[middle..middle + 64].fill(0xaa);
    let mut checksum = whole.clone();
    checksum[whole.len() - 8] ^= 1;
    let garbage = [&*whole, b"more"].concat();
    let empty = Server::start();
    let plain = b"key,value,timestamp\nk,1,2\n";
    let broken =
        [&whole[..middle], &whole[..whole.len() - 1], &damaged, &checksum, &garbage, plain];
    for broken in broken {
        fs::write(&path, broken).unwrap();
        for command in [&["import"][..], &["put", "--file"]] {
            let ended = empty.run(&[command, &[path.to_str().unwrap()]].concat());
            ended.assert_failed(1, "it is cut, damaged or not gzip (");
            assert!(ended.stderr.ends_with("); nothing was stored\n"), "{ended:?}");
        }
    }
    assert_eq!(empty.samples(), "");
}

#[test]
fn a_compressed_pipe_that_is_cut_stores_whole_lines_only() {
    let (server, dir) = (Server::start(), tempfile::tempdir().unwrap());
    let samples: String = (0..20_000).map(|i| format!("k {} {i}\n", i * 7919 % 977)).collect();
    server.put(&samples);
    let whole = compressed(&server, dir.path());
    let pipe = dir.path().join("pipe.csv.gz");
    mkfifoat(CWD, &pipe, Mode::RWXU).unwrap();
    let writer = thread::spawn({
        let pipe = pipe.clone();
        move || fs::write(pipe, &whole[..whole.len() / 2]).unwrap()
    });
    let other = Server::start();
    let ended = other.run(&["import", pipe.to_str().unwrap()]);
    writer.join().unwrap();
    let stored = other.samples();
    let count = stored.lines().count();
    assert!(count > 0 && server.samples().starts_with(&stored));
    let told = format!("samples stored: {count}, refused: 0, without a reply: 0");
    ended.assert_failed(
        1,
        &format!("cannot read {}: incomplete deflate stream; {told}", pipe.display()),
    );
}

#[test]
fn input_that_is_no_text_is_named() {
    let (server, dir) = (Server::start(), tempfile::tempdir().unwrap());
    server.put("k 1 2");
    let gzip = compressed(&server, dir.path());
    let utf_16 = |text: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    };
    let utf_32 = |text: &str, bytes: fn(u32) -> [u8; 4]| -> Vec<u8> {
        text.chars().map(u32::from).flat_map(bytes).collect()
    };
    let csv = "\u{feff}key,value,timestamp\r\nk,5,6\r\n";
    let plain = &csv[3..];
    let cases = [
        (gzip, "it is compressed with gzip; name it .gz, or decompress it"),
        (utf_16(csv, u16::to_le_bytes), "it is UTF-16; `iconv -f UTF-16 -t UTF-8` converts it"),
        (utf_16(csv, u16::to_be_bytes), "it is UTF-16; `iconv -f UTF-16 -t UTF-8` converts it"),
        (utf_32(csv, u32::to_le_bytes), "it is UTF-32; `iconv -f UTF-32 -t UTF-8` converts it"),
        (utf_32(csv, u32::to_be_bytes), "it is UTF-32; `iconv -f UTF-32 -t UTF-8` converts it"),
        (utf_16(plain, u16::to_le_bytes), "it is UTF-16 or binary; `iconv -f UTF-16LE"),
        (utf_16(plain, u16::to_be_bytes), "it is UTF-16 or binary; `iconv -f UTF-16BE"),
        (utf_32(plain, u32::to_le_bytes), "it is UTF-32 or binary; `iconv -f UTF-32LE"),
        (utf_32(plain, u32::to_be_bytes), "it is UTF-32 or binary; `iconv -f UTF-32BE"),
        (b"PK\x03\x04 a table".to_vec(), "it is a ZIP archive, as .xlsx and .ods files are"),
    ];
    let path = dir.path().join("input");
    for (bytes, what) in cases {
        fs::write(&path, &bytes).unwrap();
        for format in ["csv", "jsonl", "text"] {
            for command in ["put", "import"] {
                let ended = server.feed(&[command, "--format", format], &bytes);
                ended.assert_failed(1, &format!("cannot read standard input: {what}"));
            }
            let import = ["import", "--format", format, path.to_str().unwrap()];
            server
                .run(&import)
                .assert_failed(1, &format!("cannot read {}: {what}", path.display()));
        }
    }
    assert_eq!(server.samples(), "k 1.0 2\n");
}

#[test]
fn lines_that_are_not_utf_8_are_named_with_a_way_out() {
    let server = Server::start();
    let latin = "it is not UTF-8; if it is Latin-1, `iconv -f LATIN1 -t UTF-8` converts the input";
    let zeros = "it contains zero bytes, as UTF-16 and binary files do";
    let object = |key: &[u8]| [b"{\"key\":\"", key, b"\",\"value\":1,\"timestamp\":2}"].concat();
    for (format, line, shown, why) in [
        ("text", b"b\xfcro 1 2".to_vec(), "b\\xfcro 1 2", latin),
        ("csv", b"b\xfcro,1,2".to_vec(), "b\\xfcro,1,2", latin),
        ("jsonl", object(b"b\xfcro"), "b\\xfcro", latin),
        ("text", b"a\0b 1 2".to_vec(), "a\\0b 1 2", zeros),
    ] {
        for command in ["put", "import"] {
            let good = match format {
                "csv" => b"k,1,2".to_vec(),
                "text" => b"k 1 2".to_vec(),
                _ => object(b"k"),
            };
            let input = [&*good, &line, &good].join(&b'\n');
            let ended = server.feed(&[command, "--format", format], &input);
            let told = ended.stderr.lines().next().unwrap();
            assert!(told.starts_with("metric: line 2: ") && told.contains(shown), "{ended:?}");
            assert!(told.contains(why) && ended.code == Some(3), "{ended:?}");
        }
    }
    assert_eq!(server.samples(), "k 1.0 2\n");
    // Further columns are ignored, in whatever encoding.
    let csv = b"key,value,timestamp,note\nk,2,2,b\xfcro\n";
    server.feed(&["import"], csv).assert_done("");
}

#[test]
fn an_output_that_cannot_be_written_is_named() {
    let (server, dir) = (Server::start(), tempfile::tempdir().unwrap());
    server.put(&"k 1 2\n".repeat(10));
    server.run(&["export", "--out", "/dev/full"]).assert_failed(1, "/dev/full: No space left");
    let folder = "no file can be created in /proc";
    server.run(&["export", "--out", "/proc/a.csv"]).assert_failed(1, folder);
    server
        .run(&["export", "--out", "/proc"])
        .assert_failed(1, "cannot write /proc: Is a directory");
    // The reader of a pipe with a name goes away, unlike that of standard output, unasked.
    let pipe = dir.path().join("pipe");
    mkfifoat(CWD, &pipe, Mode::RWXU).unwrap();
    let many: String = (0..100_000).map(|i| format!("k {i} {i}\n")).collect();
    server.put(&many);
    let reader = thread::spawn({
        let pipe = pipe.clone();
        move || fs::File::open(pipe).unwrap().read(&mut [0; 10]).unwrap()
    });
    let ended = server.run(&["export", "--out", pipe.to_str().unwrap()]);
    ended.assert_failed(1, "pipe: Broken pipe");
    assert_eq!(reader.join().unwrap(), 10);
}
