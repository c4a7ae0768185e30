//! What a server is started with beside its engine.

use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use ipnet::IpNet;
use rapport_engine::Engine;
use rapport_engine::account::Doorkeeper;

#[derive(Clone)]
pub struct ServerOptions {
    /// Holds the set-up code that the console shows.
    pub doorkeeper: Doorkeeper,
    /// Where files are kept. While nothing can be written there, the server is not ready.
    pub data_folder: Option<PathBuf>,
    /// Served beside the product's own routes.
    pub additional_routes: Option<Router>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Connections beyond this wait to be accepted.
    pub max_connections: usize,
    /// Requests in work beyond this are turned away.
    pub max_requests: usize,
    /// Uploads that are held in memory at once; further ones wait.
    pub max_uploads: usize,
    /// How long one request may take.
    pub request_timeout: Duration,
    /// How long open requests may go on after the server was told to stop.
    pub shutdown_grace: Duration,
}

impl ServerOptions {
    pub fn new(engine: &Engine) -> Self {
        Self {
            doorkeeper: Doorkeeper::new(engine.entropy()),
            data_folder: None,
            additional_routes: None,
            trusted_proxies: Vec::new(),
            max_connections: 20_000,
            max_requests: 512,
            max_uploads: 8,
            request_timeout: Duration::from_secs(120),
            shutdown_grace: Duration::from_secs(9),
        }
    }
}
