//! How a store has the histograms of a target.

use std::collections::BTreeSet;

/// How a target's histograms are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// A series for each bucket.
    #[default]
    Classic,
    /// Native, with the bounds of the classic buckets (`convert_classic_histograms_to_nhcb`).
    Custom,
    /// Native, with exponential buckets, and no classic ones.
    Exponential,
}

/// The form that all of these have; `None` where there are several.
pub fn common_form(forms: impl IntoIterator<Item = Form>) -> Option<Form> {
    let forms: BTreeSet<_> = forms.into_iter().collect();
    match Vec::from_iter(forms)[..] {
        [] => Some(Form::Classic),
        [only] => Some(only),
        _ => None,
    }
}
