//! Every route of the server, as a table of contents.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use rapport_engine::Engine;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::conversations;
use crate::middleware::{bounded, identify, panicked, protect};
use crate::state::AppState;
use crate::{ServerOptions, api, docs, files, health, openapi, problem, static_files, widget};

/// The whole server as a service, for tests and for other listeners.
pub fn router(engine: Engine, options: ServerOptions) -> Router {
    with_state(AppState::new(engine, options))
}

pub(crate) fn with_state(state: AppState) -> Router {
    let (api, _) = api().split_for_parts();
    let pages = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/files/{token}", get(files::file))
        .route("/images/{token}", get(files::image))
        .route("/api/v1/openapi.json", get(openapi::show))
        .route("/api/docs", get(docs::page))
        .route("/api/docs/{file}", get(docs::asset))
        .merge(widget::router())
        .fallback(static_files::app);
    let routes = api.layer(CompressionLayer::new()).merge(pages).with_state(state.clone());
    routes
        .merge(state.options().additional_routes.clone().unwrap_or_default())
        .method_not_allowed_fallback(problem::no_method)
        // Each handler bounds its own body.
        .layer(DefaultBodyLimit::disable())
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(state.clone(), bounded))
        .layer(from_fn(problem::render))
        .layer(from_fn_with_state(state.clone(), protect))
        .layer(from_fn_with_state(state, identify))
}

/// The documented API.
pub(crate) fn api() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(api::setup::state, api::setup::set_up))
        .routes(routes!(api::auth::log_in))
        .routes(routes!(api::auth::log_out))
        .routes(routes!(api::auth::change_password))
        .routes(routes!(api::me::show, api::me::change))
        .routes(routes!(api::workspace::change))
        .routes(routes!(api::users::list))
        .routes(routes!(api::users::change))
        .routes(routes!(api::invitations::list, api::invitations::create))
        .routes(routes!(api::invitations::revoke))
        .routes(routes!(api::invitations::preview, api::invitations::accept))
        .routes(routes!(api::tokens::list, api::tokens::create))
        .routes(routes!(api::tokens::revoke))
        .routes(routes!(api::channel_accounts::list, api::channel_accounts::create))
        .routes(routes!(
            api::channel_accounts::show,
            api::channel_accounts::change,
            api::channel_accounts::delete
        ))
        .routes(routes!(api::channel_accounts::test))
        .routes(routes!(api::channel_accounts::rotate_secret))
        .routes(routes!(api::contacts::list, api::contacts::create))
        .routes(routes!(api::contacts::show, api::contacts::change))
        .routes(routes!(api::contacts::add_address))
        .routes(routes!(api::contacts::conversations))
        .routes(routes!(conversations::list::list, conversations::create::create))
        .routes(routes!(conversations::list::counts))
        .routes(routes!(conversations::show::show, conversations::show::change))
        .routes(routes!(conversations::timeline::timeline))
        .routes(routes!(conversations::timeline::messages, conversations::messages::send))
        .routes(routes!(conversations::messages::show))
        .routes(routes!(conversations::messages::cancel))
        .routes(routes!(conversations::messages::retry))
        .routes(routes!(conversations::messages::raw))
        .routes(routes!(conversations::notes::add))
        .routes(routes!(conversations::state::assign))
        .routes(routes!(conversations::state::close))
        .routes(routes!(conversations::state::undo_close))
        .routes(routes!(conversations::state::follow_up))
        .routes(routes!(conversations::state::read))
        .routes(routes!(conversations::state::unread))
        .routes(routes!(conversations::presence::note))
        .routes(routes!(
            conversations::drafts::show,
            conversations::drafts::save,
            conversations::drafts::delete
        ))
        .routes(routes!(api::attachments::upload))
        .routes(routes!(api::ingest::email))
        .routes(routes!(api::search::find))
        .routes(routes!(api::jobs::list))
        .routes(routes!(api::jobs::replay))
        .routes(routes!(api::events::stream))
}
