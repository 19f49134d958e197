//! Which sentence is proven of which server.

use crate::{Case, Offer, cases};

/// A server under its name, with each of the bounds that it is judged with.
pub type Judged<'a> = (&'a str, &'a [Offer]);

/// The table of all cases and of these servers, in Markdown.
///
/// It holds if each server has passed the suite with each of its bounds: what was not proven of it
/// then follows from its bounds, and they are the reason that the table gives.
pub fn conformance_table(servers: &[Judged<'_>]) -> String {
    let head = row("", servers, |(name, _)| (*name).to_owned());
    let rule = row("---", servers, |_| "---".to_owned());
    let rows = cases().into_iter().map(|case| {
        let name = case.name.replace('|', "\\|");
        row(&name, servers, |(_, offers)| judged(&case, offers))
    });
    [head, rule].into_iter().chain(rows).collect()
}

fn row(first: &str, servers: &[Judged<'_>], cell: impl Fn(&Judged<'_>) -> String) -> String {
    let cells: Vec<_> = servers.iter().map(cell).collect();
    format!("| {first} | {} |\n", cells.join(" | "))
}

/// `yes` if one of the offers has room for the case, else why the last has not.
fn judged(case: &Case, offers: &[Offer]) -> String {
    let lacking: Option<Vec<_>> = offers.iter().map(|offer| case.needs.lacking(offer)).collect();
    lacking.and_then(|mut reasons| reasons.pop()).unwrap_or_else(|| "yes".into())
}
