//! `metric rm`: removes series.

use std::cell::Cell;
use std::io::{self, IsTerminal, Write};

use clap::{ArgGroup, Args};
use metric_proto::Key;
use serde::Deserialize;
use smol::unblock;

use crate::failure::Failure;
use crate::http::{self, Connection, Found, Method, Refusal, Stopped, Target, Unanswered, find};
use crate::key;
use crate::number::whole;
use crate::output::progress::{say, tell};
use crate::output::text::visible;
use crate::query::{Pattern, glob};
use crate::server::Server;
use crate::signals::unless_interrupted;

/// Remove series with all their samples, for good
///
/// The server must have the HTTP API and run with --allow-delete. With --match it shows which series
/// match, and how many. On a terminal, metric then asks whether to remove them; elsewhere it needs --yes or --count.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
#[command(group = ArgGroup::new("series").required(true).args(["keys", "pattern"]))]
pub(crate) struct Arguments {
    /// Keys, as they are: a * is a character of a key
    #[arg(value_name = "KEY", value_parser = checked)]
    keys: Vec<String>,

    /// Remove all series that match: a key prefix followed by *, in quotes
    #[arg(long = "match", value_name = "PATTERN")]
    pattern: Option<Pattern>,

    /// Do not ask
    #[arg(long, conflicts_with = "keys")]
    yes: bool,

    /// Do not ask, and remove nothing unless this many series match
    #[arg(long, value_name = "N", conflicts_with_all = ["keys", "yes"])]
    #[arg(value_parser = whole(1..=u64::MAX))]
    count: Option<u64>,
}

const EXAMPLES: &str = "\
Examples:
  metric rm palm.cpu palm.fan
  metric rm --match 'palm.*'
  metric rm --match 'palm.*' --count 12";

const SERIES: &str = "/v1/series";

/// The reply to a request to remove.
#[derive(Debug, Deserialize)]
struct Removed {
    removed: u64,
}

pub(super) async fn run(server: &Server, arguments: Arguments) -> Result<(), Failure> {
    match &arguments.pattern {
        Some(pattern) => unless_interrupted(remove_matching(server, pattern, &arguments)).await,
        None => remove_keys(server, &arguments.keys).await,
    }
}

async fn remove_matching(
    server: &Server,
    pattern: &Pattern,
    arguments: &Arguments,
) -> Result<(), Failure> {
    let count = agreed(server, pattern, arguments).await?;
    // The server does not keep an idle connection until the user has decided.
    let connection = &mut connect(server).await?;
    let removed = delete(connection, &matching(pattern).with("count", &count.to_string())).await;
    tell_removed(removed.map_err(|stopped| miscounted(stopped, pattern, count))?);
    Ok(())
}

async fn remove_keys(server: &Server, keys: &[String]) -> Result<(), Failure> {
    let removed = Cell::new(0);
    let missing = unless_interrupted(remove_each(server, keys, &removed)).await;
    let missing = missing.map_err(|failure| match removed.get() {
        0 => failure,
        removed => failure.after(format_args!("series removed: {removed}")),
    })?;
    tell_removed(removed.get());
    match &missing[..] {
        [] => Ok(()),
        missing => Err(Failure::failed(format_args!("no series {}", missing.join(", ")))),
    }
}

/// Removes series, and counts them. Returns the keys that have none.
async fn remove_each(
    server: &Server,
    keys: &[String],
    removed: &Cell<u64>,
) -> Result<Vec<String>, Failure> {
    let (mut connection, mut missing) = (connect(server).await?, Vec::new());
    for key in keys {
        match delete(&mut connection, &Target::new(SERIES).with("key", key)).await? {
            0 => missing.push(format!("{key:?}")),
            count => removed.update(|removed| removed + count),
        }
    }
    Ok(missing)
}

fn tell_removed(removed: u64) {
    tell(&format!("metric: series removed: {removed}"));
}

