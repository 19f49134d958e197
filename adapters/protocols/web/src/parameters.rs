//! The parameters of a request, which stand behind the `?` of its target.

use std::borrow::Cow;
use std::str::FromStr;

use form_urlencoded::parse;
use hyper::Uri;

use crate::refusal::Refusal;

/// The most series that a request may name one by one.
const MOST: usize = 1_000;

/// The parameters of a request, in their order.
#[derive(Debug)]
pub(crate) struct Parameters<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Parameters<'a> {
    /// Reads the parameters of a target.
    ///
    /// # Errors
    ///
    /// If one is not percent-encoded UTF-8 or not among `known`, or one that may be there once is there
    /// twice.
    pub(crate) fn read(uri: &'a Uri, known: &[&str]) -> Result<Self, Refusal> {
        let query = uri.query().unwrap_or_default();
        query.split('&').try_for_each(check_encoding)?;
        let parameters: Vec<_> = parse(query.as_bytes()).collect();
        for (index, (name, _)) in parameters.iter().enumerate() {
            if !known.contains(&&**name) {
                return Err(unknown(name, known));
            }
            let again = parameters.iter().skip(index + 1).any(|(other, _)| other == name);
            if again && !matches!(&**name, "match" | "key") {
                let error = format!("'{name}' is there twice");
                return Err(Refusal::parameter(name.clone().into_owned(), error, "give it once"));
            }
        }
        if parameters.len() > MOST {
            let error = format!("there are more than {MOST} parameters");
            return Err(Refusal::parameter("match", error, "select the series by a pattern"));
        }
        Ok(Self(parameters))
    }

    /// Returns the values of a parameter that may be there several times.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(other, _)| other == name).map(|(_, value)| &**value)
    }

    /// Returns the value of a parameter.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Returns the value of a parameter that is a number between bounds.
    pub(crate) fn number(
        &self,
        name: &'static str,
        bounds: std::ops::RangeInclusive<usize>,
    ) -> Result<Option<usize>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
        let number =
            usize::from_str(text).ok().filter(|number| is_plain && bounds.contains(number));
        let (least, most) = (bounds.start(), bounds.end());
        let refused = || {
            let error = format!("'{text}' is not a number from {least} to {most}");
            Refusal::parameter(name, error, "give such a number")
        };
        number.ok_or_else(refused).map(Some)
    }

    /// Returns which of the words a parameter is; the first word if it is not there.
    pub(crate) fn word<T: Copy>(
        &self,
        name: &'static str,
        words: &[(&'static str, T)],
    ) -> Result<Option<T>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let known = words.iter().find(|(word, _)| *word == text).map(|&(_, meaning)| meaning);
        let refused = || {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            let error = format!("'{text}' is not one of its values");
            Refusal::parameter(name, error, format!("give one of: {}", words.join(", ")))
        };
        known.ok_or_else(refused).map(Some)
    }
}

/// Checks a parameter as it was sent. What is not encoded would be read as another text.
fn check_encoding(pair: &str) -> Result<(), Refusal> {
    if decoded(pair).is_some_and(|bytes| String::from_utf8(bytes).is_ok()) {
        return Ok(());
    }
    let name = pair.split('=').next().unwrap_or_default().to_owned();
    let error = format!("'{pair}' is not percent-encoded UTF-8");
    Err(Refusal::parameter(name, error, "write each % as %25, and \u{e4} as %C3%A4"))
}

/// Returns the bytes of a percent-encoded text, or `None` if two hexadecimal digits are missing.
#[must_use]
pub fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        decoded.push(if byte == b'%' { (digit()? * 16 + digit()?) as u8 } else { byte });
    }
    Some(decoded)
}

fn unknown(name: &str, known: &[&str]) -> Refusal {
    let advice = match known {
        [] => "leave the parameters out".to_owned(),
        known => format!("it takes: {}", known.join(", ")),
    };
    Refusal::parameter(name.to_owned(), format!("there is no parameter '{name}' here"), advice)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KNOWN: &[&str] = &["match", "key", "from", "until", "points", "format"];

    #[test]
    fn what_is_not_percent_encoded_utf8_is_refused() {
        for pair in ["key=a%zz", "key=%ff", "key=%", "key=%a", "key=%C3", "key=%+1", "key%=a"] {
            let uri = format!("/v1/keys?from=1&{pair}").parse::<Uri>().unwrap();
            let refusal = Parameters::read(&uri, KNOWN).unwrap_err();
            assert_eq!(refusal.error, format!("'{pair}' is not percent-encoded UTF-8"));
        }
        for pair in ["key=%25zz", "key=%C3%a4", "key=+", "key=", "", "&", "key"] {
            let uri = format!("/v1/keys?{pair}").parse::<Uri>().unwrap();
            assert!(Parameters::read(&uri, KNOWN).is_ok(), "{pair}");
        }
    }

    proptest! {
        #[test]
        fn parameters_are_read_as_they_were_written(
            pairs in prop::collection::vec((prop::sample::select(&["match", "key"][..]), any::<String>()), 0..8),
        ) {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(&pairs);
            let uri = format!("/v1/range?{}", query.finish()).parse::<Uri>().unwrap();
            let parameters = Parameters::read(&uri, KNOWN).unwrap();
            for name in ["match", "key"] {
                let written: Vec<_> =
                    pairs.iter().filter(|(other, _)| *other == name).map(|(_, value)| &**value).collect();
                prop_assert_eq!(parameters.all(name).collect::<Vec<_>>(), written);
            }
        }

        #[test]
        fn any_target_is_read_or_refused_in_json(target in "/[!-~]{0,40}[?][!-~]{0,60}") {
            let Ok(uri) = target.parse::<Uri>() else { return Ok(()) };
            let read = Parameters::read(&uri, KNOWN);
            let number = read.and_then(|read| read.number("points", 1..=10));
            if let Err(refusal) = number {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&refusal.json()).is_ok());
            }
        }
    }
}
