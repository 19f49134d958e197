//! The functions of targets: one registry, which calls and `/functions` read.

mod aggregate;
mod alias;
mod combine;
mod data;
mod filter;
mod group;
mod percent;
mod rank;
mod special;
mod summarize;
mod tools;
mod transform;
mod window;

pub(crate) use summarize::{Intervals, summarize};
pub(crate) use tools::{PIECE, Tools, VALUE, free_some};
pub(crate) use window::{Shift, Window, moving_average};

use std::pin::Pin;

use crate::out::aggregation::Aggregation;
use crate::out::arguments::Arguments;
use crate::out::failure::Failure;
use crate::out::series::Series;

/// A function.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) group: &'static str,
    pub(crate) description: &'static str,
    pub(crate) params: &'static [Param],
    pub(crate) run: Run,
}

/// What a function does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Run {
    /// Names each series, and changes its values.
    Each(fn(&mut Series, &Arguments) -> Change),
    /// Does so, too. Samples that fall together become one in this way.
    EachOf(Aggregation, fn(&mut Series, &Arguments) -> Change),
    /// Names each series without a look at its values: they may stay as they are stored.
    Name(fn(&mut Series, &Arguments)),
    /// Names or chooses series without a look at their values.
    Names(Make),
    /// Makes series of a list of them.
    List(Make),
    /// Reads its series with the window before them.
    MovingAverage,
    /// Reads its series at other times.
    TimeShift,
    /// Has all samples of an interval read at once.
    Summarize,
    /// Reads series.
    Read,
}

/// Changes values that come piece by piece.
type Change = Box<dyn FnMut(&mut [f64]) + Send>;

/// Makes series of those of the first argument, in turns.
type Make = for<'a> fn(Vec<Series>, &'a mut Arguments, &'a mut Tools<'_>) -> Making<'a>;

/// Series that are being made.
type Making<'a> = Pin<Box<dyn Future<Output = Result<Vec<Series>, Failure>> + Send + 'a>>;

/// Changes each value.
fn each(mut value: impl FnMut(f64) -> f64 + Send + 'static) -> Change {
    Box::new(move |piece| piece.iter_mut().for_each(|one| *one = value(*one)))
}

/// A parameter of a function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Param {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    /// Whether it takes all further arguments.
    pub(crate) multiple: bool,
    /// Its default as JSON.
    pub(crate) default: Option<&'static str>,
}

/// What an argument may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Aggregation,
    Any,
    Boolean,
    Consolidation,
    Float,
    Integer,
    IntegerOrInfinity,
    IntegerOrInterval,
    Interval,
    NodeOrTag,
    Series,
    Tag,
    Text,
}

impl Function {
    /// Returns the function of a name.
    pub(crate) fn named(name: &str) -> Result<&'static Self, Failure> {
        let unknown = || Failure::wrong(format!("there is no function '{name}' here"));
        all().find(|function| function.name == name).ok_or_else(unknown)
    }

    /// A wrong call of it.
    pub(crate) fn wrong(&self, text: &str) -> Failure {
        Failure::wrong(format!("{}() {text}", self.name))
    }
}

/// Returns all functions.
pub(crate) fn all() -> impl Iterator<Item = &'static Function> {
    let families = [
        alias::FUNCTIONS,
        combine::FUNCTIONS,
        data::FUNCTIONS,
        filter::FUNCTIONS,
        group::FUNCTIONS,
        percent::FUNCTIONS,
        rank::FUNCTIONS,
        special::FUNCTIONS,
        summarize::FUNCTIONS,
        transform::FUNCTIONS,
        window::FUNCTIONS,
    ];
    families.into_iter().flatten()
}

impl Param {
    /// A parameter that has to be given.
    const fn needed(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, required: true, multiple: false, default: None }
    }

    /// A parameter that may be left out.
    const fn optional(name: &'static str, kind: Kind) -> Self {
        Self { required: false, ..Self::needed(name, kind) }
    }

    /// A parameter with a default.
    const fn or(name: &'static str, kind: Kind, default: &'static str) -> Self {
        Self { default: Some(default), ..Self::optional(name, kind) }
    }

    /// Takes all further arguments, too.
    const fn and_more(self) -> Self {
        Self { multiple: true, ..self }
    }
}

/// The series that most functions take.
const SERIES: Param = Param::needed("seriesList", Kind::Series);

impl Kind {
    /// Returns its name in Graphite.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Aggregation => "aggFunc",
            Self::Any => "any",
            Self::Boolean => "boolean",
            Self::Consolidation | Self::Text => "string",
            Self::Float => "float",
            Self::Integer => "integer",
            Self::IntegerOrInfinity => "intOrInf",
            Self::IntegerOrInterval => "intOrInterval",
            Self::Interval => "interval",
            Self::NodeOrTag => "nodeOrTag",
            Self::Series => "seriesList",
            Self::Tag => "tag",
        }
    }

    /// Returns what it is, for people.
    pub(crate) const fn expected(self) -> &'static str {
        match self {
            Self::Aggregation => "a text such as 'sum'",
            Self::Any => "anything",
            Self::Boolean => "true or false",
            Self::Consolidation => "sum, average, avg_zero, min, max, first or last",
            Self::Float => "a number",
            Self::Integer => "a whole number",
            Self::IntegerOrInfinity => "a whole number or inf",
            Self::IntegerOrInterval => "a whole number or an interval such as '5min'",
            Self::Interval => "an interval such as '5min'",
            Self::NodeOrTag => "the number of a node or the name of a tag",
            Self::Series => "series",
            Self::Tag => "the name of a tag",
            Self::Text => "a text",
        }
    }

    /// Returns the values among which one chooses.
    pub(crate) fn options(self) -> Vec<&'static str> {
        match self {
            Self::Aggregation => Aggregation::names().collect(),
            Self::Consolidation => {
                vec!["sum", "average", "avg", "avg_zero", "min", "max", "first", "last"]
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_function_has_a_name_of_its_own_and_at_most_one_parameter_takes_more() {
        let mut names: Vec<_> = all().map(|function| function.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        for function in all() {
            let before_last = function.params.iter().rev().skip(1);
            assert!(!before_last.clone().any(|param| param.multiple), "{}", function.name);
        }
    }
}
