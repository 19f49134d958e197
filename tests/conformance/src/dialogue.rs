//! Random dialogues with a server and the model side by side.

use fastrand::Rng;

use crate::Model;
use crate::client::Client;
use crate::reply::{assert_same, shown};
use crate::trial::Trial;

/// A server and the model, which get the same requests.
pub struct Pair<'a> {
    trial: Trial<'a>,
    /// The connections to the server.
    pub clients: Vec<Client>,
    model: Model,
    /// The number of compared replies.
    pub steps: usize,
}

impl<'a> Pair<'a> {
    /// Opens connections, and creates a model with the bounds of the server.
    pub fn new(trial: &Trial<'a>, connections: usize) -> Self {
        Self {
            trial: trial.clone(),
            clients: trial.connect_many(connections),
            model: Model::new(trial.offer().into()),
            steps: 0,
        }
    }

    /// Sends a line through one of the connections and compares its reply.
    pub fn ask(&mut self, line: &str, connection: usize) {
        self.clients[connection].send(format!("{line}\n"));
        self.compare_next(line, connection);
    }

    /// Reads the reply to a line that was sent earlier, and compares it.
    pub fn compare_next(&mut self, line: &str, connection: usize) {
        self.steps += 1;
        let got = self.trial.own(&self.clients[connection].reply());
        let expected = self.model.feed(format!("{line}\n").as_bytes());
        let about = format!("in reply to request {}, {}", self.steps, shown(line.as_bytes()));
        assert_same(&about, &expected, &got);
    }
}

/// Returns a random line, mostly a valid request. It stores under no key but the given ones.
pub fn any_line(random: &mut Rng, keys: &[String]) -> String {
    let key = &keys[random.usize(..keys.len())];
    let mut fields = match random.u32(..30) {
        0..19 => vec!["put".into(), key.clone(), any_value(random), any_timestamp(random)],
        19..29 => vec!["get".into(), key.clone()],
        _ => vec!["get".into(), "*".into()],
    };
    if random.u32(..8) == 0 {
        spoil(random, &mut fields);
    }
    let separator =
        if random.u32(..40) == 0 { one_of(random, &["  ", "\t", "\u{a0}"]) } else { " " };
    let end = one_of(random, &["", "", "", "\r"]);
    fields.join(separator) + end
}

/// Changes a random field except the key.
fn spoil(random: &mut Rng, fields: &mut Vec<String>) {
    let place = one_of(random, &[0, 2, 3]);
    match (random.u32(..4), fields.get_mut(place)) {
        (0, _) => fields.truncate(place),
        (1, _) => fields.push("1".into()),
        (_, Some(field)) => {
            let at = random.usize(..=field.len());
            field.insert(at, one_of(random, &SPOILERS));
        }
        (_, None) => fields.push(String::new()),
    }
}

fn any_value(random: &mut Rng) -> String {
    match random.u32(..4) {
        0 => any_double(random),
        1 => random.i32(-100..100).to_string(),
        2 => format!("{}.{}", random.u16(..), random.u64(..)),
        _ => one_of(random, &["nan", "inf", "1e400", "5.", ".5", "-0", "1e-400", "."]).into(),
    }
}

/// Formats a random double in one of the notations of programs.
pub fn any_double(random: &mut Rng) -> String {
    let value = f64::from_bits(random.u64(..));
    let modest = value.abs() > 1e-20 && value.abs() < 1e20;
    if modest { value.to_string() } else { format!("{value:e}") }
}

/// Returns one of a few timestamps, so that samples are replaced, and sometimes an extreme one.
fn any_timestamp(random: &mut Rng) -> String {
    match random.u32(..20) {
        0 => random.i64(..).to_string(),
        1 => one_of(random, &["9223372036854775808", "-9223372036854775809", "1.0", "+7", "007"])
            .into(),
        _ => random.i64(-20..20).to_string(),
    }
}

fn one_of<T: Copy>(random: &mut Rng, choices: &[T]) -> T {
    choices[random.usize(..choices.len())]
}

const SPOILERS: [char; 14] =
    ['0', '1', '5', '9', '+', '-', '.', 'e', 'E', '_', 'x', 'N', '\0', '\u{a0}'];
