//! The arguments of a call, by the names of a function's parameters.

use crate::out::aggregation::Aggregation;
use crate::out::attime::parse_offset;
use crate::out::failure::Failure;
use crate::out::functions::{Function, Kind, Param};
use crate::out::series::Series;
use crate::out::target::Literal;

/// The value of an argument.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Series(Vec<Series>),
    Literal(Literal),
}

/// The arguments of a call.
#[derive(Debug)]
pub(crate) struct Arguments {
    function: &'static Function,
    /// Of each parameter: only a last one has several.
    values: Vec<Vec<Value>>,
}

impl Arguments {
    /// Gives each argument to its parameter, if it is of its kind.
    pub(crate) fn bind(
        function: &'static Function,
        arguments: Vec<Value>,
        keywords: Vec<(String, Value)>,
    ) -> Result<Self, Failure> {
        let params = function.params;
        let mut values = vec![Vec::new(); params.len()];
        let last = params.len().saturating_sub(1);
        for (index, argument) in arguments.into_iter().enumerate() {
            let takes_more = params.last().is_some_and(|param| param.multiple);
            let index = if takes_more { index.min(last) } else { index };
            let place = params.get(index).zip(values.get_mut(index));
            let (param, place) = place.ok_or_else(|| function.wrong("takes fewer arguments"))?;
            place.extend(checked(function, param, argument)?);
        }
        for (name, argument) in keywords {
            let mut places = params.iter().zip(&mut values);
            let place = places.find(|(param, place)| param.name == name && place.is_empty());
            let unknown = || function.wrong(&format!("has no argument '{name}' left"));
            let (param, place) = place.ok_or_else(unknown)?;
            place.extend(checked(function, param, argument)?);
        }
        for (param, place) in params.iter().zip(&values) {
            if param.required && place.is_empty() {
                return Err(function.wrong(&format!("needs '{}'", param.name)));
            }
        }
        Ok(Self { function, values })
    }

    /// Takes the series of the first parameter, if it takes any.
    pub(crate) fn take_series(&mut self) -> Vec<Series> {
        match (self.function.params.first(), self.values.first_mut()) {
            (Some(Param { kind: Kind::Series, .. }), Some(values)) => {
                concat(std::mem::take(values))
            }
            _ => Vec::new(),
        }
    }

    /// Takes the series of another one, if they were given.
    pub(crate) fn take_other(&mut self, name: &str) -> Option<Vec<Series>> {
        let index = self.function.params.iter().position(|param| param.name == name)?;
        let values = self.values.get_mut(index)?;
        match values.first()? {
            Value::Series(_) => Some(concat(std::mem::take(values))),
            Value::Literal(_) => None,
        }
    }

    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        number(self.literal(name)?)
    }

    /// Returns a number that has to be there.
    pub(crate) fn needed(&self, name: &str) -> f64 {
        self.number(name).unwrap_or(f64::NAN)
    }

    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        integer(self.literal(name)?)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.literal(name)? {
            Literal::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.literal(name).and_then(truth).unwrap_or(false)
    }

    pub(crate) fn literal(&self, name: &str) -> Option<&Literal> {
        self.literals(name).next()
    }

    pub(crate) fn literals(&self, name: &str) -> impl Iterator<Item = &Literal> {
        let params = self.function.params.iter().zip(&self.values);
        let values = params.filter(move |(param, _)| param.name == name).flat_map(|(_, all)| all);
        values.filter_map(|value| match value {
            Value::Literal(literal) => Some(literal),
            Value::Series(_) => None,
        })
    }

    /// A call that is wrong in what no parameter tells.
    pub(crate) fn wrong(&self, text: &str) -> Failure {
        self.function.wrong(text)
    }
}

/// Returns an argument if it is of the kind of its parameter. `none` is no argument.
fn checked(function: &Function, param: &Param, argument: Value) -> Result<Option<Value>, Failure> {
    let is_right = match &argument {
        Value::Literal(Literal::None) if !param.required => return Ok(None),
        Value::Series(_) => matches!(param.kind, Kind::Series | Kind::Any),
        Value::Literal(literal) => param.kind.has(literal),
    };
    if is_right {
        return Ok(Some(argument));
    }
    let given = match &argument {
        Value::Series(_) => "series".to_owned(),
        Value::Literal(literal) => literal.to_string(),
    };
    let (name, kind) = (param.name, param.kind.expected());
    Err(function.wrong(&format!("takes {kind} as '{name}', not {given}")))
}

impl Kind {
    fn has(self, literal: &Literal) -> bool {
        let text = match literal {
            Literal::Text(text) => Some(&**text),
            _ => None,
        };
        match self {
            Self::Series => false,
            Self::Any => true,
            Self::Float => number(literal).is_some(),
            Self::Integer => integer(literal).is_some(),
            Self::IntegerOrInfinity => integer(literal).is_some() || *literal == Literal::Infinity,
            Self::Boolean => truth(literal).is_some(),
            Self::Text | Self::Tag => text.is_some(),
            Self::Interval => text.is_some_and(|text| parse_offset(unsigned(text)).is_ok()),
            Self::IntegerOrInterval => Self::Integer.has(literal) || Self::Interval.has(literal),
            Self::NodeOrTag => Self::Integer.has(literal) || text.is_some(),
            Self::Aggregation => text.is_some_and(|text| Aggregation::named(text).is_some()),
            Self::Consolidation => {
                text.is_some_and(|text| Aggregation::of_consolidation(text).is_some())
            }
        }
    }
}

/// Takes a sign off, since an interval without one may be given.
fn unsigned(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

fn number(literal: &Literal) -> Option<f64> {
    match literal {
        Literal::Integer(number) => Some(*number as f64),
        Literal::Float(number) => Some(*number),
        Literal::Infinity => Some(f64::INFINITY),
        Literal::Text(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
        Literal::Boolean(_) | Literal::None => None,
    }
}

fn integer(literal: &Literal) -> Option<i64> {
    match literal {
        Literal::Integer(number) => Some(*number),
        Literal::Text(text) => text.parse().ok(),
        _ => None,
    }
}

fn truth(literal: &Literal) -> Option<bool> {
    match literal {
        Literal::Boolean(truth) => Some(*truth),
        Literal::Integer(0) => Some(false),
        Literal::Integer(1) => Some(true),
        Literal::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Literal::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn concat(values: Vec<Value>) -> Vec<Series> {
    let series = |value| match value {
        Value::Series(series) => series,
        Value::Literal(_) => Vec::new(),
    };
    values.into_iter().flat_map(series).collect()
}
