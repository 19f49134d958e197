//! The simulated time of the tests. Each world has its own, in its own thread, and skips the time in
//! which nothing happens.

use std::cell::{Cell, RefCell};
use std::task::Waker;
use std::time::{Duration, Instant};

use embassy_time_driver::{Driver, TICK_HZ, time_driver_impl};

time_driver_impl!(static CLOCK: Clock = Clock);

thread_local! {
    static TIME: Time = Time::default();
}

/// What time does while a world has nothing to do until a timer expires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Pace {
    /// It jumps to the timer. Nothing outside of the world takes time in it.
    #[default]
    Jumps,
    /// It jumps up to this duration. Longer times pass as usual, since something may happen
    /// outside.
    JumpsUpTo(Duration),
}

struct Clock;

#[derive(Default)]
struct Time {
    pace: Cell<Pace>,
    started: Cell<Option<Instant>>,
    /// The number of skipped ticks.
    jumped: Cell<u64>,
    timers: RefCell<Vec<(u64, Waker)>>,
}

impl Driver for Clock {
    fn now(&self) -> u64 {
        TIME.with(Time::now)
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        TIME.with(|time| time.schedule(at, waker));
    }
}

/// Starts the time of this thread's world.
pub(crate) fn start(pace: Pace) {
    TIME.with(|time| {
        time.pace.set(pace);
        time.started.set((pace != Pace::Jumps).then(Instant::now));
        time.jumped.set(0);
        time.timers.borrow_mut().clear();
    });
}

/// Jumps to the next timer and wakes its waker. If time does not jump, returns the time until the
/// timer. The caller then calls again after that time or after an event.
pub(crate) fn go_on() -> Option<Duration> {
    TIME.with(Time::go_on)
}

impl Time {
    fn now(&self) -> u64 {
        let passed = self.started.get().map_or(Duration::ZERO, |started| started.elapsed());
        self.jumped.get() + ticks(passed)
    }

    /// Keeps one timer for each waker, whose task sets its other timers again when it is woken.
    fn schedule(&self, at: u64, waker: &Waker) {
        let mut timers = self.timers.borrow_mut();
        match timers.iter_mut().find(|(_, other)| other.will_wake(waker)) {
            Some((earliest, _)) => *earliest = at.min(*earliest),
            None => timers.push((at, waker.clone())),
        }
    }

    fn go_on(&self) -> Option<Duration> {
        let next = self.timers.borrow().iter().map(|(at, _)| *at).min();
        let wait = match next {
            Some(next) => next.saturating_sub(self.now()),
            None if self.pace.get() == Pace::Jumps => panic!("nothing will ever happen again"),
            None => return Some(HANG),
        };
        match self.pace.get() {
            Pace::JumpsUpTo(longest) if wait > ticks(longest) => return Some(duration(wait)),
            Pace::Jumps | Pace::JumpsUpTo(_) => self.jumped.set(self.jumped.get() + wait),
        }
        let now = self.now();
        assert!(now < ticks(THE_END) || self.pace.get() != Pace::Jumps, "this goes on for ever");
        let due = self.timers.borrow_mut().extract_if(.., |(at, _)| *at <= now).collect::<Vec<_>>();
        due.into_iter().for_each(|(_, waker)| waker.wake());
        None
    }
}

fn ticks(duration: Duration) -> u64 {
    duration.as_nanos().saturating_mul(TICK_HZ.into()).div_euclid(1_000_000_000) as u64
}

fn duration(ticks: u64) -> Duration {
    Duration::from_secs_f64(ticks as f64 / TICK_HZ as f64).min(HANG)
}

/// The limit of simulated time. No script takes as long.
const THE_END: Duration = Duration::from_secs(3 * 3_600);

/// The limit of a wait for something outside.
const HANG: Duration = Duration::from_secs(60);
