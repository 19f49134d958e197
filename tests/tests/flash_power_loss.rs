//! What the store in flash has acknowledged is there after a power loss at any word, and after any bit
//! has flipped.

use metric_flash::Wear;
use metric_proto::Sample;
use metric_tests::flash_board::{Board, Change, PAGES, random_changes, replayed};
use metric_tests::simulated_flash::{Operation, SimulatedFlash, apply, torn};

/// Changes in the history that is cut.
const HISTORY: usize = 1_000;

/// What a board has acknowledged, and what its flash did meanwhile.
struct History {
    changes: Vec<Change>,
    operations: Vec<Operation>,
    /// The number of operations after each change.
    ends: Vec<usize>,
}

/// Runs random changes, with some resets between them.
fn history<const WORD: usize, const PAGE: usize>(
    count: usize,
    random: &mut fastrand::Rng,
) -> History {
    let flash = SimulatedFlash::<WORD, PAGE>::erased(PAGES);
    let mut board = Board::start(&flash).expect("the flash is good");
    let (mut changes, mut ends) = (Vec::new(), Vec::new());
    for change in random_changes(count, random) {
        if random.u8(..) < 5 {
            board = Board::start(&flash).expect("the flash is good");
        }
        let before = flash.cells().operations.len();
        let changed = board.change(&change).expect("the flash is good");
        let end = flash.cells().operations.len();
        if changed.is_ok() && (change.1.is_some() || end > before) {
            changes.push(change);
            ends.push(end);
        } else {
            assert_eq!(before, end, "a refusal writes nothing");
        }
    }
    let operations = flash.cells().operations.clone();
    History { changes, operations, ends }
}

/// Returns how many of the newest changes a ring has at least, with room for what was torn.
fn kept(word: usize, page: usize) -> usize {
    let wear = Wear { pages: 0, page: page as u32, word: word as u32, endurance: 0 };
    (wear.samples_per_page(16) as usize - 2) * (PAGES - 1)
}

/// Checks that a flash has an unbroken run of the changes up to one of `ends`. Returns that run.
fn check<const WORD: usize, const PAGE: usize>(
    flash: &SimulatedFlash<WORD, PAGE>,
    changes: &[Change],
    ends: &[usize],
) -> Vec<Change> {
    let (found, replay) = replayed(flash).expect("the flash is good");
    assert_eq!((replay.records as usize, replay.lost), (found.len(), 0));
    assert!(!replay.erased && !replay.too_long, "{replay:?}");
    let is_run = |&end: &usize| {
        let count = end.min(kept(WORD, PAGE))..=end;
        count.contains(&found.len()) && changes[end - found.len()..end] == found
    };
    let near = || &changes[ends[0].saturating_sub(found.len() + 2)..*ends.last().expect("an end")];
    assert!(ends.iter().copied().any(|end| is_run(&end)), "{found:?} is not {:?}", near());
    found
}

/// Checks what is left after a power loss while the change after `end` others was made: that all of
/// these are there, and that further changes are kept as well.
fn check_left<const WORD: usize, const PAGE: usize>(
    bytes: Vec<u8>,
    changes: &[Change],
    end: usize,
) -> SimulatedFlash<WORD, PAGE> {
    let flash = SimulatedFlash::<WORD, PAGE>::new(bytes);
    let found = check(&flash, changes, &[(end + 1).min(changes.len()), end]);
    let mut board = Board::start(&flash).expect("the flash is good");
    let more = more(&found);
    for change in &more {
        assert_eq!(board.change(change), Ok(Ok(())));
    }
    let all = [found, more].concat();
    check(&flash, &all, &[all.len()]);
    flash
}

/// Two more changes, which no board refuses.
fn more(found: &[Change]) -> Vec<Change> {
    let key = found.last().map_or("a", |(key, _)| key);
    vec![(key.to_owned(), Sample::new(1.5, i64::MAX).ok()); 2]
}

