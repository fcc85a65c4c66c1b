//! Links the pinned Z3 of `.z3/` with a run path, so that the binary and the tests start without
//! `LD_LIBRARY_PATH`, and stops with a clear word when `make setup` has not been run.

use std::env;
use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=Z3_LIBRARY_PATH_OVERRIDE");
    if env::var_os("CARGO_FEATURE_VENDORED_Z3").is_some() {
        return;
    }
    let Ok(directory) = env::var("Z3_LIBRARY_PATH_OVERRIDE") else {
        println!("cargo::error=Z3_LIBRARY_PATH_OVERRIDE is not set: run cargo inside the repository");
        return;
    };
    let libraries = ["libz3.so", "libz3.dylib", "libz3.lib"];
    if !libraries.iter().any(|name| Path::new(&directory).join(name).exists()) {
        println!("cargo::error=no libz3 in {directory}: run `make setup` first");
        return;
    }
    println!("cargo::rerun-if-changed={directory}/z3.stamp");
    println!("cargo::rustc-link-arg=-Wl,-rpath,{directory}");
}
