//! Has groups of commands done by the servers that have their parts.
//!
//! A command is sent again only if the engine said that it did not do it, or has itself ended the connection:
//! then no copy of it is left that could be done later. After a silence there may be one. If a put were sent
//! again and answered, another server's put of the same timestamp could be answered next, and the copy be
//! done last: an acknowledged sample would be gone.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use redis::{Pipeline, Value};
use smol::future::or;

use crate::command::Group;
use crate::counters::{Tally, add};
use crate::down::Downs;
use crate::job::{Job, Judged, Outcome, judge};
use crate::map::Map;
use crate::node::{Address, Broken, Node};
use crate::settings::Settings;
use crate::world::World;

/// How often a redirection is followed without a pause: two servers may each say that the other one has it.
const REDIRECTIONS: usize = 4;

/// The longest pause before something is tried again.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// The shortest time between two questions for the map.
const AGAIN: Duration = Duration::from_millis(20);

/// How long a server may take to say who has which slots, until the next one is asked.
const TELL: Duration = Duration::from_millis(500);

/// The ways to the servers.
#[derive(Debug)]
pub(crate) struct Routes {
    world: Arc<dyn World>,
    seeds: Vec<Address>,
    map: Map,
    nodes: Mutex<BTreeMap<Address, Arc<Node>>>,
    /// How often the map was found to be outdated, and as of when it was read last.
    outdated: AtomicU64,
    refreshed: smol::lock::Mutex<(u64, Option<Instant>)>,
    is_read: AtomicBool,
    down: Downs,
    /// How often a connection was lost, after which replicas may be masters that lack something.
    breaks: AtomicU64,
}

/// Whether replicas must have what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Read,
    Write,
}

/// What one server is sent at once.
struct Batch {
    address: Address,
    asking: bool,
    jobs: Vec<usize>,
}

impl Routes {
    pub(crate) fn new(settings: &Settings, world: Arc<dyn World>) -> Self {
        let seeds: Vec<Address> = settings.seeds.iter().map(|seed| seed.as_str().into()).collect();
        let first = seeds.first().cloned().unwrap_or_else(|| "127.0.0.1:6379".into());
        Self {
            world,
            map: Map::new(&first),
            seeds,
            nodes: Mutex::default(),
            outdated: AtomicU64::new(1),
            refreshed: smol::lock::Mutex::default(),
            is_read: AtomicBool::new(false),
            down: Downs::new(),
            breaks: AtomicU64::new(0),
        }
    }

    pub(crate) fn breaks(&self) -> u64 {
        self.breaks.load(Relaxed)
    }

    fn node(&self, address: &Address) -> Arc<Node> {
        let mut nodes = self.nodes.lock().expect("no holder panics");
        let node = nodes.entry(address.clone());
        Arc::clone(
            node.or_insert_with(|| Arc::new(Node::new(address.clone(), Arc::clone(&self.world)))),
        )
    }

