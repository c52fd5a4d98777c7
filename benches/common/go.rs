//! Builds the peers that are written in Go, below the target directory.

use anyhow::{Context, ensure};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Builds the program in `benches/peers/NAME`. `None`, and a line that says so, where there is no Go.
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

/// Where Go's binaries go.
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("go")
}

/// False, and a line that says so, where there is no Go.
pub fn run(command: &mut Command) -> anyhow::Result<bool> {
    match command.status() {
        Ok(status) => {
            ensure!(status.success(), "{command:?}: {status}");
            Ok(true)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: no `go` on PATH, so no peers written in Go");
            Ok(false)
        }
        Err(error) => Err(error).with_context(|| format!("{command:?}")),
    }
}
