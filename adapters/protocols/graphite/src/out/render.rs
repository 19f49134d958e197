//! `/render`: the series of targets.

use metric_query::Budget;
use metric_web::{Held, Memory};

use crate::out::evaluate::evaluate;
use crate::out::failure::Failure;
use crate::out::fetch::Shape;
use crate::out::fields::Fields;
use crate::out::query::{Context, Host, Running};
use crate::out::series::Series;

/// The form in which series are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Csv,
    Json,
    Pickle,
    Raw,
}

impl Format {
    /// Reads which form is asked for.
    pub(crate) fn of(fields: &Fields) -> Result<Self, Failure> {
        match fields.text("format") {
            Some("json") => Ok(Self::Json),
            Some("csv") => Ok(Self::Csv),
            Some("raw") => Ok(Self::Raw),
            Some("pickle") => Ok(Self::Pickle),
            None if fields.text("rawData").is_some() => Ok(Self::Raw),
            None if fields.text("pickle").is_some() => Ok(Self::Pickle),
            Some(other) => Err(Failure::wrong(format!(
                "format: there is no '{other}' here, only json, csv, raw and pickle"
            ))),
            None => Err(Failure::wrong("format: give json, csv, raw or pickle")),
        }
    }
}

/// Evaluates the targets of a request. Returns the series with their memory.
pub(crate) async fn render<H: Host>(
    host: H,
    (memory, budget): (&Memory, Budget),
    (fields, format, context): (&Fields, Format, &Context),
) -> Result<(Vec<Series>, Held), Failure> {
    let is_json = format == Format::Json;
    let max_points = context.max_points.filter(|_| is_json);
    let context = Context { max_points, ..*context };
    let shape = match format {
        Format::Json | Format::Csv => Shape::Shown,
        // These have one step for all values.
        Format::Raw | Format::Pickle => Shape::default(),
    };
    let mut query = Running::new(host, memory, budget);
    let mut all = Vec::new();
    for target in fields.list("target") {
        if !target.trim().is_empty() {
            all.append(&mut evaluate(&mut query, target, (&context, shape)).await?);
        }
    }
    let mut tools = query.tools(&context);
    for series in &mut all {
        tools.series().await?;
        if let Some(most) = max_points {
            series.shorten(most, &mut tools).await?;
        }
        if is_json && fields.text("noNullPoints").is_some() {
            series.remove_nulls(&mut tools).await?;
        }
    }
    if is_json && fields.text("noNullPoints").is_some() {
        all.retain(|series| !series.values.is_empty());
    }
    query.keep(0, &all).await?;
    Ok((all, query.held))
}
