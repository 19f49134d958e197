//! A gateway out of the world: it connects clients of the board to a real socket.

use std::future::pending;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpStream};

use embassy_net::Stack;
use embassy_net::tcp::{TcpReader, TcpSocket, TcpWriter};
use embedded_io_async::Write as _;
use smol::Async;
use smol::future::or;
use smol::io::{AsyncReadExt, AsyncWriteExt};

use crate::peer::linger;

/// Accepts one connection to the board, and forwards it to an address outside.
pub(crate) async fn gateway(board: Stack<'_>, port: u16, outside: SocketAddr) {
    // The buffers of a small board.
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    let mut socket = TcpSocket::new(board, &mut rx, &mut tx);
    socket.set_nagle_enabled(false);
    socket.accept(port).await.expect("the port is free");
    let Ok(outside) = Async::<TcpStream>::connect(outside).await else {
        socket.abort();
        return linger(&mut socket).await;
    };
    let (reader, writer) = socket.split();
    let out = async {
        carry_out(reader, &outside).await;
        pending().await
    };
    match or(out, carry_in(writer, &outside)).await {
        Ok(()) => socket.close(),
        Err(_) => socket.abort(),
    }
    linger(&mut socket).await;
}

async fn carry_out(mut reader: TcpReader<'_>, mut outside: &Async<TcpStream>) {
    let mut buffer = [0; 512];
    while let Ok(count @ 1..) = reader.read(&mut buffer).await {
        if outside.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
    let _ = outside.get_ref().shutdown(Shutdown::Write);
}

async fn carry_in(mut writer: TcpWriter<'_>, mut outside: &Async<TcpStream>) -> io::Result<()> {
    let mut buffer = [0; 2048];
    loop {
        let count = outside.read(&mut buffer).await?;
        if count == 0 || writer.write_all(&buffer[..count]).await.is_err() {
            return Ok(());
        }
    }
}
