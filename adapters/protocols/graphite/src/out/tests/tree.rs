//! The tree of keys.

use serde_json::{Value, json};

use super::*;
use crate::out::find::{Node, find};
use crate::out::tree;

#[test]
fn find_shows_nodes_and_skips_what_lies_below() {
    let store =
        store(&[("a.b", 1, 1.0), ("a.b-x.c", 1, 1.0), ("top", 1, 1.0), ("a.t;x=1", 1, 1.0)]);
    for index in 0..20_000 {
        put(&store, &format!("a.b.{index}"), 1, 1.0);
    }
    let mut query = query(&store);
    let mut found = |pattern| {
        let nodes = block_on(find(&mut query, pattern, 10_000)).unwrap();
        let marks = |node: Node| (node.leaf.is_some(), node.is_branch);
        nodes.into_iter().map(|(path, node)| (path, marks(node))).collect::<Vec<_>>()
    };
    let node = |path: &str, leaf, branch| (path.to_owned(), (leaf, branch));
    assert_eq!(found("*"), [node("a", false, true), node("top", true, false)]);
    assert_eq!(found("a.*"), [node("a.b", true, true), node("a.b-x", false, true)]);
    assert_eq!(
        found("a.b.1999[89]"),
        [node("a.b.19998", true, false), node("a.b.19999", true, false)]
    );
    assert_eq!(found("none.*"), []);
    assert_eq!(query.host.turns.load(Relaxed), 0);
    let refused = block_on(find(&mut query, "a.b.*", 10_000));
    assert!(refused.is_err());
}

#[test]
fn the_tree_is_shown_as_grafana_reads_it() {
    let store = store(&[("a.b", 1, 1.0), ("a.b.c", 1, 1.0), ("a.a", 1, 1.0)]);
    let asked = fields(&[("query", "a.*"), ("from", "undefined"), ("until", "undefined")]);
    let shown = |asked: &Fields, form| {
        let mut query = query(&store);
        let nodes = block_on(tree::asked(&mut query, (asked, form), 10)).unwrap();
        let json = match form {
            tree::Form::Tree => text(block_on(tree::tree(query, nodes, asked)).unwrap()),
            _ => text(tree::completer(query, nodes)),
        };
        serde_json::from_str::<Value>(&json).unwrap()
    };
    let expected = json!([
        {"text": "b", "id": "a.b", "leaf": 1, "expandable": 1, "allowChildren": 1},
        {"text": "a", "id": "a.a", "leaf": 1, "expandable": 0, "allowChildren": 0},
    ]);
    assert_eq!(shown(&asked, tree::Form::Tree), expected);
    let asked = fields(&[("query", "a"), ("format", "completer")]);
    let expected = json!({"metrics": [{"path": "a.", "name": "a", "is_leaf": "0"}]});
    assert_eq!(shown(&asked, tree::Form::Completer), expected);
    let asked = fields(&[("query", "a.*"), ("query", "*")]);
    let expanded = block_on(tree::expand(query(&store), &asked, 10)).unwrap();
    assert_eq!(text(expanded), r#"{"results": ["a", "a.a", "a.b"]}"#);
}

#[test]
fn the_index_has_all_paths_however_it_is_cut() {
    assert_eq!(produced(tree::Index::new(), &store(&[]), 1), b"[]");
    let store = store(&[("a.b", 1, 1.0), ("a.b.c", 1, 1.0), ("b;c=d", 1, 1.0), ("e\"", 1, 1.0)]);
    for piece in [1, 2, 7, 100] {
        let index = produced(tree::Index::new(), &store, piece);
        assert_eq!(index, br#"["a.b", "a.b.c", "e\""]"#, "{piece}");
    }
}

#[test]
fn all_queries_of_an_expansion_have_one_bound() {
    let store = store(&[("a.b", 1, 1.0), ("a.c", 1, 1.0)]);
    let host = host(&store);
    let expanded = |count: usize, most: usize, grouped: &'static str| {
        let pairs = [vec![("query", "a.*"); count], vec![("groupByExpr", grouped)]].concat();
        let query = Running::new(host.clone(), &Memory::default(), Budget::DESKTOP);
        let expanded = block_on(tree::expand(query, &fields(&pairs), most));
        expanded.map(text).map_err(|one| one.to_string())
    };
    assert_eq!(expanded(2, 4, "0").unwrap(), r#"{"results": ["a.b", "a.c"]}"#);
    assert_eq!(expanded(1, 4, "1").unwrap(), r#"{"results": {"a.*": ["a.b", "a.c"]}}"#);
    let both = r#"{"results": {"a.*": ["a.b", "a.c"], "a.*": ["a.b", "a.c"]}}"#;
    assert_eq!(expanded(2, 4, "1").unwrap(), both);
    for grouped in ["0", "1"] {
        assert!(expanded(3, 5, grouped).unwrap_err().contains("more than 5 series"));
    }
    expanded(200, 1_000, "0").unwrap();
    assert!(host.turns.load(Relaxed) >= 200);
}

#[test]
fn a_pattern_as_long_as_a_key_finds_what_lies_below_it() {
    let (short, long) = ("b".repeat(998), "c".repeat(1_000));
    let store = store(&[(&short, 1, 1.0), (&long, 1, 1.0), ("a.b", 1, 1.0)]);
    let found = |pattern: &str| {
        let nodes = block_on(find(&mut query(&store), pattern, 10)).unwrap();
        nodes.into_keys().collect::<Vec<_>>()
    };
    assert_eq!((found(&short), found(&long)), (vec![short.clone()], vec![long.clone()]));
    // Groups make a pattern longer than the keys that it matches, and than a pattern may be.
    for count in [100, 900] {
        let names: Vec<_> = (0..count).map(|number| format!("host{number}")).collect();
        assert_eq!(found(&format!("{{{},a,b}}", names.join(","))), ["a"], "{count}");
        assert_eq!(found(&format!("{{{},a,b}}.b", names.join(","))), ["a.b"], "{count}");
    }
}

#[test]
fn nodes_are_those_of_all_keys_one_by_one() {
    let mut random = 7_u64;
    let mut next = |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) % below
    };
    for _ in 0..300 {
        let mut key = || -> String {
            (0..=next(6)).map(|_| ['a', 'b', '.', '-', '0'][next(5) as usize]).collect()
        };
        let keys: Vec<_> = (0..20).map(|_| key()).collect();
        let store = store(&[]);
        keys.iter().for_each(|key| put(&store, key, 1, 1.0));
        for pattern in
            ["*", "a*", "*.*", "a.*", "*.b", "*b.a*", "?.?", "a", "{a,b.*}", "**", "[ab].*"]
        {
            let glob = metric_query::Glob::new(pattern).unwrap();
            let mut expected: std::collections::BTreeMap<String, (bool, bool)> = Default::default();
            for key in &keys {
                let branches = key.match_indices('.').map(|(dot, _)| &key[..dot]);
                for path in branches.chain([&**key]).filter(|path| glob.matches(path)) {
                    let node = expected.entry(path.to_owned()).or_default();
                    node.0 |= path == key;
                    node.1 |= path != key;
                }
            }
            let found = block_on(find(&mut query(&store), pattern, 1_000)).unwrap();
            let marks = |node: Node| (node.leaf.is_some(), node.is_branch);
            let found: std::collections::BTreeMap<_, _> =
                found.into_iter().map(|(path, node)| (path, marks(node))).collect();
            assert_eq!(found, expected, "{pattern} {keys:?}");
        }
    }
}