    /// Has groups done; returns their outcomes in their order.
    pub(crate) async fn run(
        &self,
        groups: Vec<Group>,
        purpose: Purpose,
        (settings, tally): (&Settings, &Tally),
    ) -> Vec<Outcome> {
        let mut jobs: Vec<_> = groups.into_iter().map(Job::new).collect();
        let until = self.world.now() + settings.patience;
        let mut pause = Duration::from_millis(5);
        for attempt in 0.. {
            let has_failed = attempt > 0 || jobs.iter().any(|job| self.down.is_down(job.part));
            self.refresh(has_failed, settings).await;
            let batches = self.batches(&jobs);
            let sent = batches.iter().map(|batch| self.send(batch, &jobs, purpose, settings));
            let mut later = attempt > REDIRECTIONS;
            for (batch, replies) in batches.iter().zip(join_all(sent).await) {
                later |= self.take((batch, replies), &mut jobs, settings.patience);
            }
            jobs.iter_mut().for_each(|job| self.give_up(job, until, settings));
            let left = jobs.iter().filter(|job| !job.is_over()).count();
            if left == 0 {
                break;
            }
            add(&tally.retried, left);
            if later {
                self.world.sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
        jobs.into_iter().map(Job::outcome).collect()
    }

    /// Groups what is due by servers.
    fn batches(&self, jobs: &[Job]) -> Vec<Batch> {
        let mut batches: Vec<Batch> = Vec::new();
        for (number, job) in jobs.iter().enumerate().filter(|(_, job)| !job.is_over()) {
            let address = job.ask.clone().unwrap_or_else(|| self.map.of(job.part));
            let asking = job.ask.is_some();
            let same = |batch: &&mut Batch| batch.address == address && batch.asking == asking;
            match batches.iter_mut().find(same) {
                Some(batch) => batch.jobs.push(number),
                None => batches.push(Batch { address, asking, jobs: vec![number] }),
            }
        }
        batches
    }

    async fn send(
        &self,
        batch: &Batch,
        jobs: &[Job],
        purpose: Purpose,
        settings: &Settings,
    ) -> Result<Vec<Value>, Broken> {
        let mut pipeline = Pipeline::with_capacity(2 * batch.jobs.len());
        for job in batch.jobs.iter().map(|&number| &jobs[number]) {
            for command in &job.commands[job.done.len()..] {
                if batch.asking {
                    pipeline.add_command(redis::cmd("ASKING"));
                }
                pipeline.add_command(command.clone());
            }
        }
        let waits = purpose == Purpose::Write && settings.wait > 0;
        if waits {
            pipeline.cmd("WAIT").arg(settings.wait).arg(settings.silence.as_millis() as u64 / 2);
        }
        pipeline.ignore_errors();
        let mut values = self.node(&batch.address).send(&pipeline, settings).await?;
        if waits && !has_replicas(values.pop(), settings.wait) {
            // It is done at the master, which may be all that has it.
            return Err(Broken::Silent);
        }
        Ok(values)
    }

    /// Takes the replies to a batch. Returns whether something must be waited for.
    fn take(
        &self,
        (batch, replies): (&Batch, Result<Vec<Value>, Broken>),
        jobs: &mut [Job],
        patience: Duration,
    ) -> bool {
        let mut later = false;
        match replies {
            Ok(values) => {
                let mut values = values.into_iter();
                for job in batch.jobs.iter().copied() {
                    later |= self.take_replies((batch, &mut values), &mut jobs[job], patience);
                }
            }
            Err(broken) => {
                self.breaks.fetch_add(1, Relaxed);
                self.outdate();
                for job in batch.jobs.iter().copied() {
                    self.down.fails(jobs[job].part, patience, self.world.now());
                    jobs[job].break_off(&broken);
                    later = true;
                }
            }
        }
        later
    }

    fn take_replies(
        &self,
        (batch, values): (&Batch, &mut impl Iterator<Item = Value>),
        job: &mut Job,
        patience: Duration,
    ) -> bool {
        let (mut later, mut is_behind) = (false, false);
        let due = job.commands.len() - job.done.len();
        job.ask = None;
        let step = 1 + usize::from(batch.asking);
        let first = job.done.len();
        for place in first..first + due {
            let Some(value) = values.nth(step - 1) else { break };
            match judge(value, &batch.address) {
                // It is sent again, since something before it is.
                Judged::Done(_) if is_behind => job.maybe |= job.deed == Some(place),
                _ if is_behind => {}
                Judged::Done(value) => {
                    self.down.works(job.part);
                    job.done.push(value);
                    continue;
                }
                Judged::Ask(address) => job.ask = Some(address),
                Judged::Moved(address) => self.map.moved(job.part, &address),
                Judged::Later(why) => {
                    self.outdate();
                    self.down.fails(job.part, patience, self.world.now());
                    job.why = why;
                    later = true;
                }
                Judged::Refused(why) => job.refused = Some(why),
            }
            is_behind = true;
        }
        job.end_if_refused();
        later
    }

    /// Ends a job that was tried for long enough, or whose part has failed for so long before.
    fn give_up(&self, job: &mut Job, until: Instant, settings: &Settings) {
        if job.is_over() {
            return;
        }
        let now = self.world.now();
        if now >= until || self.down.is_down_for(job.part, settings.patience, now) {
            job.end();
        }
    }

    fn outdate(&self) {
        self.outdated.fetch_add(1, Relaxed);
    }

    /// Reads the map, if it was found to be outdated since it was read last. Only who has failed waits for
    /// that, and everybody at the beginning.
    async fn refresh(&self, has_failed: bool, settings: &Settings) {
        if !has_failed && self.is_read.load(Relaxed) {
            return;
        }
        let mut refreshed = self.refreshed.lock().await;
        let outdated = self.outdated.load(Relaxed);
        let is_just = refreshed.1.is_some_and(|at| self.world.now() - at < AGAIN);
        if refreshed.0 == outdated || is_just {
            return;
        }
        let mut pipeline = Pipeline::new();
        pipeline.cmd("CLUSTER").arg("SLOTS");
        pipeline.ignore_errors();
        for address in self.map.all().iter().chain(&self.seeds) {
            let node = self.node(address);
            let asked = async { node.send(&pipeline, settings).await.ok() };
            let values = or(asked, async {
                self.world.sleep(TELL).await;
                None
            })
            .await;
            match values.as_deref() {
                Some([slots @ Value::Array(_)]) => self.map.read(slots, address),
                // It is a server alone.
                Some([Value::ServerError(error)]) if error.code() == "ERR" => {
                    self.map.fill(address);
                }
                _ => continue,
            }
            self.is_read.store(true, Relaxed);
            break;
        }
        *refreshed = (outdated, Some(self.world.now()));
    }
}

fn has_replicas(reply: Option<Value>, least: usize) -> bool {
    matches!(reply, Some(Value::Int(number)) if number >= least as i64)
}
