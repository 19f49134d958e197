//! Sealing: samples of a head become runs.

use metric_proto::Sample;
use redis::{Cmd, Value};

use crate::command::{Group, Names};
use crate::counters::add;
use crate::engine::Engine;
use crate::layout::Kind;
use crate::page::merge;
use crate::reply::{Head, number, texts};
use crate::route::Purpose;
use crate::run::{decode, member};

/// The most samples of a head that are sealed at once.
const MOST: usize = 1_024;

/// The most runs that are opened at once. Late samples may lie in many.
const OPENED: usize = 16;

/// Swaps runs, and removes from the head what is in them now, unless anything is not as it was read: then
/// another server has sealed, or has removed the series. All fields must still be there, whatever their values,
/// so that nothing comes back that was removed.
///
/// A script that has written once may write on also when the memory of the engine is full, and this one frees
/// some: so it begins by removing what is not there.
///
/// The arguments: the bounds for the run before and for the runs within; the number of runs that were read, and
/// these; how many of them stay, from the first on; the number of new runs, and these; by how many the samples
/// in runs grow; the fields with their texts.
pub(crate) const SCRIPT: &str = "\
local before = redis.call('ZREVRANGEBYLEX', KEYS[2], ARGV[1], '-', 'LIMIT', 0, 1)
local within = redis.call('ZRANGEBYLEX', KEYS[2], '(' .. string.sub(ARGV[1], 2), ARGV[2])
for _, run in ipairs(within) do before[#before + 1] = run end
local count, at = tonumber(ARGV[3]), 4
if #before ~= count then return 0 end
for i = 1, count do if before[i] ~= ARGV[at] then return 0 end at = at + 1 end
local head, texts = redis.call('HGETALL', KEYS[1]), {}
for i = 1, #head, 2 do texts[head[i]] = head[i + 1] end
local stay, new, grow = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), 0
local fields = at + 2 + new + 1
for i = fields, #ARGV, 2 do if not texts[ARGV[i]] then return 0 end end
redis.call('ZREM', KEYS[2], '')
for i = stay + 1, count do redis.call('ZREM', KEYS[2], before[i]) end
for i = at + 2, at + 1 + new do redis.call('ZADD', KEYS[2], 0, ARGV[i]) end
redis.call('HINCRBY', KEYS[1], 'n', ARGV[at + 2 + new])
local gone, meta = {}, 0
for i = fields, #ARGV, 2 do
  if texts[ARGV[i]] == ARGV[i + 1] then gone[#gone + 1] = ARGV[i] end
end
if texts['i'] then meta = meta + 1 end
if texts['n'] then meta = meta + 1 end
if #gone + meta == #head / 2 then
  local sealed = redis.call('HGET', KEYS[1], 'n')
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'i', 1, 'n', sealed)
  return 1
end
for i = 1, #gone, 1000 do redis.call('HDEL', KEYS[1], unpack(gone, i, math.min(i + 999, #gone))) end
return 1";

/// A sample of a head, and the text of its value.
type Field = (Sample, Vec<u8>);

type Fields = Vec<Field>;

/// What is sealed of a series.
#[derive(Debug)]
struct Sealing {
    fields: Fields,
    /// The runs as they were read, from the last one that begins before on.
    read: Vec<Vec<u8>>,
    /// How many of them stay, from the first on.
    stay: usize,
    new: Vec<Vec<u8>>,
    /// By how many the samples in runs grow.
    grow: i64,
}

/// Seals series whose heads have so many samples at least.
pub(crate) async fn seal(engine: &Engine, keys: &[Box<[u8]>], least: usize) {
    let names: Vec<_> = keys.iter().map(|key| Names::new(&engine.settings.prefix, key)).collect();
    let heads = names.iter().map(|names| group(names, vec![names.head()])).collect();
    let heads = engine.run(heads, Purpose::Read).await.into_iter();
    let heads = heads.map(|head| head.ok().and_then(|mut head| head.pop()));
    let heads = heads.map(|head| Head::read(head.unwrap_or_default(), &engine.tally.damaged));
    let due: Vec<_> =
        names.iter().zip(heads).filter_map(|(names, head)| due(names, head, least)).collect();
    let runs = due.iter().map(|(names, fields)| {
        let (first, last) = ends(fields);
        group(names, vec![names.run_at(first), names.runs_between(first, last)])
    });
    let runs = engine.run(runs.collect(), Purpose::Read).await;
    let sealings = due.into_iter().zip(runs).filter_map(|((names, fields), runs)| {
        let runs: Vec<_> = runs.ok()?.into_iter().flat_map(texts).collect();
        Some((names, Sealing::new(engine, fields, runs)?))
    });
    let sealings: Vec<_> = sealings.collect();
    let scripts = sealings.iter().map(|(names, sealing)| group(names, vec![sealing.script(names)]));
    let done = engine.run(scripts.collect(), Purpose::Write).await;
    for ((_, sealing), done) in sealings.iter().zip(done) {
        match done {
            Ok(replies) if replies.first().is_some_and(|done| number(done) == 1) => {
                add(&engine.tally.sealed, sealing.fields.len());
            }
            // What it was sealed by may have done it before the connection broke.
            Ok(_) => add(&engine.tally.raced, 1),
            Err(_) => {}
        }
    }
}