/// Cuts a history at each word. Some of the recoveries are cut at each word, too.
fn check_cuts<const WORD: usize, const PAGE: usize>(seed: u64) {
    let random = &mut fastrand::Rng::with_seed(seed);
    let History { changes, operations, ends } = history::<WORD, PAGE>(HISTORY, random);
    let (mut bytes, mut cuts, mut again) = (vec![0xff; PAGES * PAGE], 0, 0);
    let is_erase = |operation: &&Operation| matches!(operation, Operation::Erase(_));
    assert!(operations.iter().filter(is_erase).count() > PAGES, "the ring wraps");
    for (at, operation) in operations.iter().enumerate() {
        let end = ends.partition_point(|&end| end <= at);
        for left in torn(&bytes, operation, PAGE, random) {
            let flash = check_left::<WORD, PAGE>(left.clone(), &changes, end);
            cuts += 1;
            if random.u8(..) < 6 || is_erase(&operation) {
                again += check_recovery::<WORD, PAGE>(left, &flash, (&changes, end), random);
            }
        }
        apply(&mut bytes, operation, PAGE);
    }
    println!("words of {WORD}: {} changes, {cuts} cuts, {again} of a recovery", changes.len());
}

/// Cuts a recovery at each word.
fn check_recovery<const WORD: usize, const PAGE: usize>(
    mut bytes: Vec<u8>,
    recovered: &SimulatedFlash<WORD, PAGE>,
    (changes, end): (&[Change], usize),
    random: &mut fastrand::Rng,
) -> usize {
    let before = replayed(&SimulatedFlash::<WORD, PAGE>::new(bytes.clone())).expect("good").0;
    let end = if changes[..end].ends_with(&before) { end } else { end + 1 };
    let all = [&changes[..end], &more(&before)].concat();
    let mut cuts = 0;
    for operation in &recovered.cells().operations {
        for left in torn(&bytes, operation, PAGE, random) {
            let ends: Vec<_> = (end..=all.len()).collect();
            check(&SimulatedFlash::<WORD, PAGE>::new(left), &all, &ends);
            cuts += 1;
        }
        apply(&mut bytes, operation, PAGE);
    }
    cuts
}

#[test]
fn no_cut_loses_what_was_acknowledged_in_words_of_4_bytes() {
    check_cuts::<4, 512>(1);
}

#[test]
fn no_cut_loses_what_was_acknowledged_in_words_of_1_byte() {
    check_cuts::<1, 512>(2);
}

#[test]
fn no_cut_loses_what_was_acknowledged_in_words_of_32_bytes() {
    check_cuts::<32, 1024>(3);
}

#[test]
fn no_word_is_written_twice_between_erases() {
    let History { operations, .. } = history::<32, 1024>(HISTORY, &mut fastrand::Rng::with_seed(4));
    let mut written = std::collections::HashSet::new();
    for operation in operations {
        match operation {
            Operation::Write(offset, _) => assert!(written.insert(offset), "{offset}"),
            Operation::Erase(page) => written.retain(|offset| offset / 1024 != page / 1024),
        }
    }
}

/// Flips each bit of a flash. At most one change is missing then, and it is told unless it is the
/// oldest or the newest.
#[test]
fn a_flipped_bit_loses_one_change_and_that_is_told() {
    const PAGE: usize = 512;
    for seed in [5, 0, 1, 2] {
        let random = &mut fastrand::Rng::with_seed(seed);
        let History { changes, operations, .. } = history::<4, PAGE>(400, random);
        let mut bytes = vec![0xff; PAGES * PAGE];
        operations.iter().for_each(|operation| apply(&mut bytes, operation, PAGE));
        let flash = SimulatedFlash::<4, PAGE>::new(bytes.clone());
        let all = check(&flash, &changes, &[changes.len()]);
        let lost = |bit: usize| {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            check_damage(&SimulatedFlash::<4, PAGE>::new(bytes), &all)
        };
        let lost: usize = (0..8 * bytes.len()).map(lost).sum();
        println!("seed {seed}: {lost} of {} bits lose a change", 8 * bytes.len());
        assert!(lost > 8 * PAGE);
    }
}

/// Returns how many of the changes are missing in a flash.
fn check_damage(flash: &SimulatedFlash<4, 512>, all: &[Change]) -> usize {
    let (found, replay) = replayed(flash).expect("the flash is good");
    let lost = all.len() - found.len();
    let place = all.iter().zip(&found).take_while(|(one, other)| one == other).count();
    let rest = [&all[..place], &all[place + lost..]].concat();
    assert!(lost <= 1 && found == rest, "{lost} are lost at {place} of {all:?}");
    let is_told = replay.lost as usize == lost || place == 0 || place == all.len() - 1;
    assert!(is_told && !replay.erased && !replay.too_long, "{replay:?}");
    lost
}
