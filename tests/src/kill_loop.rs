//! Kills a server program again and again while connections put, and checks after each start that
//! every acknowledged put is there, and that what is there is a prefix of each connection's puts.
//!
//! 1. Start the server on the directory, sometimes kill it before it is ready, and start it again.
//! 2. Compare all samples with the model; they tell how many puts of each connection were kept.
//! 3. Put on all connections, each with its own keys; kill the server at a random moment.
//! 4. Count the replies of each connection: at least so many puts must be kept.

mod load;
mod model;

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::running::Running;
use load::Load;
use model::{Model, SAMPLES};

/// How often a server is killed, at least.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Kills under load.
    pub kills: u32,
    /// Acknowledged puts.
    pub acknowledged: u64,
    /// A time after which no further kill follows.
    pub time: Option<Duration>,
}

/// What was done.
#[derive(Clone, Copy, Debug, Default)]
pub struct Done {
    /// Kills under load.
    pub kills: u32,
    /// Acknowledged puts, all of which were found after each start.
    pub acknowledged: u64,
    /// Puts that were sent, not acknowledged, and kept, as they may be.
    pub more: u64,
}

/// Connections, by the most puts that each has under way.
const WINDOWS: [u64; 5] = [1, 16, 100, 1_000, u64::MAX];

/// The longest time between the first put and a kill.
const LOAD: Duration = Duration::from_millis(400);

/// The longest time between a start and a kill before the server is ready.
const START: Duration = Duration::from_millis(60);

/// Runs the loop with a server program and options.
///
/// # Panics
///
/// If an acknowledged put is missing, or anything is there that should not be.
pub fn check_kills(program: &Path, options: &[&str], plan: Plan) -> Done {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let place = tempfile::tempdir().expect("a temporary directory");
    let data = place.path().to_str().expect("text");
    // The smallest logs that there are, so that they follow each other often.
    let samples = SAMPLES.to_string();
    let common = ["--data", data, "--keep-bytes", "64M", "--max-samples", &samples];
    let options = [&common, options].concat();
    let mut models: Vec<_> = (0..WINDOWS.len()).map(Model::new).collect();
    let (mut done, since) = (Done::default(), Instant::now());
    while done.kills < plan.kills || done.acknowledged < plan.acknowledged {
        if plan.time.is_some_and(|time| since.elapsed() > time) {
            break;
        }
        if random.u8(..) < 50 {
            kill_at_start(program, &options, pause(&mut random, START));
        }
        let server = Running::start(program, &options);
        compare(&server, &mut models, &mut done);
        let pause = pause(&mut random, LOAD);
        for (load, model) in put_until_killed(server, &models, &mut random, pause) {
            done.acknowledged += load.acknowledged;
            models[model].put(load);
        }
        done.kills += 1;
    }
    compare(&Running::start(program, &options), &mut models, &mut done);
    done
}

fn pause(random: &mut fastrand::Rng, longest: Duration) -> Duration {
    longest.mul_f64(random.f64())
}

fn kill_at_start(program: &Path, options: &[&str], pause: Duration) {
    let mut command = Command::new(program);
    command.args(["--listen", "127.0.0.1:0", "--log", "off"]).args(options);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
    let mut child = child.expect("the program starts");
    thread::sleep(pause);
    child.kill().and_then(|()| child.wait()).expect("it can be killed");
}

/// Compares all samples of a server with the models.
fn compare(server: &Running, models: &mut [Model], done: &mut Done) {
    let listing = server.ask("get *\n");
    let lines = listing.strip_prefix("ok\n").and_then(|rest| rest.strip_suffix("\n"));
    let lines = lines.unwrap_or_else(|| panic!("no listing: {:?}", listing.get(..100)));
    let mut found: Vec<HashMap<&str, Vec<(i64, f64)>>> = vec![HashMap::new(); models.len()];
    for line in lines.lines() {
        let (key, value, time) = parse(line).unwrap_or_else(|| panic!("a sample: {line:?}"));
        let model = model::connection(key).filter(|&model| model < models.len());
        let model = model.unwrap_or_else(|| panic!("nobody put {line:?}"));
        found[model].entry(key).or_default().push((time, value));
    }
    for (model, found) in models.iter_mut().zip(found) {
        done.more += model.compare(&found);
    }
}

fn parse(line: &str) -> Option<(&str, f64, i64)> {
    let mut parts = line.split(' ');
    Some((parts.next()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Puts on all connections, and kills the server after a pause. Returns what each has put, with its
/// model.
fn put_until_killed(
    server: Running,
    models: &[Model],
    random: &mut fastrand::Rng,
    pause: Duration,
) -> Vec<(Load, usize)> {
    let streams: Vec<_> = models.iter().map(|_| server.connect()).collect();
    thread::scope(|scope| {
        let put = |((model, stream), window): ((&_, _), u64)| {
            let (random, model) = (random.fork(), Model::clone(model));
            scope.spawn(move || Load::run(stream, model, window, random))
        };
        let all = models.iter().zip(streams).zip(WINDOWS);
        let running: Vec<_> = all.map(put).collect();
        thread::sleep(pause);
        drop(server);
        let loads = running.into_iter().map(|load| load.join().expect("a load ends"));
        loads.zip(0..).collect()
    })
}
