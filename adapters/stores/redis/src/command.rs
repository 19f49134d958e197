//! Commands of one part, in their order.

use redis::Cmd;

use crate::layout::{Kind, name};
use crate::run::behind;

/// Commands of one part. Their replies are one outcome. What stands behind a command that must be sent
/// again is sent again, too, so their effects come in this order.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) part: usize,
    pub(crate) commands: Vec<Cmd>,
    /// The command that must not have been done if the group counts as refused, if there is one.
    pub(crate) deed: Option<usize>,
}

impl Group {
    /// Creates a group that changes nothing that counts.
    pub(crate) fn new(part: usize, commands: Vec<Cmd>) -> Self {
        Self { part, commands, deed: None }
    }

    /// Has the command at a place count.
    pub(crate) fn with_deed(self, deed: usize) -> Self {
        Self { deed: Some(deed), ..self }
    }
}

/// Makes commands for the names of a series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names<'a> {
    pub(crate) prefix: &'a str,
    pub(crate) part: usize,
    pub(crate) key: &'a [u8],
}

impl<'a> Names<'a> {
    pub(crate) fn new(prefix: &'a str, key: &'a [u8]) -> Self {
        Self { prefix, part: crate::layout::part_of(key), key }
    }

    fn of(&self, command: &str, kind: Kind) -> Cmd {
        let mut command = redis::cmd(command);
        command.arg(self.name(kind));
        command
    }

    pub(crate) fn name(&self, kind: Kind) -> Vec<u8> {
        let key = if matches!(kind, Kind::Index) { b"" } else { self.key };
        name(self.prefix, self.part, kind, key)
    }

    /// Begins a put, whose fields and values follow.
    pub(crate) fn put(&self) -> Cmd {
        self.of("HSET", Kind::Head)
    }

    /// Adds the key to the index.
    pub(crate) fn add(&self) -> Cmd {
        let mut command = self.of("ZADD", Kind::Index);
        command.arg(0).arg(self.key);
        command
    }

    pub(crate) fn head(&self) -> Cmd {
        self.of("HGETALL", Kind::Head)
    }

    pub(crate) fn head_length(&self) -> Cmd {
        self.of("HLEN", Kind::Head)
    }

    /// The run that begins at a timestamp or last before it.
    pub(crate) fn run_at(&self, timestamp: i64) -> Cmd {
        self.runs_down("[", timestamp, 1)
    }

    /// Runs that begin at a timestamp or before, the newest first.
    pub(crate) fn runs_down(&self, bracket: &str, timestamp: i64, limit: usize) -> Cmd {
        let mut command = self.of("ZREVRANGEBYLEX", Kind::Runs);
        let bracket = bracket.as_bytes().first().copied().unwrap_or(b'[');
        command.arg(behind(bracket, timestamp)).arg("-").arg("LIMIT").arg(0).arg(limit);
        command
    }

    /// Runs that begin behind a timestamp.
    pub(crate) fn runs_up(&self, timestamp: i64, limit: usize) -> Cmd {
        let mut command = self.of("ZRANGEBYLEX", Kind::Runs);
        command.arg(behind(b'(', timestamp)).arg("+").arg("LIMIT").arg(0).arg(limit);
        command
    }

    /// Runs that begin behind a timestamp, up to another.
    pub(crate) fn runs_between(&self, first: i64, last: i64) -> Cmd {
        let mut command = self.of("ZRANGEBYLEX", Kind::Runs);
        command.arg(behind(b'(', first)).arg(behind(b'[', last));
        command
    }

    pub(crate) fn first_run(&self) -> Cmd {
        let mut command = self.of("ZRANGE", Kind::Runs);
        command.arg(0).arg(0);
        command
    }

    pub(crate) fn last_run(&self) -> Cmd {
        let mut command = self.of("ZREVRANGE", Kind::Runs);
        command.arg(0).arg(0);
        command
    }
}
