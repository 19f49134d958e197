//! Why a request is refused: what was wrong, where, and what to do.

use std::borrow::Cow;

use hyper::StatusCode;

/// A refusal, as the peer is told it.
#[non_exhaustive]
#[derive(Debug)]
pub struct Refusal {
    /// The status of the reply.
    pub status: StatusCode,
    /// What was wrong.
    pub error: Cow<'static, str>,
    /// A parameter, a header, the path, the body or the reply.
    pub place: Cow<'static, str>,
    /// What to do.
    pub advice: Cow<'static, str>,
    /// The name by which the server was called wrongly.
    pub(crate) name: Option<String>,
    /// How many series a request selects whose count was wrong.
    pub(crate) count: Option<usize>,
}

impl Refusal {
    /// Creates a refusal.
    pub fn new(
        status: StatusCode,
        place: impl Into<Cow<'static, str>>,
        error: impl Into<Cow<'static, str>>,
        advice: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            place: place.into(),
            error: error.into(),
            advice: advice.into(),
            name: None,
            count: None,
        }
    }

    /// A wrong parameter.
    pub fn parameter(
        place: impl Into<Cow<'static, str>>,
        error: impl Into<Cow<'static, str>>,
        advice: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(StatusCode::BAD_REQUEST, place, error, advice)
    }

    /// Its text as JSON.
    pub(crate) fn json(&self) -> String {
        let mut json = String::new();
        for (name, text) in [
            ("{\"error\": ", &self.error),
            (", \"where\": ", &self.place),
            (", \"advice\": ", &self.advice),
        ] {
            json.push_str(name);
            quote(&mut json, text);
        }
        if let Some(count) = self.count {
            json.push_str(&format!(", \"count\": {count}"));
        }
        json.push_str("}\n");
        json
    }
}

/// Appends a text as JSON has it. Nothing in it can end a script of a web page.
pub fn quote(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            '<' | '\u{2028}' | '\u{2029}' | '\0'..='\x1f' | '\x7f' => {
                json.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            _ => json.push(character),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_json_whatever_it_quotes() {
        let refusal = Refusal::parameter("from", "'\"\\\n<' is not a time", "do");
        assert_eq!(
            refusal.json(),
            "{\"error\": \"'\\\"\\\\\\u000a\\u003c' is not a time\", \"where\": \"from\", \"advice\": \"do\"}\n"
        );
    }
}
