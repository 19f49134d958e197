//! Masters with replicas, who has a part, and the connections to them.

use std::collections::{HashMap, VecDeque};
use std::sync::LazyLock;

use crate::layout::{ALL, PARTS};
use crate::simulated::data::{Data, Reply};
use crate::simulated::pipe::Pipe;
use crate::simulated::verdict::Witness;

/// Which part goes from a server to another, name by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Move {
    pub(crate) part: usize,
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// The engine. The replica of master n of m is server n + m.
#[derive(Debug)]
pub(crate) struct Cluster {
    servers: Vec<Server>,
    owners: Vec<usize>,
    moves: Option<Move>,
    pub(crate) connections: Vec<Connection>,
    pub(crate) witness: Witness,
}

#[derive(Debug, Default)]
struct Server {
    data: Data,
    /// What it had before each of its writes.
    before: Vec<Data>,
    is_down: bool,
}

/// A connection, as its server sees it.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) server: usize,
    pub(crate) pipe: Pipe,
    pub(crate) waiting: VecDeque<Vec<Vec<u8>>>,
    /// Whether what waits is served late, and without replies.
    pub(crate) is_silent: bool,
    pub(crate) is_over: bool,
    is_asking: bool,
}

/// The port of the first server.
const PORT: usize = 7_000;

impl Cluster {
    pub(crate) fn new(masters: usize) -> Self {
        Self {
            servers: (0..2 * masters).map(|_| Server::default()).collect(),
            owners: (0..PARTS).map(|part| part * masters / PARTS).collect(),
            moves: None,
            connections: Vec::new(),
            witness: Witness::default(),
        }
    }

    pub(crate) fn address(server: usize) -> String {
        format!("sim:{}", PORT + server)
    }

    /// Opens a connection to an address, if its server runs.
    pub(crate) fn connect(&mut self, address: &str) -> Option<Pipe> {
        let port: usize = address.rsplit_once(':')?.1.parse().ok()?;
        let server = port.checked_sub(PORT).filter(|&server| !self.servers[server].is_down)?;
        let pipe = Pipe::default();
        self.connections.push(Connection {
            server,
            pipe: pipe.clone(),
            waiting: VecDeque::new(),
            is_silent: false,
            is_over: false,
            is_asking: false,
        });
        Some(pipe)
    }

    /// Reads what has come over all connections, and answers at once what changes nothing. Returns whether
    /// anything has come.
    pub(crate) fn read(&mut self) -> bool {
        let mut has_come = false;
        for number in 0..self.connections.len() {
            let connection = &mut self.connections[number];
            let came = connection.pipe.commands();
            has_come |= !came.is_empty();
            self.witness.sees(number, &came);
            connection.waiting.extend(came);
            let is_plain =
                |command: &Vec<Vec<u8>>| matches!(&command[0][..], b"CLIENT" | b"CLUSTER");
            while !self.connections[number].is_silent
                && self.connections[number].waiting.front().is_some_and(is_plain)
            {
                self.serve(number, 1);
            }
        }
        has_come
    }

    /// Executes the first commands that wait, and replies unless the connection is silent.
    pub(crate) fn serve(&mut self, number: usize, count: usize) {
        let mut replies = Vec::new();
        for _ in 0..count {
            let Some(command) = self.connections[number].waiting.pop_front() else { break };
            self.execute(number, &command).write(&mut replies);
        }
        let connection = &self.connections[number];
        if !connection.is_silent {
            connection.pipe.reply(&replies);
            self.witness.is_told(number, connection.waiting.len());
        }
    }

    /// Executes commands, and ends the connection before it replies.
    pub(crate) fn end(&mut self, number: usize, count: usize) {
        let mut unsent = Vec::new();
        for _ in 0..count {
            let Some(command) = self.connections[number].waiting.pop_front() else { break };
            self.execute(number, &command).write(&mut unsent);
        }
        let connection = &mut self.connections[number];
        connection.waiting.clear();
        connection.is_over = true;
        connection.pipe.end();
        self.witness.is_told(number, 0);
    }

    /// Refuses all that waits, for now.
    pub(crate) fn refuse(&mut self, number: usize, error: &str) {
        let connection = &mut self.connections[number];
        let mut replies = Vec::new();
        connection
            .waiting
            .drain(..)
            .for_each(|_| Reply::Error(error.to_owned()).write(&mut replies));
        connection.pipe.reply(&replies);
        self.witness.is_told(number, 0);
    }

