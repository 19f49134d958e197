//! The replies of a server to any bytes.

use metric_proto::{FixedStore, LONGEST_KEY, Limits, Next, Progress, ServerConnection, Tally};

use super::limits::{self, SAMPLES, SERIES};
use super::writes::Writes;
use super::{dialogue, pieces};
use metric_conformance::ModelStore;

/// A server answers any bytes like the model, with one reply to each complete line, however the bytes
/// are cut, with an input buffer of the smallest size and outputs of any sizes. A reply that fits an
/// output is not split. The tally counts each line once.
///
/// The first eight bytes choose the limits, the number of samples stored before, three sizes of
/// pieces and three of outputs, which are used in turn. The rest is what the client sends.
///
/// # Panics
///
/// If the law is broken.
pub fn server(data: &[u8]) {
    let Some((&[choice, filled, p, q, r, x, y, z], sent)) = data.split_first_chunk::<8>() else {
        return;
    };
    let limits = limits::ALL[usize::from(choice) % limits::ALL.len()];
    let before = dialogue::longest_puts(limits, usize::from(filled) % (SERIES * SAMPLES + 1));
    let talk = Talk::new(limits, [before.as_bytes(), sent].concat());
    talk.run_whole();
    let pieces = [p, q, r].map(|size| 1 + usize::from(size));
    let outputs = [x, y, z].map(|size| limits.min_output() + usize::from(size));
    talk.run_cut(&pieces, &outputs);
}

/// The bytes that a client sends, and the expected replies and counts.
struct Talk {
    bytes: Vec<u8>,
    replies: Vec<Vec<u8>>,
    due: Tally,
    limits: Limits,
}

impl Talk {
    fn new(limits: Limits, bytes: Vec<u8>) -> Self {
        let mut model = ModelStore::new(limits::bounds(limits));
        let replies = dialogue::replies(&mut model, &bytes);
        let due = dialogue::tally(limits, &bytes);
        Self { bytes, replies, due, limits }
    }

    /// Sends all bytes at once, with room for all replies.
    fn run_whole(&self) {
        let room = self.replies.concat().len() + self.limits.min_output();
        let mut run = Run::new(self.limits, room);
        let progress = run.process(&self.bytes, room);
        assert_eq!(progress.next, Next::Input, "there is room for all replies");
        self.check(&run, room);
    }

    fn run_cut(&self, pieces: &[usize], outputs: &[usize; 3]) {
        let mut run = Run::new(self.limits, self.limits.min_output() + 255);
        let mut rooms = outputs.iter().cycle();
        pieces::feed(self.limits, &self.bytes, pieces, |input| {
            let mut next = Next::Output;
            while next == Next::Output {
                let progress = run.process(input.unread(), rooms.next().map_or(0, |&room| room));
                input.consume(progress.consumed);
                next = progress.next;
            }
        });
        self.check(&run, outputs[0].min(outputs[1]).min(outputs[2]));
    }

    fn check(&self, run: &Run, room: usize) {
        run.writes.check(&self.replies, room);
        assert_eq!(run.tally, self.due);
    }
}

/// A server, its store, and what it wrote and counted.
struct Run {
    server: ServerConnection,
    store: FixedStore<SERIES, SAMPLES, LONGEST_KEY>,
    output: Vec<u8>,
    writes: Writes,
    tally: Tally,
}

impl Run {
    /// Creates a run with outputs of up to `room` bytes.
    fn new(limits: Limits, room: usize) -> Self {
        Self {
            server: ServerConnection::new(limits),
            store: FixedStore::new(),
            output: vec![0; room],
            writes: Writes::default(),
            tally: Tally::default(),
        }
    }

    fn process(&mut self, input: &[u8], room: usize) -> Progress {
        let output = &mut self.output[..room];
        let progress = self.server.process(&mut self.store, input, output, 0);
        assert!(progress.next == Next::Input || progress.filled > 0, "it stands still");
        self.writes.push(&output[..progress.filled]);
        self.tally.requests += progress.tally.requests;
        self.tally.wrong_commands += progress.tally.wrong_commands;
        progress
    }
}
