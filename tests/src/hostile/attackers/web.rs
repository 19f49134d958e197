//! Attackers that speak HTTP, or something like it.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

use fastrand::Rng;

use super::lurkers::hold;
use super::{Orders, TEAM, in_parallel, say};
use crate::http::{Http, request};

/// Each attacker sends half of a request: of its first line, or of its head.
pub(super) fn half(orders: Orders) -> io::Result<()> {
    let crowd = orders.crowd(orders.size)?;
    for (mut stream, half) in crowd.iter().zip(HALVES.iter().cycle()) {
        // A connection beyond the bound may be refused already.
        let _ = stream.write_all(half.as_bytes());
    }
    hold(&crowd)
}

const HALVES: [&str; 3] = ["GET /v1/keys?match=", "GET / HTTP/1.1\r\nHost: loc", "POST "];

/// Each attacker asks for everything several times and reads nothing.
pub(super) fn deaf(orders: Orders) -> io::Result<()> {
    deaf_to(orders, "/v1/range")
}

/// The same of new samples.
pub(super) fn live(orders: Orders) -> io::Result<()> {
    deaf_to(orders, "/v1/live")
}

fn deaf_to(orders: Orders, target: &str) -> io::Result<()> {
    let ask = |number: u64| {
        let mut stream = orders.connect_narrow(number)?;
        let gzip = ["Accept-Encoding: gzip"];
        let gzip = if number.is_multiple_of(2) { &gzip[..] } else { &[] };
        stream.write_all(request("GET", target, gzip).repeat(10).as_bytes())?;
        Ok(stream)
    };
    let crowd: Vec<_> = (0..orders.size).map(ask).collect::<io::Result<_>>()?;
    say(&[])?;
    hold(&crowd)
}

/// Together the attackers send `size` requests at once, and check each reply.
pub(super) fn pipelined(orders: Orders) -> io::Result<()> {
    in_parallel(orders.crowd(TEAM as u64)?, |_, stream| {
        let count = orders.size / TEAM as u64;
        let requests = request("GET", "/v1/range?match=kept.*", &[]);
        let mut http = Http::over(stream.try_clone()?);
        thread::scope(|scope| {
            scope.spawn(|| (0..count).try_for_each(|_| (&stream).write_all(requests.as_bytes())));
            (0..count).for_each(|_| {
                let reply = http.reply();
                assert!(reply.status == 200 && reply.is_whole, "{}", reply.status);
            });
        });
        Ok(())
    })?;
    say(&[])
}

/// Together the attackers send `size` requests that are wrong, cut or changed somewhere, each on a
/// connection of its own. What the server says does not matter.
pub(super) fn strange(orders: Orders) -> io::Result<()> {
    say(&[])?;
    thread::scope(|scope| {
        let visits = |member| (member..orders.size).step_by(TEAM);
        let start = |member| {
            scope.spawn(move || visits(member).try_for_each(|number| visit(orders, number)))
        };
        let team: Vec<_> = (0..TEAM as u64).map(start).collect();
        team.into_iter().try_for_each(|member| member.join().expect("the thread does not panic"))
    })?;
    say(&[])
}

fn visit(orders: Orders, number: u64) -> io::Result<()> {
    let stream = orders.connect(number)?;
    let sent = strange_request(number);
    // The server may end the connection at any byte.
    let _ = (&stream).write_all(&sent);
    let _ = stream.shutdown(Shutdown::Write);
    let _ = (&stream as &TcpStream).take(1 << 20).read_to_end(&mut Vec::new());
    Ok(())
}

/// Returns a request that is wrong, repeated, cut or changed.
fn strange_request(number: u64) -> Vec<u8> {
    let mut random = Rng::with_seed(number);
    let head = random.choice(HEADS).copied().unwrap_or_default();
    let mut sent = head.as_bytes().repeat(random.usize(1..4));
    for _ in 0..random.usize(0..4) {
        let place = random.usize(..sent.len());
        match random.u8(0..4) {
            0 => sent[place] = random.u8(..),
            1 => sent.insert(place, *random.choice(b"\r\n\0:; ,{").unwrap_or(&0)),
            2 => _ = sent.drain(place..(place + 20).min(sent.len())),
            _ => sent.extend_from_within(place..),
        }
        sent.push(b'\n');
    }
    sent
}

/// Requests that lie about their length, hide others, or ask for much. Their samples are none in the
/// native protocol, since some become lines of that.
pub(in crate::hostile) const HEADS: &[&str] = &[
    "GET /v1/range?match=** HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /v1/range?match={a,b,**}.{c,*}.[!x]*&points=100000 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /v1/keys?limit=10000&match=*a*b*c*d*e*f* HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "HEAD / HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n",
    "DELETE /v1/series?match=**&count=10 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "POST /v1/put HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 9999999999\r\n\r\nkept.0 7 0\n",
    "POST /v1/put HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/x-metric\r\nContent-Length: 11\r\n\r\nkept.0 7 0\n",
    "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nkept.0 7 0\n",
    "POST /v1/put HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nkept.0 7 0\n",
    "GET / HTTP/1.1\r\nkept.0 7 0\r\n\r\n",
    "kept.0 7 0\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
];
