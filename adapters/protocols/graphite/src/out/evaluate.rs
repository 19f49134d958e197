//! Evaluating targets.

use std::pin::Pin;

use crate::out::aggregation::Aggregation;
use crate::out::arguments::{Arguments, Value};
use crate::out::attime::LONGEST;
use crate::out::failure::Failure;
use crate::out::fetch::{Shape, Want, fetch};
use crate::out::functions::{
    Function, Intervals, Run, Shift, Tools, Window, moving_average, summarize,
};
use crate::out::grammar::parse_target;
use crate::out::query::{Context, Host, Running};
use crate::out::selector::Selector;
use crate::out::series::Series;
use crate::out::target::{Call, Expression, Literal};

/// Evaluates a target.
pub(crate) async fn evaluate<H: Host>(
    query: &mut Running<H>,
    target: &str,
    (context, shape): (&Context, Shape),
) -> Result<Vec<Series>, Failure> {
    let expression = parse_target(target)?;
    let want = Want { shape, consolidation: None };
    Target { text: target, context }.expression(query, &expression, want).await
}

/// A target, or a part of one that is read at other times.
#[derive(Clone, Copy)]
struct Target<'a> {
    text: &'a str,
    context: &'a Context,
}

/// Expressions are evaluated within others, so the size of such a future is not known.
type Evaluating<'a> = Pin<Box<dyn Future<Output = Result<Vec<Series>, Failure>> + Send + 'a>>;

/// An expression takes so many steps.
const EXPRESSION: usize = 512;

impl<'a> Target<'a> {
    fn expression<H: Host>(
        self,
        query: &'a mut Running<H>,
        expression: &'a Expression,
        want: Want,
    ) -> Evaluating<'a> {
        Box::pin(async move {
            // Calls may double what they call, and find nothing, so each counts.
            query.compute(EXPRESSION).await?;
            let before = query.held.bytes();
            let made = match expression {
                Expression::Path(path) => {
                    let selector = Selector::path(path)?;
                    let path = path.replace('\\', "");
                    fetch(query, &selector, &path, (self.context, want)).await?
                }
                Expression::Call(call) => self.call(query, call, want).await?,
                Expression::Literal(literal) => {
                    return Err(Failure::wrong(format!("target: {literal} is not series")));
                }
            };
            query.keep(before, &made).await?;
            Ok(made)
        })
    }

    async fn call<H: Host>(
        self,
        query: &mut Running<H>,
        call: &Call,
        want: Want,
    ) -> Result<Vec<Series>, Failure> {
        let function = Function::named(&call.name)
            .map_err(|failure| Failure::wrong(format!("{failure} (byte {})", call.span.start)))?;
        match function.run {
            Run::Read => self.read(query, function, (call, want)).await,
            Run::MovingAverage => self.moving_average(query, function, call).await,
            Run::TimeShift => self.time_shift(query, function, call).await,
            Run::Summarize => self.summarize(query, function, call).await,
            Run::Each(_) | Run::EachOf(..) | Run::List(_) => {
                let shape = match function.run {
                    Run::EachOf(by, _) => Shape::Even(by),
                    _ => Shape::default(),
                };
                let want = Want { shape, consolidation: None };
                let arguments = self.arguments(query, function, (call, want)).await?;
                apply(function.run, arguments, &mut query.tools(self.context)).await
            }
            Run::Name(_) | Run::Names(_) => {
                let consolidation = want.consolidation.or(consolidation(call));
                let want = Want { consolidation, ..want };
                let arguments = self.arguments(query, function, (call, want)).await?;
                apply(function.run, arguments, &mut query.tools(self.context)).await
            }
        }
    }

    /// Evaluates the arguments of a call.
    async fn arguments<H: Host>(
        self,
        query: &mut Running<H>,
        function: &'static Function,
        (call, want): (&Call, Want),
    ) -> Result<Arguments, Failure> {
        let mut values = Vec::new();
        for argument in &call.arguments {
            values.push(self.argument(query, argument, want).await?);
        }
        self.bind(query, function, (call, values)).await
    }

    async fn argument<H: Host>(
        self,
        query: &mut Running<H>,
        argument: &Expression,
        want: Want,
    ) -> Result<Value, Failure> {
        match argument {
            Expression::Literal(literal) => Ok(Value::Literal(literal.clone())),
            _ => self.expression(query, argument, want).await.map(Value::Series),
        }
    }

    /// Gives arguments to a function, and those that have a name.
    async fn bind<H: Host>(
        self,
        query: &mut Running<H>,
        function: &'static Function,
        (call, values): (&Call, Vec<Value>),
    ) -> Result<Arguments, Failure> {
        let mut named = Vec::new();
        for (name, argument) in &call.keywords {
            named.push((name.clone(), self.argument(query, argument, Want::default()).await?));
        }
        Arguments::bind(function, values, named)
    }

    /// Evaluates all arguments but the first one, the series, which are read at other times.
    async fn others<H: Host>(
        self,
        query: &mut Running<H>,
        function: &'static Function,
        call: &'a Call,
    ) -> Result<(&'a Expression, Arguments), Failure> {
        let Some((first, others)) = call.arguments.split_first() else {
            return Err(function.wrong("needs 'seriesList'"));
        };
        let mut values = vec![Value::Series(Vec::new())];
        for argument in others {
            values.push(self.argument(query, argument, Want::default()).await?);
        }
        Ok((first, self.bind(query, function, (call, values)).await?))
    }

    /// Reads series by their tags.
    async fn read<H: Host>(
        self,
        query: &mut Running<H>,
        function: &'static Function,
        (call, want): (&Call, Want),
    ) -> Result<Vec<Series>, Failure> {
        let arguments = self.arguments(query, function, (call, want)).await?;
        let texts = arguments.literals("tagExpressions").filter_map(|literal| match literal {
            Literal::Text(text) => Some(&**text),
            _ => None,
        });
        let selector = Selector::tags(texts)?;
        let path = self.text.get(call.span.start..call.span.end).unwrap_or_default();
        fetch(query, &selector, path, (self.context, want)).await
    }

    async fn moving_average<H: Host>(
        self,
        query: &mut Running<H>,
        function: &'static Function,
        call: &Call,
    ) -> Result<Vec<Series>, Failure> {
        let (series, arguments) = self.others(query, function, call).await?;
        let window = Window::of(&arguments)?;
        let earlier = match window {
            Window::Seconds(seconds) => seconds,
            // How long so many points are is known only once they are read.
            Window::Points(points) => {
                let before = query.held.bytes();
                let list = self.expression(query, series, Want::default()).await?;
                query.held.shrink(before);
                let step = list.iter().map(Series::step).max().unwrap_or(1);
                step.saturating_mul(points).min(LONGEST)
            }
        };
        let context = Context { from: self.context.from.saturating_sub(earlier), ..*self.context };
        let target = Target { context: &context, ..self };
        let mut list = target.expression(query, series, Want::default()).await?;
        let mut tools = query.tools(&context);
        for series in &mut list {
            tools.named().await?;
            moving_average(series, &arguments, (window, earlier), &mut tools).await?;
        }
        Ok(list)
    }

    async fn summarize<H: Host>(
        self,
        query: &mut Running<H>,
        function: &'static Function,
        call: &Call,
    ) -> Result<Vec<Series>, Failure> {
        let (series, arguments) = self.others(query, function, call).await?;
        let intervals = Intervals::of(&arguments)?;
        let is_read = intervals.by.is_of_samples() && reads(series);
        let shape = if is_read { Shape::Summarized(intervals) } else { Shape::default() };
        let want = Want { shape, consolidation: None };
        let mut list = self.expression(query, series, want).await?;
        let mut tools = query.tools(self.context);
        for series in &mut list {
            tools.named().await?;
            if !is_read {
                intervals.apply(series, &mut tools).await?;
            }
            summarize(series, &arguments);
        }
        Ok(list)
    }

    async fn time_shift<H: Host>(
        self,
        query: &mut Running<H>,
        function: &'static Function,
        call: &Call,
    ) -> Result<Vec<Series>, Failure> {
        let (series, arguments) = self.others(query, function, call).await?;
        let shift = Shift::of(&arguments);
        let context = shift.apply(self.context);
        let target = Target { context: &context, ..self };
        let mut list = target.expression(query, series, Want::default()).await?;
        let mut tools = query.tools(self.context);
        for series in &mut list {
            tools.named().await?;
            shift.show(series, &arguments, self.context);
        }
        Ok(list)
    }
}

