//! The smallest server: requests from standard input, replies to standard output, samples in a
//! store of fixed size.
//!
//! ```sh
//! printf 'put palm.cpu 23.7 1150864247\nget *\n' | cargo run -q -p metric-proto --example stdio
//! ```

use std::io::{self, Read, Write};

use metric_proto::{Buffer, FixedStore, Limits, Next, ServerConnection};

fn main() -> io::Result<()> {
    let (mut requests, mut replies) = (io::stdin().lock(), io::stdout().lock());
    let mut store = FixedStore::<32, 100, 64>::new(); // series, samples of each, bytes of a key
    let mut server = ServerConnection::new(Limits::DESKTOP);
    let mut input = Buffer::<1024>::new();
    let mut output = [0; 4096];
    loop {
        let count = requests.read(input.space())?;
        if count == 0 {
            return Ok(());
        }
        input.fill(count);
        let mut next = Next::Output;
        while next == Next::Output {
            let progress = server.process(&mut store, input.unread(), &mut output, 0);
            input.consume(progress.consumed);
            replies.write_all(&output[..progress.filled])?;
            next = progress.next;
        }
    }
}
