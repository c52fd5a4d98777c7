//! What is done with a variable.

/// What is done with a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// It has effect; a value that cannot be honoured ends the start with exit code 2.
    Honoured,
    /// It is logged as a warning.
    NoEffect,
}

/// A variable of the specification.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What is done with it.
    pub treatment: Treatment,
    /// Its values; or why it has no effect, and what to use instead.
    pub note: &'static str,
}