    fn execute(&mut self, number: usize, command: &[Vec<u8>]) -> Reply {
        let server = self.connections[number].server;
        let is_asking = std::mem::take(&mut self.connections[number].is_asking);
        match &command[0][..] {
            b"CLIENT" => return Reply::Simple("OK"),
            b"ASKING" => {
                self.connections[number].is_asking = true;
                return Reply::Simple("OK");
            }
            b"CLUSTER" => return Reply::Slots(self.slots()),
            _ => {}
        }
        if let Some(redirection) = self.redirect(server, command, is_asking) {
            return Reply::Error(redirection);
        }
        if is_write(command) {
            let before = self.servers[server].data.clone();
            self.servers[server].before.push(before);
            self.witness.stores(command);
        }
        self.servers[server].data.execute(command)
    }

    /// Returns where else a command belongs, as the specification of clusters says.
    fn redirect(&self, server: usize, command: &[Vec<u8>], is_asking: bool) -> Option<String> {
        let names = names(command);
        let part = part_of(&names[0]);
        let (slot, owner) = (ALL[part].slot, self.owners[part]);
        let missing = names.iter().filter(|name| !self.servers[server].data.has(name)).count();
        let moves = self.moves.filter(|moves| moves.part == part);
        let redirection =
            |what: &str, to: usize| Some(format!("{what} {slot} {}", Self::address(to)));
        let later = || Some("TRYAGAIN some names are elsewhere".to_owned());
        match moves {
            Some(moves) if server == moves.from && missing == names.len() => {
                redirection("ASK", moves.to)
            }
            Some(moves) if server == moves.from && missing > 0 => later(),
            Some(moves) if server == moves.to && is_asking && names.len() > 1 && missing > 0 => {
                later()
            }
            Some(moves) if server == moves.to && is_asking => None,
            _ if server == owner => None,
            _ => redirection("MOVED", owner),
        }
    }

    fn slots(&self) -> Vec<(usize, usize, usize)> {
        let range = |(part, &owner): (usize, &usize)| (64 * part, 64 * part + 63, PORT + owner);
        self.owners.iter().enumerate().map(range).collect()
    }

    pub(crate) fn begin_move(&mut self, moves: Move) {
        self.moves = Some(moves);
    }

    /// Moves a name of the part that is being moved, or ends that if none is left.
    pub(crate) fn go_on_moving(&mut self) {
        let Some(Move { part, from, to }) = self.moves else { return };
        let names = self.servers[from].data.names();
        let Some(name) = names.into_iter().find(|name| part_of(name) == part) else {
            self.owners[part] = to;
            self.moves = None;
            return;
        };
        let mut data = std::mem::take(&mut self.servers[from].data);
        data.give(&name, &mut self.servers[to].data);
        self.servers[from].data = data;
    }

    /// Has a master die with its connections, and its replica follow, which lacks its last writes.
    pub(crate) fn fail(&mut self, master: usize, lacks: usize) {
        let replica = master + self.servers.len() / 2;
        let mut data = self.servers[master].data.clone();
        let before = &self.servers[master].before;
        if let Some(old) = before.len().checked_sub(lacks.max(1)).and_then(|at| before.get(at))
            && lacks > 0
        {
            data = old.clone();
        }
        self.servers[replica].data = data;
        self.servers[master].is_down = true;
        self.owners.iter_mut().filter(|owner| **owner == master).for_each(|owner| *owner = replica);
        for number in 0..self.connections.len() {
            if self.connections[number].server == master {
                self.end(number, 0);
            }
        }
    }
}

fn is_write(command: &[Vec<u8>]) -> bool {
    matches!(&command[0][..], b"HSET" | b"ZADD" | b"EVAL")
}

fn names(command: &[Vec<u8>]) -> Vec<Vec<u8>> {
    if command[0] != b"EVAL" {
        return vec![command[1].clone()];
    }
    let count = str::from_utf8(&command[2]).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    command[3..].iter().take(count).cloned().collect()
}

/// Returns the part of a name, by its tag.
fn part_of(name: &[u8]) -> usize {
    let begin = 1 + name.iter().position(|byte| *byte == b'{').expect("it has a tag");
    let end = begin + name[begin..].iter().position(|byte| *byte == b'}').expect("it ends");
    TAGS[&name[begin..end]]
}

static TAGS: LazyLock<HashMap<&[u8], usize>> = LazyLock::new(|| {
    ALL.iter().enumerate().map(|(number, part)| (part.tag.as_bytes(), number)).collect()
});
