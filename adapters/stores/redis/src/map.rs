//! Which server has a part.

use std::sync::Mutex;

use redis::Value;

use crate::layout::{ALL, PARTS};
use crate::node::Address;

/// Which server has a part. It is as the engine said last, and may be outdated: then the server says so.
#[derive(Debug)]
pub(crate) struct Map(Mutex<Vec<Address>>);

impl Map {
    pub(crate) fn new(seed: &Address) -> Self {
        Self(Mutex::new(vec![seed.clone(); PARTS]))
    }

    pub(crate) fn of(&self, part: usize) -> Address {
        self.0.lock().expect("no holder panics")[part].clone()
    }

    /// Notes that a part is at another server.
    pub(crate) fn moved(&self, part: usize, to: &Address) {
        self.0.lock().expect("no holder panics")[part].clone_from(to);
    }

    /// Takes the reply to CLUSTER SLOTS, asked of a server. Parts that it does not mention stay.
    pub(crate) fn read(&self, value: &Value, asked: &Address) {
        let Value::Array(ranges) = value else { return };
        let mut map = self.0.lock().expect("no holder panics");
        for (from, to, master) in ranges.iter().filter_map(|range| read_range(range, asked)) {
            let within = |part: &usize| (from..=to).contains(&i64::from(ALL[*part].slot));
            (0..PARTS).filter(within).for_each(|part| map[part].clone_from(&master));
        }
    }

    /// Has one server for all parts.
    pub(crate) fn fill(&self, with: &Address) {
        self.0.lock().expect("no holder panics").fill(with.clone());
    }

    /// Returns all servers that have parts.
    pub(crate) fn all(&self) -> Vec<Address> {
        let mut all = self.0.lock().expect("no holder panics").clone();
        all.sort_unstable();
        all.dedup();
        all
    }
}

fn read_range(range: &Value, asked: &Address) -> Option<(i64, i64, Address)> {
    let Value::Array(range) = range else { return None };
    let [Value::Int(from), Value::Int(to), Value::Array(master), ..] = &range[..] else {
        return None;
    };
    let [host, Value::Int(port), ..] = &master[..] else { return None };
    let host = match host {
        Value::BulkString(host) => str::from_utf8(host).ok()?,
        // It does not know its own name: it is the server that was asked.
        _ => "",
    };
    Some((*from, *to, address(host, &port.to_string(), asked)?))
}

/// Returns the address in the text of a redirection, `SLOT HOST:PORT`.
pub(crate) fn redirection(text: &str, asked: &Address) -> Option<Address> {
    let (host, port) = text.split_whitespace().nth(1)?.rsplit_once(':')?;
    address(host, port, asked)
}

/// An empty host is that of the server that says so.
fn address(host: &str, port: &str, asked: &Address) -> Option<Address> {
    let port: u16 = port.parse().ok()?;
    let host = match host {
        "" | "?" => asked.rsplit_once(':')?.0,
        host => host,
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Some(
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
            .into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_read_as_they_are_told() {
        let asked: Address = "a:1".into();
        let map = Map::new(&asked);
        let text = |text: &str| Value::BulkString(text.into());
        let range = |from, to, host: &str, port| {
            let master = Value::Array(vec![text(host), Value::Int(port), text("id")]);
            Value::Array(vec![Value::Int(from), Value::Int(to), master])
        };
        let ranges = vec![range(0, 8_191, "b", 2), range(8_192, 12_000, "", 3), Value::Nil];
        map.read(&Value::Array(ranges), &asked);
        let parts = [0, 127, 128, 187, 255].map(|part| map.of(part).to_string());
        assert_eq!(parts, ["b:2", "b:2", "a:3", "a:3", "a:1"]);
        map.moved(255, &"c:4".into());
        assert_eq!(
            map.all().iter().map(|it| &**it).collect::<Vec<_>>(),
            ["a:1", "a:3", "b:2", "c:4"]
        );
    }

    #[test]
    fn a_redirection_names_a_server() {
        for (text, due) in [
            ("3999 127.0.0.1:6381", Some("127.0.0.1:6381")),
            ("3999 :6381", Some("a:6381")),
            ("3999 ::1:6381", Some("[::1]:6381")),
            ("3999 b", None),
            ("3999 b:x", None),
            ("", None),
        ] {
            assert_eq!(redirection(text, &"a:1".into()).as_deref(), due, "{text}");
        }
    }
}