/// Whether an expression shows series as they are read, or only names or chooses them.
fn reads(expression: &Expression) -> bool {
    let Expression::Call(call) = expression else {
        return matches!(expression, Expression::Path(_));
    };
    match Function::named(&call.name).map(|function| function.run) {
        Ok(Run::Read) => true,
        Ok(Run::Name(_) | Run::Names(_)) => call.arguments.first().is_some_and(reads),
        _ => false,
    }
}

/// Has a function make series of its arguments.
async fn apply(
    run: Run,
    mut arguments: Arguments,
    tools: &mut Tools<'_>,
) -> Result<Vec<Series>, Failure> {
    let mut list = arguments.take_series();
    match run {
        Run::List(make) | Run::Names(make) => return make(list, &mut arguments, tools).await,
        Run::Name(name) => {
            for series in &mut list {
                let before = tools.begin(series).await?;
                name(series, &arguments);
                tools.hold(series.head().saturating_sub(before))?;
            }
        }
        Run::Each(change) | Run::EachOf(_, change) => {
            for series in &mut list {
                let before = tools.begin(series).await?;
                let mut change = change(series, &arguments);
                tools.hold(series.head().saturating_sub(before))?;
                tools.change(&mut series.values, &mut *change).await?;
            }
        }
        Run::MovingAverage | Run::TimeShift | Run::Summarize | Run::Read => {}
    }
    Ok(list)
}

/// Returns how a call says that samples become one.
fn consolidation(call: &Call) -> Option<Aggregation> {
    let named = call.keywords.iter().find(|(name, _)| name == "consolidationFunc");
    match (&*call.name, call.arguments.get(1).or(named.map(|(_, argument)| argument))) {
        ("consolidateBy", Some(Expression::Literal(Literal::Text(name)))) => {
            Aggregation::of_consolidation(name)
        }
        _ => None,
    }
}
