//! Targets: what Graphite calls the expressions of its queries.
//!
//! ```text
//! alias(sumSeries(palm.*.cpu), "all")      palm.*.cpu | sumSeries() | alias("all")
//! ```

use std::fmt;

use super::grammar::reads_as_path;

/// An expression of a target.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A pattern of keys, as it was written.
    Path(String),
    /// A call of a function.
    Call(Call),
    /// A value.
    Literal(Literal),
}

/// A call of a function. What is piped into it is its first argument.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function.
    pub name: String,
    /// The arguments without a name.
    pub arguments: Vec<Expression>,
    /// The arguments with a name, which stand behind the others.
    pub keywords: Vec<(String, Expression)>,
    /// Where it stands in the text.
    pub span: Span,
}

/// A value in a target.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// A number without a point.
    Integer(i64),
    /// Any other finite number.
    Float(f64),
    /// What stands between quotes, as it was written.
    Text(String),
    /// `true` or `false`.
    Boolean(bool),
    /// `none`.
    None,
    /// `inf`.
    Infinity,
}

/// A part of the text of a target. It is not a part of what the target means, so all are equal.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    /// The offset of its first byte.
    pub start: usize,
    /// The offset behind its last byte.
    pub end: usize,
}

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Expression {
    /// Returns the first path that it reads.
    #[must_use]
    pub fn first_path(&self) -> Option<&str> {
        match self {
            Self::Path(path) => Some(path),
            Self::Call(call) => call.arguments.first()?.first_path(),
            Self::Literal(_) => None,
        }
    }

    /// Returns how many calls are in each other.
    pub(super) fn depth(&self) -> usize {
        let Self::Call(call) = self else { return 0 };
        let named = call.keywords.iter().map(|(_, argument)| argument);
        1 + call.arguments.iter().chain(named).map(Self::depth).max().unwrap_or(0)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.write_str(path),
            Self::Call(call) => call.fmt(f),
            Self::Literal(literal) => literal.fmt(f),
        }
    }
}

impl Call {
    /// Whether its first argument has to stand before a `|`: in the parentheses it would be no path.
    fn is_piped(&self) -> bool {
        match self.arguments.first() {
            Some(Expression::Path(path)) => !reads_as_path(path),
            Some(Expression::Call(call)) => call.is_piped(),
            _ => false,
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut arguments = self.arguments.iter();
        if self.is_piped() {
            arguments.next().map_or(Ok(()), |piped| write!(f, "{piped}|"))?;
        }
        write!(f, "{}(", self.name)?;
        let mut comma = "";
        for argument in arguments {
            write!(f, "{comma}{argument}")?;
            comma = ",";
        }
        for (name, argument) in &self.keywords {
            write!(f, "{comma}{name}={argument}")?;
            comma = ",";
        }
        f.write_str(")")
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => number.fmt(f),
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Text(text) => {
                let quote = if has_quote(text) { '\'' } else { '"' };
                write!(f, "{quote}{text}{quote}")
            }
            Self::Boolean(truth) => truth.fmt(f),
            Self::None => f.write_str("none"),
            Self::Infinity => f.write_str("inf"),
        }
    }
}

/// Whether a `"` stands in a text without a `\` before it.
fn has_quote(text: &str) -> bool {
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            '"' => return true,
            _ => {}
        }
    }
    false
}
