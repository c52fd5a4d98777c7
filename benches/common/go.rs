//! Builds the peers written in Go, in the target directory.

use anyhow::{Context, ensure};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Builds the program in `benches/peers/NAME`. `None`, and a message, if Go is not installed.
pub fn build(name: &str) -> anyhow::Result<Option<PathBuf>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("benches/peers")
        .join(name);
    let binary = directory().join(name);
    let mut go = Command::new("go");
    go.args(["build", "-o"]).arg(&binary).arg(".");
    let built = run(go.current_dir(source))?;
    Ok(built.then_some(binary))
}

/// The directory of the Go binaries.
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("go")
}

/// False, and a message, if Go is not installed.
pub fn run(command: &mut Command) -> anyhow::Result<bool> {
    match command.status() {
        Ok(status) => {
            ensure!(status.success(), "{command:?}: {status}");
            Ok(true)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: `go` is not on PATH, so the peers written in Go are not measured");
            Ok(false)
        }
        Err(error) => Err(error).with_context(|| format!("{command:?}")),
    }
}
