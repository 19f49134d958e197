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
    /// If one is not among `known`, or one that may be there once is there twice.
    pub(crate) fn read(uri: &'a Uri, known: &[&str]) -> Result<Self, Refusal> {
        let parameters: Vec<_> = parse(uri.query().unwrap_or_default().as_bytes()).collect();
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
