//! A store that must be awaited for each request changes no byte of the replies, and no unconfirmed
//! reply is sent.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::task::{Context, Poll, Waker};

use embassy_futures::block_on;
use metric_driver::{Buffers, Ended, Error, Lines, serve};
use metric_proto::{
    FixedStore, Key, Limits, Lost, MIN_OUTPUT, Next, Position, Query, Refused, Request, Sample,
    Scan, Selector, Series, ServerConnection, Store, StoreCounters, Summary,
};
use metric_tests::scripted_stream::{Script, ScriptedStream};

const LIMITS: Limits = Limits::new(80, 16);

const DIALOGUE: &str = "put b 2 1\r\nput a 1 -5\nput a 2.50 3\n\nget a\nget *\nget none\n\
    put kkkkkkkkkkkkkkkkk 1 1\nput c 1 1\nget *\nget *\nput a 7 9\nget a\nget b\nhello\nget a\nhalf";

/// A store behind a network. It must be awaited before each result.
#[derive(Default)]
struct Remote {
    inner: FixedStore<2, 4, 16>,
    /// The number of samples per wait.
    page: usize,
    state: State,
    wanted: Vec<(Vec<u8>, Position)>,
    outcomes: VecDeque<Result<(), Refused>>,
    at_hand: RefCell<Option<Page>>,
    waits: usize,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum State {
    #[default]
    Up,
    /// It is known to refuse all puts.
    Down,
    /// The outcome of a request is unknown.
    Unsure,
}

/// Samples of a listing with their positions, and the position at which the listing goes on.
struct Page {
    rows: Vec<(Position, String, Sample)>,
    rest: Option<Position>,
}

impl Remote {
    fn new(page: usize, state: State) -> Self {
        Self { page, state, ..Self::default() }
    }

    fn fetch(&self, selector: Selector<'_>, mut from: Position) -> Page {
        let mut rows = Vec::new();
        loop {
            let mut row = None;
            let scan = self.inner.scan(&Query::from(selector), from, |key, sample| {
                match row {
                    None => row = Some((key.as_str().to_owned(), sample)),
                    Some(_) => return ControlFlow::Break(()),
                }
                ControlFlow::Continue(())
            });
            rows.extend(row.map(|(key, sample)| (from, key, sample)));
            match scan {
                Scan::Stopped(next) if rows.len() < self.page => from = next,
                Scan::Stopped(next) => return Page { rows, rest: Some(next) },
                _ => return Page { rows, rest: None },
            }
        }
    }
}

impl Store for Remote {
    const WAITS: bool = true;

    fn put(&mut self, _: Key<'_>, _: Sample) -> Result<(), Refused> {
        self.outcomes.pop_front().unwrap_or(Err(Refused::NotYet))
    }

    fn remove(&mut self, _: Key<'_>) -> Result<bool, Refused> {
        Err(Refused::NotYet)
    }

    fn scan(
        &self,
        _: &Query<'_>,
        from: Position,
        mut visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        if self.state == State::Down {
            return Scan::Refused;
        }
        let mut at_hand = self.at_hand.borrow_mut();
        let Some(page) = &*at_hand else { return Scan::NotYet(from) };
        for (at, key, sample) in page.rows.iter().skip_while(|(at, ..)| *at != from) {
            if visit(Key::new(key).unwrap(), *sample).is_break() {
                return Scan::Stopped(*at);
            }
        }
        let page = at_hand.take().unwrap();
        page.rest.map_or(Scan::Done, Scan::NotYet)
    }

    fn series(&self, _: &[u8], _: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>) -> Scan {
        Scan::NotYet(Position::START)
    }

    fn counters(&self) -> StoreCounters {
        self.inner.counters()
    }

    /// Batches puts up to the first get, so that no listing shows a later put.
    fn want(&mut self, request: Request<'_>, from: Position) -> bool {
        let mut line = [0; 80];
        let length = request.write(&mut line).unwrap();
        self.wanted.push((line[..length - 1].to_vec(), from));
        matches!(request, Request::Put { .. })
    }

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        self.waits += usize::from(!self.wanted.is_empty());
        for (line, from) in std::mem::take(&mut self.wanted) {
            match metric_proto::parse_request(&line).unwrap() {
                Request::Put { .. } if self.state != State::Up => {
                    self.outcomes.push_back(Err(Refused::TableFull));
                }
                Request::Put { key, sample } => {
                    let outcome = self.inner.put(key, sample);
                    self.outcomes.push_back(outcome);
                }
                Request::Get(selector) => {
                    *self.at_hand.get_mut() = Some(self.fetch(selector, from));
                }
                _ => unreachable!("there is no other request"),
            }
        }
        Poll::Ready(if self.state == State::Unsure { Err(Lost) } else { Ok(()) })
    }
}

/// Returns the writes for a peer that sends `pieces`, with an output of `room` bytes.
fn writes<S: Store>(store: &mut S, pieces: &[&[u8]], room: usize) -> Vec<String> {
    let mut server = ServerConnection::new(LIMITS);
    let (mut input, mut output, mut filled) = (Vec::new(), vec![0; room], 0);
    let mut writes = Vec::new();
    for piece in pieces.iter().flat_map(|piece| piece.chunks(LIMITS.min_input() / 2)) {
        input.extend_from_slice(piece);
        loop {
            let progress = server.process(store, &input, &mut output, filled);
            input.drain(..progress.consumed);
            filled = progress.filled;
            assert!(
                store.poll_ready(&mut Context::from_waker(Waker::noop())) == Poll::Ready(Ok(()))
            );
            if progress.next == Next::Wait {
                continue;
            }
            if filled > 0 {
                writes.push(String::from_utf8(output[..filled].into()).unwrap());
            }
            filled = 0;
            match progress.next {
                Next::Input => break,
                Next::Output => {}
                _ => return writes,
            }
        }
    }
    writes
}

