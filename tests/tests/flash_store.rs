//! The store in flash is a store, acknowledges nothing that is not in flash, and goes on when the flash
//! does.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::task::{Context, Waker};

use metric_flash::Wear;
use metric_proto::{Key, Lost, Position, Query, Refused, Sample, Series, Store};
use metric_tests::flash_board::{Board, Change, PAGES, RECORD, Settled, random_changes, replayed};
use metric_tests::simulated_flash::{Failing, Operation, SimulatedFlash};
use metric_tests::store_suite::check_store;

type Flash = SimulatedFlash<4, 512>;

fn put(key: &str, timestamp: i64) -> Change {
    (key.to_owned(), Sample::new(0.5, timestamp).ok())
}

fn start(flash: &Flash) -> Board {
    Board::start(flash).expect("the flash is good")
}

#[test]
fn it_passes_the_suite() {
    check_store(|| Settled(RefCell::new(start(&Flash::erased(PAGES)))));
}

#[test]
fn a_reset_changes_nothing_until_the_ring_is_full() {
    for seed in 0..50 {
        let random = &mut fastrand::Rng::with_seed(seed);
        // 44 bytes each at most, and the ring keeps 33.
        let changes = random_changes(33, random);
        let flash = Flash::erased(PAGES);
        let mut board = start(&flash);
        for change in &changes {
            let _ = board.change(change).expect("the flash is good");
        }
        let samples = |board: &Board| {
            let mut samples = Vec::new();
            board.store.scan(&Query::all(Series::All), Position::START, |key, sample| {
                samples.push((key.to_string(), sample));
                ControlFlow::Continue(())
            });
            samples
        };
        let before = samples(&board);
        assert!(before.len() > 5, "{before:?}");
        assert_eq!(samples(&start(&flash)), before, "seed {seed}");
    }
}

#[test]
fn pages_wear_alike_and_as_long_as_is_computed() {
    let wear = Wear { pages: PAGES as u32, page: 512, word: 4, endurance: 100 };
    let flash = Flash::erased(PAGES);
    let mut board = start(&flash);
    let erases = || {
        let mut erases = [0_u32; PAGES];
        for operation in &flash.cells().operations {
            if let Operation::Erase(offset) = operation {
                erases[offset / 512] += 1;
            }
        }
        erases
    };
    let mut samples = 0;
    while erases() != [wear.endurance; PAGES] {
        assert_eq!(board.change(&put("k-123456789.abcd", samples)), Ok(Ok(())));
        samples += 1;
    }
    let [least, most] = [wear.samples(16), wear.samples(16) + wear.samples_per_page(16) as u64 * 5];
    assert!((least..=most).contains(&(samples as u64)), "{samples} of {least} to {most}");
}

#[test]
fn a_change_is_not_confirmed_before_it_is_in_flash() {
    let flash = Flash::erased(PAGES);
    let mut board = start(&flash);
    let (key, sample) = (Key::new("a").unwrap(), Sample::new(1.0, 1).unwrap());
    let context = &mut Context::from_waker(Waker::noop());
    let (mut one, mut other) = (board.store.clone(), board.store.clone());
    assert_eq!(one.put(key, sample), Ok(()));
    assert!(one.poll_ready(context).is_pending());
    assert_eq!(other.put(key, sample), Err(Refused::NotYet));
    assert!(other.poll_ready(context).is_pending());
    assert_eq!(replayed(&flash).unwrap().0, []);
    board.write();
    assert_eq!(replayed(&flash).unwrap().0, [("a".to_owned(), Some(sample))]);
    assert!(one.poll_ready(context).is_ready() && other.poll_ready(context).is_ready());
    assert_eq!(other.put(key, sample), Ok(()));
    assert!(one.poll_ready(context).is_ready() && other.poll_ready(context).is_pending());
}

#[test]
fn a_write_goes_on_when_its_connection_ends() {
    let flash = Flash::erased(PAGES);
    let mut board = start(&flash);
    let sample = Sample::new(1.0, 1).unwrap();
    assert_eq!(board.store.clone().put(Key::new("a").unwrap(), sample), Ok(()));
    assert_eq!(board.change(&put("b", 2)), Ok(Ok(())));
    assert_eq!(replayed(&flash).unwrap().0.len(), 2);
}