fn group(names: &Names<'_>, commands: Vec<Cmd>) -> Group {
    Group::new(names.part, commands)
}

/// Returns the oldest fields of a head that has enough of them.
fn due<'a>(names: &Names<'a>, mut head: Head, least: usize) -> Option<(Names<'a>, Fields)> {
    let is_due = head.fields.len() >= least.max(1);
    head.fields.truncate(MOST);
    is_due.then_some((*names, head.fields))
}

fn ends(fields: &[Field]) -> (i64, i64) {
    let end = |field: Option<&(Sample, _)>| field.map_or(0, |(sample, _)| sample.timestamp());
    (end(fields.first()), end(fields.last()))
}

impl Sealing {
    /// Decides what becomes of runs: `None` if one of them is damaged, since it must not be lost for that.
    fn new(engine: &Engine, mut fields: Fields, mut read: Vec<Vec<u8>>) -> Option<Self> {
        let size = engine.settings.run_samples;
        let mut runs = Vec::with_capacity(read.len());
        for run in &read {
            let mut samples = Vec::new();
            if decode(run, &mut samples).is_err() {
                add(&engine.tally.damaged, 1);
                return None;
            }
            runs.push(samples);
        }
        // Late samples that lie in many runs are sealed some at a time.
        if let Some(samples) = runs.get(OPENED) {
            let end = samples.first()?.timestamp();
            fields.retain(|(sample, _)| sample.timestamp() < end);
            runs.truncate(OPENED);
            read.truncate(OPENED);
        }
        let first = ends(&fields).0;
        let is_apart = |run: &Vec<Sample>| {
            run.len() >= size && run.last().is_some_and(|last| last.timestamp() < first)
        };
        let stay = usize::from(runs.first().is_some_and(is_apart));
        let old: Vec<_> = runs.drain(stay..).flatten().collect();
        let samples = merge(&old, fields.iter().map(|(sample, _)| *sample));
        let new = samples.chunks(size).map(member).collect();
        let grow = samples.len() as i64 - old.len() as i64;
        Some(Self { fields, read, stay, new, grow })
    }

    fn script(&self, names: &Names<'_>) -> Cmd {
        let (first, last) = ends(&self.fields);
        let mut eval = redis::cmd("EVAL");
        eval.arg(SCRIPT).arg(2).arg(names.name(Kind::Head)).arg(names.name(Kind::Runs));
        eval.arg(crate::run::behind(b'[', first)).arg(crate::run::behind(b'[', last));
        eval.arg(self.read.len()).arg(&self.read).arg(self.stay);
        eval.arg(self.new.len()).arg(&self.new).arg(self.grow);
        for (sample, text) in &self.fields {
            eval.arg(sample.timestamp()).arg(&text[..]);
        }
        eval
    }
}

/// Removes a series: its place in the index, its head and its runs, at once.
pub(crate) const REMOVAL: &str = "\
redis.call('ZREM', KEYS[1], ARGV[1])
local head = redis.call('HGETALL', KEYS[2])
local samples = redis.call('EXISTS', KEYS[3])
for i = 1, #head, 2 do if head[i] ~= 'i' and head[i] ~= 'n' then samples = 1 end end
redis.call('DEL', KEYS[2], KEYS[3])
return samples";

/// Returns the command that removes a series, whose reply is whether it had samples.
pub(crate) fn removal(names: &Names<'_>) -> Group {
    let mut eval = redis::cmd("EVAL");
    eval.arg(REMOVAL).arg(3);
    for kind in [Kind::Index, Kind::Head, Kind::Runs] {
        eval.arg(names.name(kind));
    }
    eval.arg(names.key);
    group(names, vec![eval]).with_deed(0)
}

/// Returns whether there was a series to remove.
pub(crate) fn was_there(replies: &[Value]) -> bool {
    replies.first().is_some_and(|reply| number(reply) == 1)
}
