//! What a server holds, and what the commands of the store do to it, as Redis documents them.

use std::collections::{BTreeMap, BTreeSet};

use crate::seal::{REMOVAL, SCRIPT};

type Text = Vec<u8>;

/// What is stored under each name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Data {
    hashes: BTreeMap<Text, BTreeMap<Text, Text>>,
    /// Sorted sets whose scores are all 0, so that they are in the order of their bytes.
    sets: BTreeMap<Text, BTreeSet<Text>>,
}

/// A reply.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Number(i64),
    Texts(Vec<Text>),
    Simple(&'static str),
    /// Ranges of slots, and the ports of who has them.
    Slots(Vec<(usize, usize, usize)>),
    Error(String),
}

impl Reply {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Number(number) => out.extend(format!(":{number}\r\n").bytes()),
            Self::Simple(text) => out.extend(format!("+{text}\r\n").bytes()),
            Self::Slots(ranges) => {
                out.extend(format!("*{}\r\n", ranges.len()).bytes());
                for (first, last, port) in ranges {
                    let master = format!("*2\r\n$3\r\nsim\r\n:{port}\r\n");
                    out.extend(format!("*3\r\n:{first}\r\n:{last}\r\n{master}").bytes());
                }
            }
            Self::Error(text) => out.extend(format!("-{text}\r\n").bytes()),
            Self::Texts(texts) => {
                out.extend(format!("*{}\r\n", texts.len()).bytes());
                for text in texts {
                    out.extend(format!("${}\r\n", text.len()).bytes());
                    out.extend(text);
                    out.extend(b"\r\n");
                }
            }
        }
    }
}

impl Data {
    pub(crate) fn has(&self, name: &[u8]) -> bool {
        self.hashes.contains_key(name) || self.sets.contains_key(name)
    }

    /// Moves a name to another server.
    pub(crate) fn give(&mut self, name: &[u8], other: &mut Self) {
        if let Some((name, hash)) = self.hashes.remove_entry(name) {
            other.hashes.insert(name, hash);
        }
        if let Some((name, set)) = self.sets.remove_entry(name) {
            other.sets.insert(name, set);
        }
    }

    pub(crate) fn names(&self) -> Vec<Text> {
        self.hashes.keys().chain(self.sets.keys()).cloned().collect()
    }

    /// Executes a command.
    pub(crate) fn execute(&mut self, command: &[Text]) -> Reply {
        let name = || command[1].clone();
        match &command[0][..] {
            b"HSET" => self.set_fields(name(), &command[2..]),
            b"HGETALL" => Reply::Texts(self.all_fields(&command[1])),
            b"HLEN" => Reply::Number(self.hashes.get(&command[1]).map_or(0, BTreeMap::len) as i64),
            b"ZADD" => Reply::Number(i64::from(self.add(name(), command[3].clone()))),
            b"ZCARD" => Reply::Number(self.sets.get(&command[1]).map_or(0, BTreeSet::len) as i64),
            b"ZRANGE" => Reply::Texts(self.members(&command[1]).next().into_iter().collect()),
            b"ZREVRANGE" => Reply::Texts(self.members(&command[1]).last().into_iter().collect()),
            b"ZRANGEBYLEX" => {
                let limit = limit(&command[4..]);
                Reply::Texts(
                    self.range(&command[1], &command[2], &command[3]).take(limit).collect(),
                )
            }
            b"ZREVRANGEBYLEX" => {
                let mut range: Vec<_> = self.range(&command[1], &command[3], &command[2]).collect();
                range.reverse();
                range.truncate(limit(&command[4..]));
                Reply::Texts(range)
            }
            b"EVAL" if command[1] == SCRIPT.as_bytes() => self.seal(&command[3..]),
            b"EVAL" if command[1] == REMOVAL.as_bytes() => self.remove(&command[3..]),
            other => panic!("{} is not simulated", String::from_utf8_lossy(other)),
        }
    }

