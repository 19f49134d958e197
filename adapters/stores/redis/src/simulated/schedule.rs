//! What happens next, as chosen.

use crate::simulated::choice::Choices;
use crate::simulated::cluster::Move;
use crate::simulated::surroundings::Surroundings;

/// What is done to the engine, whenever that is chosen.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    BeginMove(Move),
    /// Moves a name, or ends the move.
    GoOnMoving,
    /// A master fails, and its replica lacks so many of its last writes.
    Fail {
        master: usize,
        lacks: usize,
    },
}

/// A schedule of all that happens.
#[derive(Debug)]
pub(crate) struct Schedule {
    pub(crate) world: Surroundings,
    pub(crate) choices: Choices,
    /// What is yet to be done, in this order.
    pub(crate) acts: Vec<Act>,
    /// How many connections may yet fail.
    pub(crate) faults: usize,
}

/// What may happen.
#[derive(Clone, Copy, Debug)]
enum Event {
    Serve(usize),
    /// What a silent connection has is done after all.
    Late(usize),
    Act,
    /// Nothing but time.
    Pass,
}

impl Schedule {
    /// Lets things happen until nothing can any more.
    pub(crate) fn run(&mut self) {
        for _ in 0..100_000 {
            self.world.settle();
            while self.world.cluster().read() {
                self.world.settle();
            }
            let events = self.events();
            match events[self.choose(events.len())] {
                Event::Serve(connection) => self.serve(connection),
                Event::Late(connection) => self.serve_late(connection),
                Event::Act => self.act(),
                Event::Pass if !self.world.pass_time() => return,
                Event::Pass => {}
            }
        }
        panic!("it goes on for ever");
    }

    /// Has all that silent connections hold be done.
    pub(crate) fn serve_all_late(&mut self) {
        let count = self.world.cluster().connections.len();
        (0..count).for_each(|connection| self.serve_late(connection));
    }

    fn choose(&mut self, of: usize) -> usize {
        if of > 1 { self.choices.choose(of) } else { 0 }
    }

    fn events(&self) -> Vec<Event> {
        let cluster = self.world.cluster();
        let all = cluster.connections.iter().enumerate();
        let all = all.filter(|(_, it)| !it.waiting.is_empty() && !it.is_over);
        let (late, due): (Vec<_>, Vec<_>) = all.partition(|(_, it)| it.is_silent);
        let mut events: Vec<_> = due.iter().map(|(number, _)| Event::Serve(*number)).collect();
        if events.is_empty() {
            events.push(Event::Pass);
        }
        events.extend(late.iter().map(|(number, _)| Event::Late(*number)));
        events.extend(self.acts.first().map(|_| Event::Act));
        events
    }

    /// Serves a connection, or has it fail.
    fn serve(&mut self, connection: usize) {
        let count = self.world.cluster().connections[connection].waiting.len();
        let kinds = match (self.faults, count) {
            (0, _) => 1,
            (_, 1) => 6,
            _ => 7,
        };
        let kind = self.choose(kinds);
        self.faults -= usize::from(kind > 0);
        let mut cluster = self.world.cluster();
        match kind {
            0 => cluster.serve(connection, count),
            1 => cluster.end(connection, 0),
            2 => cluster.end(connection, count),
            3 => cluster.connections[connection].is_silent = true,
            4 => cluster.refuse(connection, "TRYAGAIN later"),
            5 => cluster.refuse(connection, "OOM command not allowed"),
            _ => cluster.end(connection, count / 2),
        }
    }

    fn serve_late(&mut self, connection: usize) {
        let mut cluster = self.world.cluster();
        let it = &cluster.connections[connection];
        if it.is_silent && !it.is_over {
            let count = it.waiting.len();
            cluster.serve(connection, count);
        }
    }

    fn act(&mut self) {
        let mut cluster = self.world.cluster();
        match self.acts.remove(0) {
            Act::BeginMove(moves) => cluster.begin_move(moves),
            Act::GoOnMoving => cluster.go_on_moving(),
            Act::Fail { master, lacks } => cluster.fail(master, lacks),
        }
    }
}