#[test]
fn replies_are_the_same_in_every_cut_every_room_and_by_any_page() {
    let expected = writes(&mut FixedStore::<2, 4, 16>::new(), &[DIALOGUE.as_bytes()], 4096);
    let expected = expected.concat();
    assert!(expected.contains("a 7.0 9\n") && expected.ends_with("\n\n"));
    for page in [1, 2, 100] {
        for room in (MIN_OUTPUT..MIN_OUTPUT + 30).chain([4096]) {
            for cut in 0..=DIALOGUE.len() {
                let (front, back) = DIALOGUE.as_bytes().split_at(cut);
                let mut store = Remote::new(page, State::Up);
                let writes = writes(&mut store, &[front, back], room);
                assert_eq!(writes.concat(), expected, "page {page}, room {room}, cut {cut}");
            }
        }
    }
}

#[test]
fn a_listing_in_pages_that_fits_the_output_is_one_write() {
    let puts = "put a 1 1\nput a 1 2\nput a 1 3\n";
    let mut store = Remote::new(1, State::Up);
    let written = writes(&mut store, &[puts.as_bytes(), b"get a\n"], MIN_OUTPUT);
    assert_eq!(written.last().unwrap(), "ok\na 1.0 1\na 1.0 2\na 1.0 3\n\n");
    assert_eq!(written.len(), 2, "{written:?}");
}

#[test]
fn puts_in_a_row_are_awaited_once() {
    let mut store = Remote::new(1, State::Up);
    let puts: String = (0..4).map(|time| format!("put a 1 {time}\n")).collect();
    let written = writes(&mut store, &[puts.as_bytes()], 4096);
    assert_eq!((written.len(), store.waits), (1, 1), "{written:?}");
}

#[test]
fn what_stands_behind_a_line_of_http_is_not_announced() {
    let mut store = Remote::new(1, State::Up);
    let requests: &[u8] = b"put a 1 1\nPOST / HTTP/1.1\nput b 1 1\n";
    let written = writes(&mut store, &[requests], 4096).concat();
    assert_eq!(written, "ok\n\n".to_owned() + &"error\nwrong command\n\n".repeat(2));
    assert_eq!(store.counters().samples, 1);
}

#[test]
fn a_store_that_is_down_refuses_all_and_the_connection_goes_on() {
    let mut store = Remote::new(1, State::Down);
    let requests: &[u8] = b"put a 1 1\nget a\nput b 1 1\nget *\nx\n";
    let written = writes(&mut store, &[requests], 4096).concat();
    assert_eq!(written, "error\nwrong command\n\n".repeat(5));
}

#[test]
fn nothing_leaves_of_what_the_store_is_not_sure_of() {
    let mut stream = ScriptedStream::new(Script::PLAIN, b"put a 1 1\n");
    let mut buffers = Buffers::<{ LIMITS.min_input() }, MIN_OUTPUT>::new();
    let lines = Lines::new(LIMITS, Remote::new(1, State::Unsure), |_, _| ());
    assert_eq!(block_on(serve(&mut stream, &mut buffers, lines)), Err(Error::Lost));
    assert_eq!(stream.written(), b"");
}

/// A store that shows the first samples of a scan, and then refuses to go on.
struct Broken(FixedStore<1, 10, 16>);

impl Store for Broken {
    const WAITS: bool = false;

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        self.0.put(key, sample)
    }

    fn remove(&mut self, key: Key<'_>) -> Result<bool, Refused> {
        self.0.remove(key)
    }

    fn scan(
        &self,
        query: &Query<'_>,
        from: Position,
        visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        if from.is_start() { self.0.scan(query, from, visit) } else { Scan::Refused }
    }

    fn series(&self, from: &[u8], visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>) -> Scan {
        self.0.series(from, visit)
    }

    fn counters(&self) -> StoreCounters {
        self.0.counters()
    }
}

#[test]
fn a_listing_that_cannot_go_on_ends_the_connection_without_its_empty_line() {
    let mut store = Broken(FixedStore::new());
    let key = Key::new("a.long.key").unwrap();
    for time in 0..10 {
        store.put(key, Sample::new(0.123_456_789, 1_000_000_000_000 + time).unwrap()).unwrap();
    }
    let mut stream = ScriptedStream::new(Script::PLAIN, b"hello\nget *\nhello\n");
    let mut buffers = Buffers::<{ LIMITS.min_input() }, MIN_OUTPUT>::new();
    let ended = block_on(serve(&mut stream, &mut buffers, Lines::new(LIMITS, store, |_, _| ())));
    assert_eq!(ended, Ok(Ended::BySession));
    let written = str::from_utf8(stream.written()).unwrap();
    assert!(written.starts_with("error\nwrong command\n\nok\na.long.key "), "{written}");
    assert!(!written.ends_with("\n\n") && written.ends_with('\n'), "{written}");
}

#[test]
fn a_position_of_another_store_means_nothing_more() {
    let mut stores = [FixedStore::<2, 4, 16>::new(), FixedStore::new()];
    for store in &mut stores {
        store.put(Key::new("a").unwrap(), Sample::new(1.0, 1).unwrap()).unwrap();
    }
    let remembered = Position::new(9, metric_proto::Resume { series: 0, next: 0, last: 9 });
    let all = Query::all(Series::All);
    let scan = stores[0].scan(&all, remembered, |_, _| panic!("nothing is to be shown"));
    assert_eq!(scan, Scan::Done);
}
