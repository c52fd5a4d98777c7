//! What the delay promises: its grammar, its closed forms, its properties.
