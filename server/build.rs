//! Compresses the client script, and makes a release embed the assets as they are now: a new file
//! alone would not rebuild it.

use std::io::{Result, Write};
use std::path::Path;

use flate2::{Compression, write::GzEncoder};

const CLIENT: &str = "client/tickertape.js";

fn main() -> Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={CLIENT}");
    if std::env::var("PROFILE").as_deref() == Ok("release") {
        println!("cargo:rerun-if-changed=../target/site");
    }
    let out = std::env::var_os("OUT_DIR").unwrap_or_default();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&std::fs::read(CLIENT)?)?;
    std::fs::write(Path::new(&out).join("tickertape.js.gz"), gzip.finish()?)
}
