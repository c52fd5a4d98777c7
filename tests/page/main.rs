//! The live page in a real browser: Chromium, headless, driven through chromedriver.

#![cfg(test)]

#[path = "../parts/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "each test binary uses its own part of it"
)]
mod parts;

mod accessibility;
mod arithmetic;
mod browser;
mod commands;
mod cost;
mod estimates;
mod expositions;
mod first;
mod hostile;
mod keyboard;
mod load;
mod numbers;
mod outages;
mod page;
mod proxy;
mod ranges;
mod screenshots;
mod sizes;
mod surroundings;
