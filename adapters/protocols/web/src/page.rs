//! The page: one file, compressed when it was built, that asks for nothing elsewhere.

use std::io::Read;

use flate2::read::GzDecoder;
use hyper::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, REFERRER_POLICY, VARY,
};
use hyper::{Response, StatusCode};

use crate::body::Content;
use crate::preference::preferred;
use crate::route::Reply;

/// The page and what its build found out, by `.ci/page`.
const PAGE: &[u8] = include_bytes!("../page.html.gz");
const POLICY: &str = include_str!("../page.csp");
const TAG: &str = include_str!("../page.etag");

/// Replies with the page, or that the browser has it already.
pub(crate) fn page(headers: &HeaderMap) -> Reply {
    let is_known = headers.get_all(IF_NONE_MATCH).iter().any(|tags| {
        let tags = tags.to_str().unwrap_or_default();
        tags.split(',')
            .any(|tag| tag.trim().trim_start_matches("W/") == TAG.trim() || tag.trim() == "*")
    });
    let mut reply = Response::new(Content::Whole(Default::default()));
    if is_known {
        *reply.status_mut() = StatusCode::NOT_MODIFIED;
    } else if takes_gzip(headers) {
        *reply.body_mut() = Content::Whole(PAGE.into());
        reply.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    } else {
        *reply.body_mut() = Content::Whole(unpacked().into());
    }
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY.trim()),
        (ETAG, TAG.trim()),
        (CACHE_CONTROL, "no-cache"),
        (VARY, "accept-encoding"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("x-frame-options"), "DENY"),
    ] {
        reply.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    reply
}

fn unpacked() -> Vec<u8> {
    let mut page = Vec::new();
    // What the build packed can be unpacked; a test does so.
    let _ = GzDecoder::new(PAGE).read_to_end(&mut page);
    page
}

/// Whether the peer reads gzip: it must say so.
pub(crate) fn takes_gzip(headers: &HeaderMap) -> bool {
    preferred(headers, ACCEPT_ENCODING, &[((), &["gzip", "x-gzip", "*"])]).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_whole() {
        let page = unpacked();
        assert!(
            page.starts_with(b"<!doctype html>") && page.trim_ascii_end().ends_with(b"</html>")
        );
    }

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        for (list, takes) in [
            ("gzip", true),
            ("deflate, gzip;q=0.5", true),
            ("*", true),
            ("br , x-gzip ; q=1.0", true),
            ("gzip;q=0", false),
            ("gzip;q=0.0, br", false),
            ("gzip;q=0, *", false),
            ("identity", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(list))]);
            assert_eq!(takes_gzip(&headers), takes, "{list}");
        }
    }
}
