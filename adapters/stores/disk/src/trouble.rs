//! What the log says while files cannot be written: a line when that begins, at most one a minute while
//! it lasts, and one when it is over.

use std::fmt;
use std::time::{Duration, Instant};

/// The shortest time between two lines of what lasts.
const PERIOD: Duration = Duration::from_secs(60);

/// Whether writing fails, and since when.
#[derive(Debug, Default)]
pub(crate) struct Trouble(Option<Lasting>);

#[derive(Debug)]
struct Lasting {
    since: Instant,
    told: Instant,
    is_refusing: bool,
    /// The puts that were refused before, and before the last line.
    before: u64,
    told_refused: u64,
}

/// How it goes with writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Well,
    /// Something failed, and puts are still taken.
    Failing,
    /// Puts are refused.
    Refusing,
}

/// What the log has to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// It has just become worse.
    Begins,
    /// It lasts; so many puts were refused since the last line.
    Lasts { time: Lasted, refused: u64 },
    /// It is over; so many puts were refused in all.
    Over { time: Lasted, refused: u64 },
}

/// A time, rounded for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lasted(Duration);

impl Trouble {
    /// Notes how it goes, and how many puts were ever refused.
    pub(crate) fn note(&mut self, state: State, now: Instant, refused: u64) -> Option<News> {
        let Some(lasting) = &mut self.0 else {
            let is_refusing = state == State::Refusing;
            let begun = Lasting {
                since: now,
                told: now,
                is_refusing,
                before: refused,
                told_refused: refused,
            };
            self.0 = (state != State::Well).then_some(begun);
            return self.0.as_ref().map(|_| News::Begins);
        };
        let time = Lasted(now.saturating_duration_since(lasting.since));
        if state == State::Well {
            let refused = refused - lasting.before;
            self.0 = None;
            return Some(News::Over { time, refused });
        }
        let is_worse = state == State::Refusing && !lasting.is_refusing;
        if !is_worse && now.saturating_duration_since(lasting.told) < PERIOD {
            return None;
        }
        let new = refused - lasting.told_refused;
        (lasting.told, lasting.told_refused) = (now, refused);
        lasting.is_refusing |= is_worse;
        Some(if is_worse { News::Begins } else { News::Lasts { time, refused: new } })
    }
}

impl fmt::Display for Lasted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_secs() {
            seconds @ ..120 => write!(f, "{seconds} s"),
            seconds @ ..7_200 => write!(f, "{} min", seconds / 60),
            seconds => write!(f, "{} h", seconds / 3_600),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::State::{Failing, Refusing, Well};
    use super::*;

    /// How it goes at a second, with how many puts refused, and what the log is told.
    type Step = (State, u64, u64, Option<&'static str>);

    fn tell(news: News) -> String {
        match news {
            News::Begins => "begins".to_owned(),
            News::Lasts { time, refused } => format!("lasts {time}, {refused} refused"),
            News::Over { time, refused } => format!("over after {time}, {refused} refused"),
        }
    }

    #[test]
    fn trouble_is_told_when_it_begins_once_a_minute_and_when_it_is_over() {
        let steps: &[Step] = &[
            (Well, 0, 5, None),
            (Failing, 1, 5, Some("begins")),
            (Failing, 2, 5, None),
            (Refusing, 3, 7, Some("begins")),
            (Failing, 4, 9, None),
            (Refusing, 5, 10, None),
            (Refusing, 62, 20, None),
            (Refusing, 63, 25, Some("lasts 62 s, 18 refused")),
            (Refusing, 64, 26, None),
            (Failing, 200, 30, Some("lasts 3 min, 5 refused")),
            (Well, 7_201, 31, Some("over after 2 h, 26 refused")),
            (Well, 7_202, 31, None),
            (Refusing, 7_203, 32, Some("begins")),
            (Well, 7_203, 32, Some("over after 0 s, 0 refused")),
        ];
        let (mut trouble, start) = (Trouble::default(), Instant::now());
        for &(state, second, refused, told) in steps {
            let news = trouble.note(state, start + Duration::from_secs(second), refused);
            assert_eq!(news.map(tell).as_deref(), told, "second {second}");
        }
    }
}
