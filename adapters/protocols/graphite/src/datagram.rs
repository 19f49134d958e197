//! Datagrams of lines.

use std::net::SocketAddr;

use metric_proto::{LONGEST_KEY, Lost, Position, Refused, Request, Store};

use crate::counters::Escaped;
use crate::dialect::{Dialect, Said};
use crate::door::Door;

/// Stores the samples of a datagram: lines, of which the last may lack its line feed. `wait` waits
/// until the store is ready; it is not called for the samples that are stored last. If it fails, the
/// rest of the datagram is dropped.
pub fn store_datagram<D: Dialect, S: Store>(
    door: &Door<D>,
    store: &mut S,
    datagram: &[u8],
    peer: SocketAddr,
    wait: impl Fn(&mut S) -> Result<(), Lost>,
) {
    let (mut stored, mut refused, mut room) = (0, 0, [0; LONGEST_KEY]);
    for line in datagram.split(|&byte| byte == b'\n') {
        match door.read(line.strip_suffix(b"\r").unwrap_or(line), &mut room) {
            Ok(Said::Sample(key, sample)) => {
                let mut put = store.put(key, sample);
                while put == Err(Refused::NotYet) {
                    store.want(Request::Put { key, sample }, Position::START);
                    if wait(store).is_err() {
                        break;
                    }
                    put = store.put(key, sample);
                }
                if put.is_ok() { stored += 1 } else { refused += 1 }
            }
            Ok(_) => {}
            Err(fault) => door.counters().fault(fault, peer, &Escaped(line)),
        }
    }
    door.counters().count(stored, refused);
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use metric_proto::Limits;
    use metric_query::TimeUnit;

    use super::*;
    use crate::fault::Fault;
    use crate::line::GraphiteLines;
    use crate::memory::Patient;
    use crate::time::Clock;

    #[test]
    fn each_line_of_a_datagram_is_stored_or_counted() {
        let clock = Clock::system(TimeUnit::Seconds);
        let door = Door::new(GraphiteLines::new(clock), Limits::DESKTOP);
        let mut store = Patient::default();
        let long = "x".repeat(641);
        let datagram = format!("a 1 2\r\n\nb 2 x\n{long}\nc 3 4");
        let peer = ([127, 0, 0, 1], 1).into();
        store_datagram(&door, &mut store, datagram.as_bytes(), peer, |store| {
            let _ = store.poll_ready(&mut Context::from_waker(Waker::noop()));
            Ok(())
        });
        assert_eq!(store.lines(), ["a 1.0 2", "c 3.0 4"]);
        let counters = door.counters();
        assert_eq!((counters.stored(), counters.refused()), (2, 0));
        let faults: Vec<_> = counters.faults().filter(|(_, count)| *count > 0).collect();
        assert_eq!(faults, [(Fault::Time, 1), (Fault::LongLine, 1)]);
    }
}
