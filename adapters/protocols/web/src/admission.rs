//! Who may ask. A browser runs the scripts of every site that its user visits, and those can reach a
//! server on the user's machine or in the same network: they must neither read nor write.

use std::net::{IpAddr, Ipv6Addr};

use hyper::header::{HOST, HeaderMap, HeaderName, ORIGIN, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode, Version};

use crate::refusal::Refusal;
use crate::settings::Settings;

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Whether a server with these settings would answer GET of a target with these headers, as far as it is
/// a matter of who asks. Returns `None` if that is no request.
#[must_use]
pub fn is_admitted(target: &[u8], headers: &[(&[u8], &[u8])], settings: &Settings) -> Option<bool> {
    let request = Request::get(target);
    let request =
        headers.iter().fold(request, |request, &(name, value)| request.header(name, value));
    let (head, ()) = request.body(()).ok()?.into_parts();
    Some(admit(&head, settings).is_ok())
}

/// Checks that a request is for this server, and that no page of another site made it. Returns the
/// other site whose pages are allowed, if one made it.
pub(crate) fn admit(head: &Parts, settings: &Settings) -> Result<Option<String>, Refusal> {
    check_coding(&head.headers)?;
    let host = host(head)?;
    for name in host.into_iter().chain(head.uri.authority().map(|authority| authority.as_str())) {
        check_host(name, settings)?;
    }
    let origin = only(&head.headers, ORIGIN)?;
    if let Some(origin) = origin.filter(|origin| settings.origins.iter().any(|one| one == origin)) {
        return Ok(Some(origin.to_owned()));
    }
    let is_own = |origin: &str| {
        let authority = origin.strip_prefix("http://").or(origin.strip_prefix("https://"));
        authority.is_some() && authority == host
    };
    match origin {
        Some(origin) if !is_own(origin) => Err(foreign("origin", origin)),
        _ => check_site(head).map(|()| None),
    }
}

/// Refuses what a browser says comes from another site, unless the user followed a link to the page.
fn check_site(head: &Parts) -> Result<(), Refusal> {
    let is_link = head.method == Method::GET
        && head.uri.path() == "/"
        && only(&head.headers, MODE)?.is_some_and(|mode| mode == "navigate");
    match only(&head.headers, SITE)? {
        Some("none" | "same-origin") | None => Ok(()),
        Some(_) if is_link => Ok(()),
        Some(site) => Err(foreign("sec-fetch-site", site)),
    }
}

fn foreign(place: &'static str, site: &str) -> Refusal {
    Refusal::new(
        StatusCode::FORBIDDEN,
        place,
        format!("a page of another site made this request ({site})"),
        "open the server's own page, or start the server with --allow-origin for that site",
    )
}

/// Returns the value of the header `Host`. Only a request of HTTP/1.0 may lack it.
fn host(head: &Parts) -> Result<Option<&str>, Refusal> {
    match only(&head.headers, HOST)? {
        None if head.version != Version::HTTP_10 => Err(wrong("the header is missing", "host")),
        host => Ok(host),
    }
}

/// Refuses a body that is coded besides its chunks, which is not read here.
fn check_coding(headers: &HeaderMap) -> Result<(), Refusal> {
    match only(headers, TRANSFER_ENCODING)? {
        Some(coding) if !coding.eq_ignore_ascii_case("chunked") => Err(Refusal::new(
            StatusCode::NOT_IMPLEMENTED,
            TRANSFER_ENCODING.as_str(),
            format!("'{coding}' is not read"),
            "use chunked alone",
        )),
        _ => Ok(()),
    }
}

/// Returns the value of a header that may be there once.
fn only(headers: &HeaderMap, name: HeaderName) -> Result<Option<&str>, Refusal> {
    let mut values = headers.get_all(&name).iter();
    let value = values.next().map(|value| value.to_str());
    let value = value.transpose().map_err(|_| wrong("the header is not text", name.as_str()))?;
    match values.next() {
        None => Ok(value),
        Some(_) => Err(wrong("the header is there twice", name.as_str())),
    }
}

fn wrong(error: &'static str, name: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, name.to_owned(), error, "send it once")
}

