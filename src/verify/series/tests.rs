//! Series arithmetic.