#[test]
fn flash_that_fails_gives_no_ok_and_recovers() {
    let flash = Flash::erased(PAGES);
    let mut board = start(&flash);
    assert_eq!(board.change(&put("a", 1)), Ok(Ok(())));
    flash.set_failing(Failing::Always);
    assert_eq!(board.change(&put("a", 2)), Err(Lost));
    for count in 1..4 {
        assert_eq!(board.change(&put("a", 3)), Ok(Err(Refused::Unavailable)));
        assert_eq!(board.slot.refused(), count);
    }
    assert!(board.slot.failures() >= 4);
    flash.set_failing(Failing::Never);
    board.write();
    assert_eq!(board.change(&put("a", 4)), Ok(Ok(())));
    assert_eq!(replayed(&flash).unwrap().0, [put("a", 1), put("a", 2), put("a", 4)]);
}

#[test]
fn an_erase_that_fails_half_way_is_done_again() {
    let flash = Flash::erased(PAGES);
    let mut board = start(&flash);
    flash.set_failing(Failing::Erases);
    let lost = (0..200).find(|&number| board.change(&put("a", number)) == Err(Lost));
    assert!(lost.is_some(), "the ring is never full");
    flash.set_failing(Failing::Never);
    board.write();
    assert_eq!(board.change(&put("a", 200)), Ok(Ok(())));
    assert!(replayed(&flash).unwrap().0.ends_with(&[put("a", 200)]));
}

#[test]
fn flash_that_fails_now_and_then_keeps_all_that_was_acknowledged() {
    for (seed, failing) in (0..40).zip([Failing::Sometimes, Failing::Silently].into_iter().cycle())
    {
        let random = &mut fastrand::Rng::with_seed(seed);
        let flash = Flash::erased(PAGES);
        let (mut board, mut acknowledged) = (start(&flash), Vec::new());
        let mut refused = 0;
        for (number, change) in (0..).zip(random_changes(300, random)) {
            flash.set_failing(if number % 3 == 0 { failing } else { Failing::Never });
            let change = (change.0, Sample::new(number as f64, i64::from(number)).ok());
            match board.change(&change) {
                Ok(Ok(())) => acknowledged.push(change),
                Ok(Err(Refused::Unavailable)) | Err(Lost) => refused += 1,
                other => assert_eq!(other, Ok(Err(Refused::TableFull))),
            }
        }
        flash.set_failing(Failing::Never);
        board.write();
        let last = (acknowledged[0].0.clone(), Sample::new(0.0, i64::MAX).ok());
        assert_eq!(board.change(&last), Ok(Ok(())), "seed {seed}, {failing:?}");
        let (found, _) = replayed(&flash).expect("the flash is good");
        // What failed takes room, too.
        let newest = &acknowledged[acknowledged.len() - 12..];
        let missing: Vec<_> = newest.iter().filter(|change| !found.contains(change)).collect();
        assert!(missing.is_empty(), "seed {seed}, {failing:?}: {missing:?} of {found:?}");
        assert!(refused > 3, "{refused}");
    }
}

#[test]
fn flash_that_holds_anything_can_be_used() {
    for seed in 0..200 {
        let random = &mut fastrand::Rng::with_seed(seed);
        let mut bytes = vec![0; PAGES * 512];
        match seed {
            0 => {}
            1 => bytes.fill(0x55),
            _ => bytes.iter_mut().for_each(|byte| *byte = random.u8(..)),
        }
        let flash = Flash::new(bytes);
        let mut board = start(&flash);
        for number in 0..60 {
            assert_eq!(board.change(&put("a", number)), Ok(Ok(())), "seed {seed}");
        }
        let (found, _) = replayed(&flash).expect("the flash is good");
        assert!(found.ends_with(&[put("a", 58), put("a", 59)]), "seed {seed}: {found:?}");
        assert!(found.len() > 30, "seed {seed}: {found:?}");
    }
}

#[test]
fn the_flash_must_have_the_pages() {
    let flash = Flash::erased(PAGES - 1);
    let opened = replayed(&flash).map(|_| ());
    assert_eq!(opened, Err(embedded_storage_async::nor_flash::NorFlashErrorKind::OutOfBounds));
    assert!(RECORD.is_multiple_of(32));
}
