//! `healthcheck`: one question to a running service, for images without a shell.

use std::time::Duration;

use crate::{cli::Exit, client};
