//! The HTTP of a board.

use metric_board_web::{Http, longest_line};
use metric_driver::{Next, Session};
use metric_proto::{FixedStore, Request, Store, parse_request};

/// A connection to a board's page answers any bytes with a whole reply of HTTP or waits for more,
/// however they are cut and with outputs of any sizes, as a plain reader of requests says. A body of
/// JSON is JSON.
///
/// The first line has the sizes of pieces and outputs. Each line behind it is a sample, up to an empty
/// line. The rest is sent to the board.
///
/// # Panics
///
/// If the law is broken.
pub fn board_web(data: &[u8]) {
    let (sizes, rest) = split(data, b"\n").unwrap_or((data, b""));
    let (samples, request) = split(rest, b"\n\n").unwrap_or((b"", rest));
    let mut board = FixedStore::<8, 4, KEY>::new();
    for line in samples.split(|byte| *byte == b'\n') {
        if let Ok(Request::Put { key, sample }) = parse_request(&[b"put ", line].concat()) {
            // A refused sample is not in the store.
            let _ = board.put(key, sample);
        }
    }
    let reply = ask(&mut board, request, sizes);
    assert_eq!(reply, ask(&mut board, request, &[]));
    let Some(reply) = reply else { return assert_eq!(status(request), None) };
    let (head, body) = split(&reply, b"\r\n\r\n").expect("a head ends");
    let head = String::from_utf8_lossy(head);
    let code = head.strip_prefix("HTTP/1.0 ").and_then(|rest| rest.get(..3)?.parse().ok());
    assert_eq!(code, status(request), "{head}");
    if head.ends_with("application/json") && !body.is_empty() {
        serde_json::from_slice::<serde_json::Value>(body).expect("JSON");
    }
}

/// The longest key.
const KEY: usize = 24;

/// Sends a request in pieces of these sizes, and reads the reply into outputs of these sizes. Returns
/// `None` if the session waits for more.
fn ask(board: &mut impl Store, mut request: &[u8], sizes: &[u8]) -> Option<Vec<u8>> {
    let mut session = Http::<_, _, KEY>::new(board, || 7);
    let mut sizes = sizes.iter().map(|size| usize::from(*size) + 1).cycle();
    let (mut input, mut reply) = (Vec::new(), Vec::new());
    let mut output = vec![0; 65_536];
    loop {
        let size = sizes.next().unwrap_or(output.len());
        let progress = session.process(&input, &mut output[..size], 0);
        input.drain(..progress.consumed);
        reply.extend_from_slice(&output[..progress.filled]);
        match progress.next {
            Next::Close => return Some(reply),
            Next::Output => assert_eq!(progress.filled, size),
            Next::Input if request.is_empty() => return None,
            Next::Input => {
                let room = longest_line(KEY) - input.len();
                let size = sizes.next().unwrap_or(room).min(room).min(request.len());
                input.extend_from_slice(&request[..size]);
                request = &request[size..];
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Returns the status of the reply to a request, or `None` if it is not complete.
fn status(request: &[u8]) -> Option<u16> {
    let longest = longest_line(KEY);
    let (line, fields) = match split(&request[..request.len().min(longest)], b"\n") {
        Some((line, _)) => (Some(line), &request[line.len()..]),
        None if request.len() < longest => return None,
        None => (None, request),
    };
    let status = line.map_or(414, of_line);
    if status == 400 && !line.is_some_and(is_http) {
        return Some(400);
    }
    let text: Vec<u8> = fields.iter().copied().filter(|byte| *byte != b'\r').collect();
    let is_long = |end: usize| {
        // The bytes up to the second line feed of the empty line.
        let mut count = 0;
        let ends = fields.iter().position(|byte| {
            count += usize::from(*byte != b'\r');
            count == end + 2
        });
        ends.is_none_or(|index| index >= 4096)
    };
    match text.windows(2).position(|two| two == b"\n\n") {
        Some(end) if !is_long(end) => Some(status),
        _ => (fields.len() > 4096).then_some(431),
    }
}

fn words(line: &[u8]) -> Option<[String; 3]> {
    let line: String = line.iter().copied().map(char::from).collect();
    let words = line.strip_suffix('\r').unwrap_or(&line).splitn(3, ' ').map(str::to_owned);
    words.collect::<Vec<_>>().try_into().ok()
}

/// Whether a line is a request of some version of HTTP.
fn is_http(line: &[u8]) -> bool {
    let version = words(line).map(|[.., version]| version).unwrap_or_default();
    let rest = version.strip_prefix("HTTP/").unwrap_or_default();
    rest.chars().count() == 3 && rest.chars().nth(1) == Some('.')
}

fn of_line(line: &[u8]) -> u16 {
    let Some([method, target, version]) = words(line).filter(|_| is_http(line)) else {
        return 400;
    };
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    match path {
        _ if !version.starts_with("HTTP/1.") => 505,
        _ if method != "GET" && method != "HEAD" => 405,
        "/" | "/v1/last" | "/v1/range" | "/metrics" => {
            if is_query(query) {
                200
            } else {
                400
            }
        }
        _ => 404,
    }
}

/// Whether a query is empty or one key.
fn is_query(query: &str) -> bool {
    if query.is_empty() {
        return true;
    }
    let Some(key) = query.strip_prefix("key=").filter(|key| !key.contains('&')) else {
        return false;
    };
    let mut parts = key.split('%');
    let mut length = parts.next().unwrap_or_default().chars().count();
    for part in parts {
        let digits: Vec<char> = part.chars().take(2).collect();
        if digits.len() < 2 || !digits.iter().all(char::is_ascii_hexdigit) {
            return false;
        }
        length += part.chars().count() - 1;
    }
    (1..=KEY).contains(&length)
}

fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let end = bytes.windows(at.len()).position(|part| part == at)?;
    Some((&bytes[..end], &bytes[end + at.len()..]))
}