    fn set_fields(&mut self, name: Text, pairs: &[Text]) -> Reply {
        let hash = self.hashes.entry(name).or_default();
        let before = hash.len();
        hash.extend(pairs.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())));
        Reply::Number((hash.len() - before) as i64)
    }

    fn all_fields(&self, name: &[u8]) -> Vec<Text> {
        let pairs = self.hashes.get(name).into_iter().flatten();
        pairs.flat_map(|(field, text)| [field.clone(), text.clone()]).collect()
    }

    fn add(&mut self, name: Text, member: Text) -> bool {
        self.sets.entry(name).or_default().insert(member)
    }

    fn members(&self, name: &[u8]) -> impl Iterator<Item = Text> {
        self.sets.get(name).into_iter().flatten().cloned()
    }

    fn range(&self, name: &[u8], from: &[u8], to: &[u8]) -> impl Iterator<Item = Text> {
        let is_within = move |member: &Text| {
            let is_behind = match from {
                [b'[', from @ ..] => member[..] >= *from,
                [b'(', from @ ..] => member[..] > *from,
                _ => from == b"-",
            };
            is_behind
                && match to {
                    [b'[', to @ ..] => member[..] <= *to,
                    [b'(', to @ ..] => member[..] < *to,
                    _ => to == b"+",
                }
        };
        self.members(name).filter(is_within)
    }

    /// Seals, as the script's documentation says. `words` are the names of the head and of the runs, and the
    /// arguments.
    fn seal(&mut self, words: &[Text]) -> Reply {
        let [head, runs, first, last, rest @ ..] = words else { panic!("{words:?}") };
        let [read, rest] = counted(rest);
        let (stay, rest) = (number(&rest[0]), &rest[1..]);
        let [new, rest] = counted(rest);
        let (grow, fields) = (&rest[0], &rest[1..]);
        let mut there: Vec<_> = self.range(runs, b"-", first).last().into_iter().collect();
        there.extend(self.range(runs, &[b"(", &first[1..]].concat(), last));
        let hash = self.hashes.get(head).cloned().unwrap_or_default();
        if there != read || fields.chunks(2).any(|field| !hash.contains_key(&field[0])) {
            return Reply::Number(0);
        }
        let set = self.sets.entry(runs.clone()).or_default();
        read[stay..].iter().for_each(|run| _ = set.remove(run));
        set.extend(new.iter().cloned());
        let hash = self.hashes.entry(head.clone()).or_default();
        fields.chunks(2).for_each(|field| {
            if hash.get(&field[0]) == Some(&field[1]) {
                hash.remove(&field[0]);
            }
        });
        let sealed = hash.get(&b"n"[..]).map_or(0, |text| signed(text)) + signed(grow);
        hash.insert(b"n".to_vec(), sealed.to_string().into_bytes());
        Reply::Number(1)
    }

    /// Removes a series. `words` are the names of index, head and runs, and the key.
    fn remove(&mut self, words: &[Text]) -> Reply {
        let [index, head, runs, key] = words else { panic!("{words:?}") };
        let index_is_empty = self.sets.get_mut(index).is_some_and(|set| {
            set.remove(key);
            set.is_empty()
        });
        if index_is_empty {
            self.sets.remove(index);
        }
        let fields = self.hashes.remove(head).unwrap_or_default();
        let has_samples = fields.keys().any(|field| field != b"i" && field != b"n");
        let had_runs = self.sets.remove(runs).is_some();
        Reply::Number(i64::from(has_samples || had_runs))
    }
}

/// The limit in `LIMIT 0 COUNT`, if it is there.
fn limit(words: &[Text]) -> usize {
    words.get(2).map_or(usize::MAX, |limit| number(limit))
}

/// Divides words into so many as the first one says, and what is behind.
fn counted(words: &[Text]) -> [&[Text]; 2] {
    let (counted, rest) = words[1..].split_at(number(&words[0]));
    [counted, rest]
}

fn number(text: &[u8]) -> usize {
    usize::try_from(signed(text)).expect("it is positive")
}

fn signed(text: &[u8]) -> i64 {
    str::from_utf8(text).expect("it is text").parse().expect("it is a number")
}
