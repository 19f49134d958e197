//! Which sentence is proven of which server of this project.

use crate::{Case, Offer, cases};

/// The table of all cases and of all servers that the tests run them on, in Markdown.
///
/// The tests fail if a case fails that a server's bounds have room for. So what was not proven of a
/// server follows from its bounds, and they are the reason that the table gives.
pub fn conformance_table() -> String {
    let head = SERVERS.map(|(name, _)| name.to_owned());
    let rule = SERVERS.map(|_| "---".to_owned());
    let rows = cases().into_iter().map(|case| {
        let name = case.name.replace('|', "\\|");
        row(&name, SERVERS.map(|(_, offers)| judged(&case, offers)))
    });
    [row("", head), row("---", rule)].into_iter().chain(rows).collect()
}

fn row(first: &str, others: [String; SERVERS.len()]) -> String {
    format!("| {first} | {} |\n", others.join(" | "))
}

/// `yes` if one of the offers has room for the case, else why the last has not.
fn judged(case: &Case, offers: &[Offer]) -> String {
    let lacking: Option<Vec<_>> = offers.iter().map(|offer| case.needs.lacking(offer)).collect();
    lacking.and_then(|mut reasons| reasons.pop()).unwrap_or_else(|| "yes".into())
}

/// The servers, each with the bounds that it is judged with.
const SERVERS: [(&str, &[Offer]); 4] = [
    ("smol", &[Offer::SMALL_DESKTOP, Offer::DESKTOP]),
    ("async-std", &[Offer::SMALL_DESKTOP, Offer::DESKTOP]),
    ("embassy-net on the host", &[Offer::SMALL_BOARD, Offer::LARGE_BOARD]),
    ("LM3S6965 in QEMU", &[Offer::LM3S6965]),
];
