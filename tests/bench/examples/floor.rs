//! A server that does no work: it answers `ok` to every line feed. This is close to the minimum cost
//! of any server on smol, so benchmarks report other servers as ratios to it.

use std::io;
use std::net::{TcpListener, TcpStream};

use memchr::memchr_iter;
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::{Async, LocalExecutor, block_on};

/// Bytes read at once.
const READ: usize = 64 * 1024;

const OK: &str = "ok\n\n";

fn main() -> io::Result<()> {
    let listener = Async::<TcpListener>::bind(([127, 0, 0, 1], 0))?;
    println!("listening on {}", listener.get_ref().local_addr()?);
    let replies: &'static str = OK.repeat(READ).leak();
    let executor = LocalExecutor::new();
    block_on(executor.run(async {
        loop {
            let (stream, _) = listener.accept().await?;
            stream.get_ref().set_nodelay(true)?;
            executor.spawn(answer(stream, replies)).detach();
        }
    }))
}

async fn answer(mut stream: Async<TcpStream>, replies: &str) -> io::Result<()> {
    let mut buffer = vec![0; READ];
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        let lines = memchr_iter(b'\n', &buffer[..count]).count();
        stream.write_all(&replies.as_bytes()[..lines * OK.len()]).await?;
    }
}
