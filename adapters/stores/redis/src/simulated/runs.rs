//! Runs of few things in all orders, and of many in random ones.

use std::sync::Arc;

use crate::engine::Engine;
use crate::layout::{PARTS, part_of};
use crate::seal::seal;
use crate::settings::Settings;
use crate::simulated::choice::Choices;
use crate::simulated::client::{Ask, Client, TIMES};
use crate::simulated::cluster::{Cluster, Move};
use crate::simulated::schedule::{Act, Schedule};
use crate::simulated::surroundings::Surroundings;
use crate::simulated::verdict::Told;

/// Keys of which the second has another master than the others.
const KEYS: [&str; 3] = ["a", "d", "c"];

const MASTERS: usize = 2;

/// What is run.
#[derive(Clone, Default)]
struct Scene {
    /// The rounds of each client. Every second one talks to another front end.
    clients: Vec<Vec<Vec<Ask>>>,
    /// How often each key is sealed meanwhile.
    seals: usize,
    acts: Vec<Act>,
    faults: usize,
}

impl Scene {
    /// Whether a master fails with writes that nobody else has.
    fn is_lossy(&self) -> bool {
        self.acts.iter().any(|act| matches!(act, Act::Fail { lacks, .. } if *lacks > 0))
    }

    /// Runs it, and looks at what is there afterwards.
    fn run(&self, choices: Choices) -> (Choices, Result<Told, String>) {
        let world = Surroundings::new(MASTERS);
        let ends = [(); 2].map(|()| open(&world));
        for (number, rounds) in self.clients.iter().enumerate() {
            let client = Client { world: world.clone(), engine: Arc::clone(&ends[number % 2]) };
            world.spawn(client.talk(rounds.clone()));
        }
        for number in 0..self.seals {
            let end = Arc::clone(&ends[number % 2]);
            world.spawn(async move { seal(&end, &KEYS.map(|key| key.as_bytes().into()), 1).await });
        }
        let (acts, faults) = (self.acts.clone(), self.faults);
        let mut schedule = Schedule { world: world.clone(), choices, acts, faults };
        schedule.run();
        schedule.serve_all_late();
        (schedule.faults, schedule.acts) = (0, Vec::new());
        let look = Client { world: world.clone(), engine: open(&world) }.look(KEYS.to_vec());
        world.spawn(look);
        schedule.run();
        let verdict = world.cluster().witness.verdict(self.is_lossy());
        let told = world.cluster().witness.told;
        let fails = self.faults > 0 || self.acts.iter().any(|act| matches!(act, Act::Fail { .. }));
        let verdict = match verdict {
            Ok(()) if !fails && told.refused + told.nothing > 0 => {
                Err(format!("nothing failed, but {told:?}"))
            }
            verdict => verdict.map(|()| told),
        };
        (schedule.choices, verdict)
    }

    /// Runs it in all ways. Returns how many there were, and what clients were told in all of them.
    fn run_all(&self) -> (usize, Told) {
        let (mut choices, mut runs, mut all) = (Some(Choices::all()), 0, Told::default());
        while let Some(chosen) = choices {
            let (made, verdict) = self.run(chosen);
            add(&mut all, verdict.unwrap_or_else(|wrong| panic!("{wrong}\n{made:?}")));
            runs += 1;
            choices = made.next();
        }
        (runs, all)
    }
}

fn add(all: &mut Told, told: Told) {
    all.ok += told.ok;
    all.refused += told.refused;
    all.nothing += told.nothing;
}

fn open(world: &Surroundings) -> Arc<Engine> {
    let mut settings = Settings::default();
    settings.seeds = (0..2 * MASTERS).map(Cluster::address).collect();
    (settings.seal_at, settings.run_samples) = (3, 3);
    Engine::open_in(settings, Arc::new(world.clone())).0
}

fn put(key: &str, time: i64, value: u64) -> Ask {
    Ask::Put((key.to_owned(), time, value))
}

#[test]
fn the_keys_have_different_masters() {
    let masters = KEYS.map(|key| part_of(key.as_bytes()) * MASTERS / PARTS);
    assert!(masters.contains(&0) && masters.contains(&1), "{masters:?}");
}

#[test]
fn every_order_of_replies_and_losses_keeps_the_rules() {
    let scene = Scene {
        clients: vec![vec![vec![put("a", 0, 1), put("d", 0, 2)]], vec![vec![put("a", 0, 3)]]],
        faults: 1,
        ..Scene::default()
    };
    let (runs, told) = scene.run_all();
    println!("{runs} runs, {told:?}");
    assert!(told.ok > 0 && told.refused > 0 && told.nothing > 0, "{told:?}");
}

#[test]
fn every_order_of_two_losses_of_one_sample_keeps_the_rules() {
    let client = |value| vec![vec![put("a", 0, value)]];
    let scene = Scene { clients: vec![client(1), client(2)], faults: 2, ..Scene::default() };
    let (runs, told) = scene.run_all();
    println!("{runs} runs, {told:?}");
}

#[test]
fn every_moment_at_which_a_slot_moves_keeps_the_rules() {
    let part = part_of(b"a");
    let from = part * MASTERS / PARTS;
    let begin = Act::BeginMove(Move { part, from, to: 1 - from });
    let scene = Scene {
        clients: vec![vec![
            vec![put("a", 0, 1)],
            vec![put("a", 0, 2), put("a", 1, 3)],
            vec![Ask::Get("a")],
        ]],
        acts: vec![begin, Act::GoOnMoving, Act::GoOnMoving, Act::GoOnMoving],
        ..Scene::default()
    };
    let (runs, told) = scene.run_all();
    println!("{runs} runs, {told:?}");
}

#[test]
fn every_moment_at_which_a_master_fails_keeps_the_rules() {
    let master = part_of(b"a") * MASTERS / PARTS;
    for lacks in 0..8 {
        let scene = Scene {
            clients: vec![
                vec![vec![put("a", 0, 1)], vec![put("a", 1, 2)]],
                vec![vec![put("a", 0, 3)]],
            ],
            acts: vec![Act::Fail { master, lacks }],
            ..Scene::default()
        };
        let (runs, told) = scene.run_all();
        println!("{runs} runs, {told:?}");
    }
}

#[test]
fn random_orders_of_many_things_keep_the_rules() {
    let mut all = Told::default();
    for seed in 0..SEEDS {
        let scene = random(seed);
        let (_, verdict) = scene.run(Choices::random(seed));
        add(&mut all, verdict.unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}")));
    }
    println!("{all:?}");
    assert!(all.ok > all.nothing && all.nothing > 0, "{all:?}");
}

/// How many random scenes are run.
const SEEDS: u64 = 60;

fn random(seed: u64) -> Scene {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut value = 0;
    let mut round = || {
        let ask = |_| {
            value += 1;
            match random.u8(..10) {
                0 => Ask::All,
                1..=3 => Ask::Get(KEYS[random.usize(..KEYS.len())]),
                _ => put(KEYS[random.usize(..KEYS.len())], random.i64(0..TIMES), value),
            }
        };
        (0..5).map(ask).collect::<Vec<_>>()
    };
    let clients = (0..4).map(|_| (0..4).map(|_| round()).collect()).collect();
    let part = part_of(KEYS[random.usize(..KEYS.len())].as_bytes());
    let from = part * MASTERS / PARTS;
    let mut acts = vec![Act::BeginMove(Move { part, from, to: 1 - from })];
    acts.extend([Act::GoOnMoving; 5]);
    if random.bool() {
        acts = vec![Act::Fail { master: from, lacks: random.usize(..3) }];
    }
    Scene { clients, seals: 4, acts, faults: 4 }
}
