//! Decides whether a terminal gets colours and cursor movements.

use std::env;

/// Returns whether to use colours. As <https://no-color.org> says, a `NO_COLOR` that is not empty
/// turns them off.
pub(crate) fn wanted() -> bool {
    moves() && env::var_os("NO_COLOR").is_none_or(|text| text.is_empty())
}

/// Returns whether the terminal can move its cursor. A terminal without a name is assumed not to,
/// as in most libraries for colours.
pub(crate) fn moves() -> bool {
    env::var_os("TERM").is_some_and(|name| !name.is_empty() && name != "dumb")
}
