//! A search visits few keys, each selected series once, and no more than a turn in one call.

use metric_memory::{Layout, MemoryStore};
use metric_proto::{Key, LONGEST_KEY, Sample, Store};
use metric_query::{
    AnyOf, Budget, Cost, Count, Glob, Last, Matcher, Next, Nodes, Produce, Range, Select, Style,
    Window,
};

use crate::support::{Watched, read};

fn put(mut store: &MemoryStore, key: &str, at: i64) {
    store.put(Key::new(key).unwrap(), Sample::new(1.0, at).unwrap()).unwrap();
}

/// 100,000 keys of 10 sites, as `site3.host00042.cpu` is one.
fn sites() -> MemoryStore {
    let store = MemoryStore::with_layout(Layout::ONE_THREAD, 100_000, 4);
    for site in 0..10 {
        for host in 0..2_500 {
            for metric in ["cpu", "disk.sda", "disk.sdb", "memory"] {
                put(&store, &format!("site{site}.host{host:05}.{metric}"), 7);
            }
        }
    }
    store
}

fn keys(select: impl Select, store: &mut impl Store) -> Vec<String> {
    let mut last = Last::<_, LONGEST_KEY>::new(select, Style::LINES, Budget::NONE);
    let reply = read(&mut last, store, &mut fastrand::Rng::with_seed(1)).0;
    reply.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn a_search_visits_few_of_many_keys() {
    let memory = sites();
    let mut store = Watched::new(&memory);
    // Each pattern with the keys that it finds and the most that it may visit.
    let cases = [
        ("*.cpu", 0, 30),
        ("*.host00042.cpu", 10, 60),
        ("site3.host00042.*", 2, 10),
        ("site3.*.cpu", 2_500, 7_600),
        ("site{3,5}.host0000?.memory", 20, 80),
        ("site[!0-8].host0249[89].disk.sd?", 4, 40),
        ("nothing", 0, 2),
        ("site3.host02499.{cpu,memory}", 2, 10),
    ];
    for (pattern, found, most) in cases {
        store.shown.set(0);
        assert_eq!(keys(Glob::new(pattern).unwrap(), &mut store).len(), found, "{pattern}");
        let shown = store.shown.get();
        assert!(shown <= most, "{pattern} visits {shown} keys");
        println!("{pattern}: {shown} keys visited for {found}");
    }
    store.shown.set(0);
    let mut nodes = Nodes::<LONGEST_KEY>::new(None, 100, Style::CSV);
    assert_eq!(
        read(&mut nodes, &mut store, &mut fastrand::Rng::with_seed(1)).0.lines().count(),
        11
    );
    assert!(store.shown.get() <= 30, "{} keys visited", store.shown.get());
}

#[test]
fn several_selectors_find_each_series_once_in_order() {
    let memory = MemoryStore::with_layout(Layout::ONE_THREAD, 100, 4);
    for key in ["a.x", "a.y", "b.x", "b[x]", "c"] {
        put(&memory, key, 1);
    }
    let glob = |pattern: &str| Matcher::Glob(Glob::new(pattern.to_owned()).unwrap());
    let key = |key: &str| Matcher::Key(key.to_owned());
    let cases = [
        (vec![], vec![]),
        (vec![Matcher::All], vec!["a.x", "a.y", "b.x", "b[x]", "c"]),
        (vec![key("b[x]")], vec!["b[x]"]),
        (vec![key("none"), key("c"), key("a.x")], vec!["a.x", "c"]),
        (vec![glob("*.x"), glob("a.*"), key("a.x")], vec!["a.x", "a.y", "b.x"]),
        (vec![glob("c"), Matcher::All], vec!["a.x", "a.y", "b.x", "b[x]", "c"]),
    ];
    for (selectors, expected) in cases {
        assert_eq!(keys(AnyOf(selectors.clone()), &mut &memory), expected, "{selectors:?}");
        assert_eq!(keys(&selectors[..], &mut &memory), expected, "{selectors:?}");
    }
    assert_eq!(keys([Key::new("c").unwrap(), Key::new("b").unwrap()], &mut &memory), ["c"]);
}

#[test]
fn a_key_that_is_too_long_is_left_out() {
    let memory = MemoryStore::with_layout(Layout::ONE_THREAD, 2_000, 4);
    for key in ["abcd", "abc", "ab", "b"] {
        put(&memory, key, 1);
    }
    for number in 0..1_000 {
        put(&memory, &format!("abcd{number}"), 1);
    }
    let mut store = Watched::reluctant(&memory, 1);
    let mut last = Last::<_, 3>::new(Matcher::<&str>::All, Style::LINES, Budget::NONE);
    let reply = read(&mut last, &mut store, &mut fastrand::Rng::with_seed(1));
    assert_eq!(reply, ("ab 1.0 1\nabc 1.0 1\nb 1.0 1\n".to_owned(), Next::Done));
    let mut nodes = Nodes::<3>::new(Some("abcd"), 9, Style::CSV);
    let reply = read(&mut nodes, &mut store, &mut fastrand::Rng::with_seed(1));
    assert_eq!(reply, ("name,path,leaf,branch\n".to_owned(), Next::Done));
}

#[test]
fn a_call_reads_no_more_than_a_turn() {
    let memory = MemoryStore::with_layout(Layout::ONE_THREAD, 1_000, 20_000);
    for key in 0..600 {
        put(&memory, &format!("k{key}"), 1);
    }
    for at in 0..20_000 {
        put(&memory, "long", at);
    }
    let mut store = Watched::new(&memory);
    let mut output = vec![0; 1 << 20];
    let mut check = |producer: &mut dyn FnMut(&mut Watched<&MemoryStore>) -> Next, least| {
        for turns in 1.. {
            store.shown.set(0);
            let next = producer(&mut store);
            assert!(store.shown.get() <= 8_200, "{} visited", store.shown.get());
            if next == Next::Done {
                assert!(turns >= least, "{turns} turns");
                return;
            }
        }
    };
    let all = Matcher::<&str>::All;
    let mut last = Last::<_, 16>::new(all.clone(), Style::JSON, Budget::NONE);
    let mut range = Range::<_, 16>::new(all.clone(), Window::ALL, Style::JSON, Budget::NONE);
    let mut count = Count::<_, 16>::new(all, Window::ALL, Budget::NONE);
    check(&mut |store| last.fill(store, &mut output).next, 3);
    check(&mut |store| range.fill(store, &mut output).next, 5);
    check(&mut |store| count.run(store), 3);
    assert_eq!(count.cost(), Cost { series: 601, samples: 20_600 });
}

#[test]
fn the_cost_is_a_lower_bound_and_exact_for_whole_series() {
    let memory = MemoryStore::with_layout(Layout::ONE_THREAD, 10, 100);
    for at in 0..10 {
        put(&memory, "a", at);
        put(&memory, "b", at * 10);
    }
    // The times, the newest, and the cost.
    let cases = [
        ((i64::MIN, i64::MAX), usize::MAX, (2, 20)),
        ((0, 9), usize::MAX, (2, 11)),
        ((0, 90), 3, (2, 6)),
        ((5, 6), usize::MAX, (2, 0)),
        ((10, 100), usize::MAX, (1, 1)),
        ((91, 100), usize::MAX, (0, 0)),
    ];
    for ((from, until), newest, (series, samples)) in cases {
        let window = Window { from, until, newest };
        let mut count = Count::<_, 16>::new(Matcher::<&str>::All, window, Budget::NONE);
        assert_eq!(count.run(&&memory), Next::Done);
        assert_eq!(count.cost(), Cost { series, samples }, "{window:?}");
    }
    let budget = Budget { samples: 19, ..Budget::NONE };
    let mut count = Count::<_, 16>::new(Matcher::<&str>::All, Window::ALL, budget);
    assert!(matches!(count.run(&&memory), Next::Exceeded(_)));
}
