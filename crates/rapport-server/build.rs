//! Lets the server compile before the web interface is built: its folder may be empty, not absent.

fn main() {
    let folder = std::path::Path::new("../../web/dist");
    if let Err(error) = std::fs::create_dir_all(folder) {
        println!("cargo::warning={} cannot be created: {error}", folder.display());
    }
    println!("cargo::rerun-if-changed=../../web/dist");
}
