//! The kinds of requests and their proportions.

use std::fmt;
use std::str::FromStr;

use fastrand::Rng;

/// The kind of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Put,
    Get,
    GetAll,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Put, Self::Get, Self::GetAll];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Get => "get",
            Self::GetAll => "get-all",
        }
    }
}

/// A share for each kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mix {
    /// In the order of [`Kind::ALL`]; their sum is neither zero nor too large.
    shares: [u32; 3],
}

impl Mix {
    /// Draws a kind.
    pub(crate) fn draw(&self, random: &mut Rng) -> Kind {
        let [put, get, get_all] = self.shares;
        match random.u32(..put + get + get_all) {
            drawn if drawn < put => Kind::Put,
            drawn if drawn < put + get => Kind::Get,
            _ => Kind::GetAll,
        }
    }
}

impl FromStr for Mix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut shares = [0; 3];
        for part in text.split(',') {
            let (kind, share) = parse_share(part).ok_or_else(|| {
                format!("`{part}` is not put=N, get=N or get-all=N, with N up to {MAX_SHARE}")
            })?;
            shares[kind as usize] = share;
        }
        let some = shares.iter().any(|&share| share > 0);
        some.then_some(Self { shares }).ok_or_else(|| "all shares are 0".to_owned())
    }
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shares = Kind::ALL.iter().zip(self.shares).filter(|(_, share)| *share > 0);
        let shares: Vec<_> =
            shares.map(|(kind, share)| format!("{}={share}", kind.name())).collect();
        f.write_str(&shares.join(","))
    }
}

fn parse_share(part: &str) -> Option<(Kind, u32)> {
    let (name, share) = part.split_once('=')?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name)?;
    let share = share.parse().ok().filter(|&share| share <= MAX_SHARE)?;
    Some((kind, share))
}

/// Small enough for a sum of three.
const MAX_SHARE: u32 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_reads_back_what_it_shows() {
        for text in ["put=1", "put=90,get=10", "get=1,get-all=1"] {
            assert_eq!(text.parse::<Mix>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_mix_is_refused() {
        for text in ["", "put", "put=", "put=-1", "put=0", "del=1", "put=1,", "put=1000001"] {
            assert!(text.parse::<Mix>().is_err(), "{text}");
        }
    }

    #[test]
    fn kinds_are_drawn_by_their_shares() {
        let (mix, mut random) = ("put=90,get=10".parse::<Mix>().unwrap(), Rng::with_seed(1));
        let gets = (0..10_000).filter(|_| mix.draw(&mut random) == Kind::Get).count();
        assert!((900..1100).contains(&gets), "{gets}");
    }
}
