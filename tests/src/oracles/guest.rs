//! The law of who may ask over HTTP.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use metric_web::{Settings, is_admitted};

/// Whoever is admitted calls the server by an address, localhost or a name that it was given, everywhere
/// in the request, and is no page of another site, unless that is allowed.
///
/// The first line is a target. Each line behind it is a header. A header may have bytes that are not
/// text: such a value is none of those that a rule names.
pub fn guest(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    let target = lines.next().unwrap_or_default();
    let headers: Vec<_> = lines.map(header).collect();
    if is_admitted(target, &headers, &settings()) == Some(true) {
        check(target, &headers);
    }
}

fn settings() -> Settings {
    let mut settings = Settings::new("metric-test", "1");
    settings.hosts.push(NAME.into());
    settings.origins.push(SITE.into());
    settings
}

const NAME: &str = "palm.lan";
const SITE: &str = "https://board.example";

type Header<'a> = (&'a [u8], &'a [u8]);

fn header(line: &[u8]) -> Header<'_> {
    let at = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
    (&line[..at], line.get(at + 1..).unwrap_or_default().trim_ascii())
}

fn check(target: &[u8], headers: &[Header<'_>]) {
    let values = |name: &str| -> Vec<Cow<'_, str>> {
        let values =
            headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name.as_bytes()));
        values.map(|(_, value)| String::from_utf8_lossy(value)).collect()
    };
    let [host] = &values("host")[..] else { panic!("a request names one host") };
    assert!(is_own(host), "{host:?}");
    if let Some(at) =
        target.windows(3).position(|bytes| bytes == b"://").filter(|_| target[0] != b'/')
    {
        let rest = &target[at + 3..];
        let authority = rest.split(|byte| b"/?#".contains(byte)).next().unwrap_or_default();
        assert!(is_own(&String::from_utf8_lossy(authority)), "{target:?}");
    }
    match &values("origin")[..] {
        [] => {}
        [origin] if origin == SITE => return,
        [origin] => {
            assert!(["http", "https"].iter().any(|scheme| *origin == format!("{scheme}://{host}")));
        }
        _ => panic!("a page has one origin"),
    }
    let is_link = target.starts_with(b"/") && values("sec-fetch-mode") == ["navigate"];
    let site = values("sec-fetch-site");
    let is_own_page = match &site[..] {
        [] => true,
        [site] => ["none", "same-origin"].contains(&site.as_ref()),
        _ => false,
    };
    assert!(is_link || is_own_page, "{site:?}");
}

/// Whether a name with or without a port is of this server.
fn is_own(host: &str) -> bool {
    let name = host.trim_end_matches(|last: char| last.is_ascii_digit());
    let name = name.strip_suffix(':').unwrap_or(host).to_ascii_lowercase();
    let is_v6 = |name: &str| name.parse::<Ipv6Addr>().is_ok();
    let inner = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    let labels: Vec<_> = name.split('.').filter(|label| !label.is_empty()).collect();
    inner.is_some_and(is_v6)
        || name.parse::<Ipv4Addr>().is_ok()
        || labels.last() == Some(&"localhost")
        || name == NAME
}
