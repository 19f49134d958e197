//! The law of what Graphite's clients write.

use metric_graphite::{Expression, MAX_DEPTH, parse_target, parse_time};

/// A text is a target that reads back from its own text and is not too deep, or it is told where it is
/// none. It is a time that reads back, or none.
pub fn graphite_targets(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match parse_target(text) {
        Ok(target) => {
            assert!(depth(&target) <= MAX_DEPTH, "a target is too deep");
            assert_eq!(parse_target(&target.to_string()), Ok(target), "a target reads back");
        }
        Err(error) => {
            assert!(error.at <= text.len(), "the place of an error is in the text");
            assert!(!error.to_string().contains('\n'), "an error is a line");
        }
    }
    for zone in [None, Some("Europe/Berlin"), Some(text)] {
        let Ok(time) = parse_time(text, 1_150_864_247, zone) else { continue };
        // Times before 1970 have no number, and eight digits may be a date.
        if (100_000_000..).contains(&time) {
            assert_eq!(parse_time(&time.to_string(), 0, zone), Ok(time), "a time reads back");
        }
    }
}

fn depth(target: &Expression) -> usize {
    match target {
        Expression::Call(call) => {
            let named = call.keywords.iter().map(|(_, argument)| argument);
            1 + call.arguments.iter().chain(named).map(depth).max().unwrap_or(0)
        }
        _ => 0,
    }
}
