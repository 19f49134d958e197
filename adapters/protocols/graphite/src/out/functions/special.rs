//! Functions that read series, make one, or tell how they are shown.

use super::{Function, Kind, Making, Param, Run, SERIES, Tools};
use crate::out::aggregation::Aggregation;
use crate::out::arguments::Arguments;
use crate::out::number::shortest;
use crate::out::series::{Series, Steps};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "consolidateBy",
        group: "Special",
        description: "Tells how values become one if there are more than fit.",
        params: &[SERIES, Param::needed("consolidationFunc", Kind::Consolidation)],
        run: Run::Name(consolidate_by),
    },
    Function {
        name: "constantLine",
        group: "Special",
        description: "Draws a line at a number.",
        params: &[Param::needed("value", Kind::Float)],
        run: Run::List(constant_line),
    },
    Function {
        name: "seriesByTag",
        group: "Special",
        description: "Reads the series whose tags are as told: 'name=cpu', 'host!=a', 'zone=~b.*'.",
        params: &[Param::needed("tagExpressions", Kind::Text).and_more()],
        run: Run::Read,
    },
];

fn consolidate_by(series: &mut Series, arguments: &Arguments) {
    let name = arguments.text("consolidationFunc").unwrap_or_default();
    series.consolidation = Aggregation::of_consolidation(name).unwrap_or(series.consolidation);
    series.tag("consolidateBy", name);
    series.rename(format!("consolidateBy({},\"{name}\")", series.name));
}

/// A line is three points: at the beginning, in the middle, at the end.
fn constant_line<'a>(
    _: Vec<Series>,
    arguments: &'a mut Arguments,
    tools: &'a mut Tools<'_>,
) -> Making<'a> {
    let value = arguments.needed("value");
    let start = tools.context.from;
    let step = (tools.context.until.saturating_sub(start) / 2).max(1);
    let mut series = Series::new(shortest(value), Steps { start, step }, vec![value; 3]);
    series.path = format!("constantLine({})", series.name).into();
    Box::pin(std::future::ready(Ok(vec![series])))
}
