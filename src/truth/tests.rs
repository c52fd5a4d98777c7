//! The figures that the design promises.
