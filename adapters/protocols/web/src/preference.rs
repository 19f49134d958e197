//! What a peer prefers, as the headers `Accept` and `Accept-Encoding` say it.

use hyper::header::{HeaderMap, HeaderName};

/// Returns which of `offers` a header prefers, and `None` if it takes none or is not there.
///
/// An offer is what it gives, and the names that a header has for it: its own one first, then those
/// of all that are like it. The most exact name tells how much it is wanted.
pub(crate) fn preferred<T: Copy>(
    headers: &HeaderMap,
    header: HeaderName,
    offers: &[(T, &[&str])],
) -> Option<T> {
    let lists = headers.get_all(header).iter().map(|list| list.to_str().unwrap_or_default());
    let wishes: Vec<_> = lists.flat_map(|list| list.split(',')).map(wish).collect();
    let wanted = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| wishes.iter().position(|(other, _)| other.eq_ignore_ascii_case(name)))
    };
    let found = offers.iter().filter_map(|&(offer, names)| {
        let place = wanted(names)?;
        (wishes[place].1 > 0).then_some((wishes[place].1, std::cmp::Reverse(place), offer))
    });
    // Of those that are wanted as much, the first one.
    let best =
        found.reduce(|best, next| if (next.0, next.1) > (best.0, best.1) { next } else { best });
    best.map(|(_, _, offer)| offer)
}

/// Splits a name from its quality, in thousandths.
fn wish(text: &str) -> (&str, u32) {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let quality = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
    let quality = quality.map_or(Some(1.0), |quality| quality.trim().parse::<f32>().ok());
    // A quality that is none wants nothing.
    (name, (quality.unwrap_or_default().clamp(0.0, 1.0) * 1000.0) as u32)
}

#[cfg(test)]
mod tests {
    use hyper::header::{ACCEPT, HeaderValue};

    use super::*;

    #[test]
    fn the_most_wanted_offer_is_preferred_and_of_equals_the_first() {
        let offers = [('j', &["a/json", "a/*", "*/*"][..]), ('c', &["t/csv", "t/*", "*/*"])];
        for (list, expected) in [
            ("", None),
            ("a/json", Some('j')),
            ("t/csv, a/json", Some('c')),
            ("a/json;q=0.5, T/CSV ; v=1 ; q=0.501", Some('c')),
            ("*/*", Some('j')),
            ("a/json;q=0, */*;q=0.1", Some('c')),
            ("t/*, a/*;q=0.9", Some('c')),
            ("t/csv;q=0, t/*", None),
            ("a/json;q=x, t/csv;q=0.001", Some('c')),
            ("a/json;q=nan", None),
            ("a/json;q=9, t/csv", Some('j')),
            ("x/y, ,;", None),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(list))]);
            assert_eq!(preferred(&headers, ACCEPT, &offers), expected, "{list}");
        }
        assert_eq!(preferred(&HeaderMap::new(), ACCEPT, &offers), None);
    }
}
