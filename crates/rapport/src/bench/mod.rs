//! `rapport bench`.
mod generate;
mod random;
mod words;
pub mod world;
pub async fn fill_only(store: &rapport_store::Store, files: &std::path::Path, n: i64) -> anyhow::Result<world::World> {
    generate::fill(store, files, n).await
}
