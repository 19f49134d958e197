//! What of the unsynced changes survives a power loss.

use fastrand::Rng;

use super::image::Change;

/// A kind of power loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// Nothing that was not synced survives.
    Lost,
    /// Everything survives.
    Kept,
    /// What was changed until some moment survives. The last write may be torn.
    Prefix,
    /// Any sectors and lengths survive, and any changes of names or those until some moment.
    Torn,
    /// Names and lengths survive without the data: new sectors are zeros.
    NamesWithoutData,
    /// Data and lengths survive without the names.
    DataWithoutNames,
    /// Everything survives but the data of one file: its new sectors are zeros.
    OneFileWithoutData,
}

impl Crash {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::Lost,
        Self::Kept,
        Self::Prefix,
        Self::Torn,
        Self::NamesWithoutData,
        Self::DataWithoutNames,
        Self::OneFileWithoutData,
    ];

    /// Returns the changes that survive, in their order.
    pub(super) fn survivors<'a>(
        self,
        unsynced: &'a [Change],
        random: &mut Rng,
    ) -> impl Iterator<Item = &'a Change> {
        let moment = random.usize(..=unsynced.len());
        let victim = victim(unsynced, random);
        let names_in_order = random.bool();
        let chance = random.f64();
        let survives = move |(index, change): &(usize, &Change)| match self {
            Self::Lost => false,
            Self::Kept => true,
            Self::Prefix => *index < moment,
            Self::Torn if names_in_order && change.file().is_none() => *index < moment,
            Self::Torn => random.f64() < chance,
            Self::NamesWithoutData => !matches!(change, Change::Written { .. }),
            Self::DataWithoutNames => change.file().is_some(),
            Self::OneFileWithoutData => written(change).is_none_or(|file| Some(file) != victim),
        };
        unsynced.iter().enumerate().filter(survives).map(|(_, change)| change)
    }
}

/// Returns a file that was written.
fn victim(unsynced: &[Change], random: &mut Rng) -> Option<usize> {
    let files: Vec<usize> = unsynced.iter().filter_map(written).collect();
    random.choice(files)
}

fn written(change: &Change) -> Option<usize> {
    matches!(change, Change::Written { .. }).then(|| change.file()).flatten()
}