/// Says how many series match if it is another number.
fn miscounted(stopped: Stopped, pattern: &Pattern, count: u64) -> Failure {
    match stopped {
        Stopped::Refused(Refusal { count: Some(found), .. }) => miscount(pattern, found, count),
        stopped => stopped.into(),
    }
}

fn miscount(pattern: &Pattern, found: u64, expected: u64) -> Failure {
    let name = pattern.to_string();
    Failure::failed(format_args!(
        "{found} series match {name:?}, not {expected}; nothing was removed"
    ))
}

/// Shows what matches. Returns the number of series that the user wants to remove.
async fn agreed(server: &Server, pattern: &Pattern, options: &Arguments) -> Result<u64, Failure> {
    let (count, name) = (count(server, pattern).await?, pattern.to_string());
    if count == 0 {
        return Err(Failure::failed(format_args!("no series match {name:?}")));
    }
    let keys = names(server, pattern, count).await?;
    if let Some(expected) = options.count.filter(|expected| *expected != count) {
        return Err(miscount(pattern, count, expected));
    }
    if options.yes || options.count.is_some() {
        say(&visible(&format!("metric: removing {count} series that match {name:?}: {keys}")));
        return Ok(count);
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::Usage(format!(
            "{count} series match {name:?}: {keys}; add --yes, or --count {count}, to remove them"
        )));
    }
    let server = &server.name;
    let question = format!("remove {count} series of {server} that match {name:?}: {keys}?");
    if ask(question).await? { Ok(count) } else { Err(Failure::failed("nothing was removed")) }
}

/// Asks the user on the terminal.
async fn ask(question: String) -> Result<bool, Failure> {
    let answer = unblock(move || {
        write!(io::stderr(), "metric: {} [y/N] ", visible(&question))?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).map(|_| answer)
    });
    let answer = answer.await.map_err(Failure::failed)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Returns the number of matching series. A request without a number removes nothing.
async fn count(server: &Server, pattern: &Pattern) -> Result<u64, Failure> {
    match connect(server).await?.ask(Method::Delete, &matching(pattern)).await {
        Err(Stopped::Refused(Refusal { count: Some(count), .. })) => Ok(count),
        Err(stopped) => Err(stopped.into()),
        Ok(_) => Err(Failure::failed("the server removed series without their number")),
    }
}

/// Returns the first of `count` matching keys, and how many more there are.
async fn names(server: &Server, pattern: &Pattern, count: u64) -> Result<String, Failure> {
    let target = Target::new("/v1/keys").with("match", &glob(pattern));
    let mut names = Vec::new();
    let take = |key: Key<'_>, _| {
        names.push(key.as_str().to_owned());
        Ok(())
    };
    let target = target.with("limit", &SHOWN.to_string());
    http::keys(&mut connect(server).await?, &target, take).await?;
    let more = count.saturating_sub(names.len() as u64);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    Ok(names.join(", ") + &rest)
}

/// How many keys are shown before they are removed.
const SHOWN: usize = 5;

/// Removes series. Returns their number.
async fn delete(connection: &mut Connection, target: &Target) -> Result<u64, Stopped> {
    let text = connection.ask(Method::Delete, target).await?.text().await?;
    let Removed { removed } = serde_json::from_str(&text).map_err(Failure::failed)?;
    Ok(removed)
}

fn matching(pattern: &Pattern) -> Target {
    Target::new(SERIES).with("match", &glob(pattern))
}

async fn connect(server: &Server) -> Result<Connection, Failure> {
    match find(server, None).await {
        Ok(Found::Api(connection, _)) => Ok(connection),
        Ok(Found::Nothing) => Err(without_api(server)),
        Err(Unanswered::Unreachable(error)) => Err(server.unreachable(&error)),
        Err(Unanswered::Untold(error)) => Err(Stopped::from(error).into()),
    }
}

fn without_api(Server { name, .. }: &Server) -> Failure {
    Failure::failed(format_args!(
        "{name} has no HTTP API, which removing takes; metric-smol has it unless --http moved it or \
         switched it off"
    ))
}

fn checked(text: &str) -> Result<String, String> {
    key::check(text).map(|()| text.to_owned())
}
