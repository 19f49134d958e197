//! A simulation of rounds of puts: clients, front ends, masters, and the queues between them.
//!
//! ```text
//!  client ─▶ thread ─▶ driver ─▶ masters ─▶ driver ─▶ thread ─▶ client
//!            parses    sends     each takes all that waits for it, whatever front end it is of
//! ```
//!
//! A front end has some threads that serve clients, and a driver, the thread that has its connections to masters.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::take;

use fastrand::Rng;

use crate::actors::{Master, Round, Sent, Task, Worker};
use crate::costs::Costs;
use crate::machine::{Event, Machines, Process, Time};
use crate::scene::{Failure, Outcome, Scene};

/// Simulates a scene.
#[must_use]
pub fn simulate(scene: &Scene, costs: &Costs) -> Outcome {
    let mut run = Run::new(scene, costs);
    run.begin();
    while let Some(event) = run.machines.go_on() {
        run.happen(event);
    }
    run.outcome()
}

/// The longest pause of a front end before it tries again, in nanoseconds.
const PAUSE: Time = 100_000_000;

/// The process of the client. Masters are behind it, then drivers, then the threads of all front ends.
const CLIENT: Process = 0;

struct Run<'a> {
    scene: &'a Scene,
    costs: &'a Costs,
    random: Rng,
    machines: Machines,
    masters: Vec<Master>,
    /// Drivers and threads.
    workers: Vec<Worker>,
    rounds: BTreeMap<u64, Round>,
    /// What is on its way to masters and back, by its number.
    sent: BTreeMap<u64, Sent>,
    numbers: u64,
    asked: usize,
    latencies: Vec<f64>,
    reads: (usize, usize),
}

impl<'a> Run<'a> {
    fn new(scene: &'a Scene, costs: &'a Costs) -> Self {
        let mut machines = Machines::default();
        let shared = scene.shared.map(|cores| machines.add_machine(cores));
        let workers = scene.fronts * (1 + scene.threads);
        for _ in 0..1 + scene.masters + workers {
            let machine = shared.unwrap_or_else(|| machines.add_machine(1));
            machines.add_process(machine);
        }
        Self {
            scene,
            costs,
            random: Rng::with_seed(scene.seed),
            machines,
            masters: (0..scene.masters).map(|_| Master::default()).collect(),
            workers: (0..workers).map(|_| Worker::default()).collect(),
            rounds: BTreeMap::new(),
            sent: BTreeMap::new(),
            numbers: 0,
            asked: 0,
            latencies: Vec::with_capacity(scene.rounds),
            reads: (0, 0),
        }
    }

    fn begin(&mut self) {
        match self.scene.puts {
            Some(_) => self.machines.later(0, Event::Due),
            None => self.work_as_client(),
        }
    }

