//! The test crate: everything lives in `main.rs` and the modules beside it.
