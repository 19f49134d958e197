//! The table of the cases that each server passes.

use crate::{Case, Offer, cases};

/// The name of a server, and the bounds that it is tested with.
pub type Judged<'a> = (&'a str, &'a [Offer]);

/// Returns the table of all cases and these servers, in Markdown.
///
/// It is true if each server has passed the suite with each of its bounds. The bounds alone decide
/// which cases are left out, so they are the reason in the table.
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

/// Returns `yes` if the case fits one of the offers, else the reason why it does not fit the last.
fn judged(case: &Case, offers: &[Offer]) -> String {
    let lacking: Option<Vec<_>> = offers.iter().map(|offer| case.needs.lacking(offer)).collect();
    lacking.and_then(|mut reasons| reasons.pop()).unwrap_or_else(|| "yes".into())
}