    fn happen(&mut self, event: Event) {
        let first_worker = 1 + self.masters.len();
        match event {
            Event::Due => self.come(),
            Event::Reaches(CLIENT, round) => self.answer(round),
            Event::Reaches(process, sent) if process < first_worker => self.ask(process - 1, sent),
            Event::Reaches(process, number) => self.reach(process - first_worker, number),
            Event::Done(CLIENT) => self.send_round(),
            Event::Done(process) if process < first_worker => self.reply(process - 1),
            Event::Done(process) => self.done(process - first_worker),
        }
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn message(&mut self, process: Process, number: u64) {
        let way = nanoseconds(self.scene.way);
        self.machines.later(way, Event::Reaches(process, number));
    }

    /// A round comes from one of many clients, whenever it likes.
    fn come(&mut self) {
        let Some(puts) = self.scene.puts else { return };
        self.send_round();
        if self.asked < self.scene.rounds {
            let mean = 1e9 * self.scene.batch as f64 / puts;
            let wait = -mean * (1.0 - self.random.f64()).ln();
            self.machines.later(wait as Time, Event::Due);
        }
    }

    fn work_as_client(&mut self) {
        let time = nanoseconds(self.costs.client_put * self.scene.batch as f64);
        self.machines.work(CLIENT, time);
    }

    fn send_round(&mut self) {
        self.asked += 1;
        let (number, began) = (self.number(), self.machines.now());
        let thread = self.random.usize(..self.scene.fronts * self.scene.threads);
        let (front, thread) = (thread / self.scene.threads, self.scene.fronts + thread);
        self.rounds.insert(number, Round { began, front, thread, due: 0, shares: Vec::new() });
        self.message(1 + self.masters.len() + thread, number);
    }

    /// A client has its reply.
    fn answer(&mut self, number: u64) {
        let Some(round) = self.rounds.remove(&number) else { return };
        self.latencies.push((self.machines.now() - round.began) as f64 / 1e3);
        if self.scene.puts.is_none() && self.asked < self.scene.rounds {
            self.work_as_client();
        }
    }

    fn reach(&mut self, worker: usize, number: u64) {
        match self.sent.remove(&number) {
            Some(sent) => self.give(worker, Task::Take(sent)),
            None => self.give(worker, Task::Parse(number)),
        }
    }

    fn give(&mut self, worker: usize, task: Task) {
        self.workers[worker].waiting.push_back(task);
        self.go_on(worker);
    }

    /// A thread does what comes next, unless it is at work.
    fn go_on(&mut self, worker: usize) {
        if self.workers[worker].does.is_some() {
            return;
        }
        let Some(task) = self.workers[worker].waiting.pop_front() else { return };
        self.workers[worker].does = Some(task);
        if let Task::Send(round) = task {
            self.share(round);
        }
        let time = nanoseconds(self.takes(task));
        self.machines.work(1 + self.masters.len() + worker, time);
    }

    /// Returns the microseconds that a task takes: half before the masters, and half behind them.
    fn takes(&mut self, task: Task) -> f64 {
        let (costs, puts) = (self.costs, self.scene.batch as f64);
        let serving = (costs.front_put * puts + costs.front_round) / 2.0;
        match task {
            Task::Parse(_) => serving,
            Task::Answer(_) => {
                serving + costs.seal_at * costs.front_seal * self.seals(self.scene.batch)
            }
            Task::Send(round) => {
                let due = self.rounds.get(&round).map_or(0, |round| round.due) as f64;
                (costs.driver_put * puts + costs.driver_send * due) / 2.0
            }
            Task::Take(sent) => (costs.driver_put * sent.puts as f64 + costs.driver_send) / 2.0,
        }
    }

    /// How many of these puts make a head long enough to be sealed.
    fn seals(&mut self, puts: usize) -> f64 {
        (0..puts).filter(|_| self.random.f64() * self.costs.seal_at < 1.0).count() as f64
    }

    fn done(&mut self, worker: usize) {
        match self.workers[worker].does.take() {
            Some(Task::Parse(round)) => {
                let front = self.rounds.get(&round).map_or(0, |round| round.front);
                self.give(front, Task::Send(round));
            }
            Some(Task::Send(round)) => self.send(round),
            Some(Task::Take(sent)) => self.take(sent),
            Some(Task::Answer(round)) => self.message(CLIENT, round),
            None => {}
        }
        self.go_on(worker);
    }

    /// Divides a round among the masters.
    fn share(&mut self, number: u64) {
        let mut shares = vec![0; self.masters.len()];
        (0..self.scene.batch).for_each(|_| shares[self.random.usize(..self.masters.len())] += 1);
        let Some(round) = self.rounds.get_mut(&number) else { return };
        round.due = shares.iter().filter(|puts| **puts > 0).count();
        round.shares = shares;
    }

    fn send(&mut self, number: u64) {
        let Some(round) = self.rounds.get_mut(&number) else { return };
        let (front, shares) = (round.front, take(&mut round.shares));
        for (master, puts) in shares.into_iter().enumerate().filter(|(_, puts)| *puts > 0) {
            let sent = self.number();
            self.sent.insert(sent, Sent { round: number, front, puts });
            self.message(1 + master, sent);
        }
    }

    fn take(&mut self, sent: Sent) {
        let Some(round) = self.rounds.get_mut(&sent.round) else { return };
        round.due -= 1;
        if round.due == 0 {
            let thread = round.thread;
            self.give(thread, Task::Answer(sent.round));
        }
    }

    fn ask(&mut self, master: usize, number: u64) {
        if master == 0
            && let Some(left) = self.scene.failure.and_then(|it| left(it, self.machines.now()))
        {
            let again = left + self.random.u64(..PAUSE);
            return self.machines.later(again, Event::Reaches(1, number));
        }
        self.masters[master].waiting.extend(self.sent.remove(&number));
        if self.masters[master].served.is_empty() {
            self.read(master, self.costs.engine_wake);
        }
    }

    /// A master takes all that waits for it. What waits of one front end comes in one read.
    fn read(&mut self, master: usize, wake: f64) {
        let served = take(&mut self.masters[master].waiting);
        let puts: usize = served.iter().map(|sent| sent.puts).sum();
        let reads = served.iter().map(|sent| sent.front).collect::<BTreeSet<_>>().len();
        self.masters[master].served = served;
        self.reads = (self.reads.0 + reads, self.reads.1 + puts);
        let (costs, seals) = (self.costs, self.seals(puts));
        let time = wake
            + costs.engine_read * reads as f64
            + costs.engine_put * puts as f64
            + costs.seal_at * costs.engine_seal * seals;
        self.machines.work(1 + master, nanoseconds(time));
    }

    /// A master sends its replies.
    fn reply(&mut self, master: usize) {
        for sent in take(&mut self.masters[master].served) {
            let number = self.number();
            self.sent.insert(number, sent);
            self.message(1 + self.masters.len() + sent.front, number);
        }
        if !self.masters[master].waiting.is_empty() {
            self.read(master, 0.0);
        }
    }

    fn outcome(mut self) -> Outcome {
        self.latencies.sort_unstable_by(f64::total_cmp);
        let puts = (self.latencies.len() * self.scene.batch) as f64;
        let took = self.machines.now() as f64;
        let worked = |process: Process| self.machines.worked(process) as f64;
        let masters = (1..=self.masters.len()).map(worked);
        let workers = (1 + self.masters.len()..).take(self.workers.len()).map(worked);
        Outcome {
            puts: 1e9 * puts / took,
            latencies: self.latencies,
            master: masters.clone().fold(0.0, f64::max) / took,
            engine: masters.sum::<f64>() / puts / 1e3,
            front: workers.sum::<f64>() / puts / 1e3,
            read: self.reads.1 as f64 / self.reads.0 as f64,
        }
    }
}

/// Returns how long a failure still lasts, if it does now.
fn left(failure: Failure, now: Time) -> Option<Time> {
    let (begin, end) = (failure.at * 1e9, (failure.at + failure.lasts) * 1e9);
    ((begin as Time)..(end as Time)).contains(&now).then(|| end as Time - now)
}

fn nanoseconds(microseconds: f64) -> Time {
    (microseconds * 1e3) as Time
}
