//! Whether there may be colours.

use std::env;

/// By the custom of <https://no-color.org>: not if `NO_COLOR` says anything.
pub(crate) fn wanted() -> bool {
    env::var_os("NO_COLOR").is_none_or(|text| text.is_empty())
}
