//! `GET /api/openapi.json`: the API as OpenAPI 3.1, with the types and the bounds of the code.

mod demo;
mod events;
mod lines;
mod observing;
mod parts;
mod shapes;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use utoipa::ToSchema;
use utoipa::openapi::path::{PathItem, Paths};
use utoipa::openapi::schema::ComponentsBuilder;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};

use super::json;
use super::stats::Stats;
use super::subscribers::Subscribers;
use super::tickets::Ticket;
use super::topics::Topics;
use crate::auth::TICKET;
use crate::http::error::HttpError;
use crate::http::fields::Accepted;
use crate::http::lines::Stored;
use crate::http::problem::Problem;
use crate::http::publish::Forgotten;
use crate::http::query::Query;
use crate::state::AppState;

/// `GET /api/openapi.json`: what this server answers; the demo's streams where it has them.
///
/// # Errors
/// 400 for any parameter.
pub(crate) async fn show(State(state): State<AppState>, uri: Uri) -> Result<Response, HttpError> {
    Query::of(&uri, &[])?;
    json(&document(state.config.demo))
}

/// The document.
pub(crate) fn document(demo: bool) -> OpenApi {
    let info = InfoBuilder::new()
        .title("Tickertape")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Publish, watch, and always know whether you missed something. Refusals are \
             application/problem+json (RFC 9457). OPTIONS answers 204 with `Allow` everywhere.",
        ))
        .license(Some(
            LicenseBuilder::new()
                .name(env!("CARGO_PKG_LICENSE"))
                .build(),
        ));
    let paths = paths(demo).into_iter();
    let paths = paths.fold(Paths::builder(), |all, (path, item)| all.path(path, item));
    OpenApiBuilder::new()
        .info(info.build())
        .paths(paths)
        .components(Some(components().build()))
        .security(Some([
            SecurityRequirement::default(),
            SecurityRequirement::new("token", [""; 0]),
            SecurityRequirement::new("ticket", [""; 0]),
        ]))
        .build()
}

fn paths(demo: bool) -> Vec<(&'static str, PathItem)> {
    let mut paths = [events::paths(), lines::paths(), observing::paths()].concat();
    if demo {
        paths.extend(demo::paths());
    }
    paths
}

fn components() -> ComponentsBuilder {
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("A token, or the key of a publisher"));
    let ticket = ApiKeyValue::with_description(TICKET, "A ticket, for a stream");
    let components = ComponentsBuilder::new()
        .security_scheme("token", SecurityScheme::Http(token.build()))
        .security_scheme("ticket", SecurityScheme::ApiKey(ApiKey::Query(ticket)));
    let components = with::<Problem>(with::<Accepted>(with::<Forgotten>(with::<Stored>(
        components,
    ))));
    let components = with::<Topics>(with::<Subscribers>(with::<Stats>(with::<Ticket>(
        components,
    ))));
    with::<shapes::Poll>(with::<shapes::Keyed>(with::<shapes::Keyless>(components)))
}

/// Adds a type, and those that it is made of.
fn with<T: ToSchema>(components: ComponentsBuilder) -> ComponentsBuilder {
    let mut parts = Vec::new();
    T::schemas(&mut parts);
    components
        .schemas_from_iter(parts)
        .schema(T::name(), T::schema())
}