/// A name that this server was not given may be one that another site had resolve to this address.
fn check_host(host: &str, settings: &Settings) -> Result<(), Refusal> {
    let name = without_port(host);
    let is_known = settings.hosts.iter().any(|known| known.eq_ignore_ascii_case(name));
    if is_address(name) || is_localhost(name) || is_known {
        return Ok(());
    }
    let mut refusal = Refusal::new(
        StatusCode::FORBIDDEN,
        "host",
        format!("the server does not know that it is called '{name}'"),
        format!("start it with --host {name}, or use its address"),
    );
    refusal.name = Some(name.chars().take(255).collect());
    Err(refusal)
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_address(name: &str) -> bool {
    let inner = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    match inner {
        Some(inner) => inner.parse::<Ipv6Addr>().is_ok(),
        None => name.parse::<IpAddr>().is_ok_and(|address| address.is_ipv4()),
    }
}

fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn settings() -> Settings {
        let mut settings = Settings::new("metric-test", "1");
        settings.hosts.push("Palm.lan".into());
        settings.origins.push("https://board.example".into());
        settings
    }

    fn admitted(target: &str, headers: &[(&str, &str)]) -> Result<Option<String>, StatusCode> {
        let mut request = Request::get(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        admit(&head, &settings()).map_err(|refusal| refusal.status)
    }

    #[test]
    fn a_server_answers_to_its_addresses_to_localhost_and_to_names_it_was_given() {
        for host in [
            "127.0.0.1:8888",
            "127.0.0.1",
            "[::1]:8888",
            "[fe80::1]",
            "localhost",
            "LOCALHOST:1",
            "a.localhost",
            "localhost.",
            "palm.LAN:8888",
            "palm.lan",
        ] {
            assert_eq!(admitted("/", &[("host", host)]), Ok(None), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:8888",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "xlocalhost",
            "palm.lan.",
            "palm",
            "[evil]",
            "::1",
            "[127.0.0.1]",
            "0x7f.1",
            "127.1",
            "user@127.0.0.1",
            "",
            ":8888",
        ] {
            assert_eq!(admitted("/", &[("host", host)]), Err(StatusCode::FORBIDDEN), "{host}");
        }
        let twice = [("host", "127.0.0.1"), ("host", "127.0.0.1")];
        for headers in [&[][..], &twice] {
            assert_eq!(admitted("/", headers), Err(StatusCode::BAD_REQUEST));
        }
        let absolute = admitted("http://evil.example/v1/keys", &[("host", "127.0.0.1")]);
        assert_eq!(absolute, Err(StatusCode::FORBIDDEN));
    }

    #[test]
    fn pages_of_other_sites_are_refused() {
        let host = ("host", "127.0.0.1:8888");
        for headers in [
            &[("origin", "http://127.0.0.1:8888")][..],
            &[("origin", "https://127.0.0.1:8888"), ("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")],
        ] {
            assert_eq!(admitted("/v1/keys", &[&[host], headers].concat()), Ok(None), "{headers:?}");
        }
        for headers in [
            &[("origin", "http://evil.example")][..],
            &[("origin", "null")],
            &[("origin", "http://127.0.0.1:3000")],
            &[("origin", "http://127.0.0.1")],
            &[("origin", "file://127.0.0.1:8888")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")],
            &[("origin", "http://127.0.0.1:8888"), ("sec-fetch-site", "cross-site")],
        ] {
            let result = admitted("/v1/keys", &[&[host], headers].concat());
            assert_eq!(result, Err(StatusCode::FORBIDDEN), "{headers:?}");
        }
        let link = [host, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
        assert_eq!(admitted("/", &link), Ok(None));
        let allowed = [host, ("origin", "https://board.example"), ("sec-fetch-site", "cross-site")];
        assert_eq!(admitted("/v1/keys", &allowed), Ok(Some("https://board.example".into())));
    }

    proptest! {
        /// Only what is written down above is known, whatever stands around it.
        #[test]
        fn no_text_around_a_foreign_name_makes_it_known(
            before in "[a-z0-9.:@/\\[\\]#?%-]{0,12}",
            after in "[a-z0-9.:@/\\[\\]#?%-]{0,12}",
        ) {
            let host = format!("{before}evil{after}");
            let known = check_host(&host, &settings()).is_ok();
            // Names below localhost are this machine's.
            let below = without_port(&host).trim_end_matches('.').ends_with(".localhost");
            prop_assert_eq!(known, below, "{}", host);
        }

        #[test]
        fn any_headers_are_admitted_or_refused(headers in prop::collection::vec(
            (prop::sample::select(&["host", "origin", "sec-fetch-site", "sec-fetch-mode"][..]), "[ -~]{0,20}"),
            0..5,
        )) {
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, &**value)).collect();
            if let Ok(Some(origin)) = admitted("/v1/keys", &headers) {
                prop_assert_eq!(origin, "https://board.example");
            }
        }
    }
}
