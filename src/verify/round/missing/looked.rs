//! What asking again has shown.

/// How many answers more are expected, and are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// Answers that are expected from now on: the stage could not be asked in the round.
    pub expected: u64,
    /// Answers that are there by now, and are not missing any more.
    pub found: u64,
}
