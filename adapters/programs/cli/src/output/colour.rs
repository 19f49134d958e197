//! Whether there may be colours, and what else takes more of a terminal than lines.

use std::env;

/// By the custom of <https://no-color.org>: not if `NO_COLOR` says anything.
pub(crate) fn wanted() -> bool {
    moves() && env::var_os("NO_COLOR").is_none_or(|text| text.is_empty())
}

/// Whether the terminal can move its cursor. Without a name it is taken for one that cannot, as by
/// most libraries for colours.
pub(crate) fn moves() -> bool {
    env::var_os("TERM").is_some_and(|name| !name.is_empty() && name != "dumb")
}
