//! Who is instrumented.

/// Who is instrumented: `service.name` and `service.version`, unless the environment says otherwise, and the scope of
/// its instruments and spans.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    /// The name.
    pub name: &'static str,
    /// The version.
    pub version: &'static str,
}
