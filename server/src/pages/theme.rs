//! `POST /theme`: remembers whether the pages are light or dark.

use app::Theme;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};

use super::form::{field, is_own, redirect};
use crate::http::query::quoted;
use crate::http::{body, cookies, error::HttpError};
use crate::limits::SMALL_FORM;
use crate::state::AppState;

/// The cookie's name; its value is the theme's.
const COOKIE: &str = "theme";

/// A year, in seconds.
const AGE: u32 = 365 * 86_400;

/// Back to the page that the form stood in, with a cookie that says the theme.
pub(super) async fn choose(
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, HttpError> {
    let text = body::text(request, SMALL_FORM, &state).await?;
    let named = field(&text, "theme").unwrap_or_default();
    let theme = Theme::named(&named).ok_or_else(|| {
        HttpError::bad_request(format!(
            "`theme` is {}; give system, light or dark",
            quoted(&named)
        ))
    })?;
    let back = field(&text, "back").filter(|path| is_own(path));
    let back = back.unwrap_or_else(|| "/".to_owned());
    let cookie = format!(
        "{COOKIE}={}; Path=/; Max-Age={AGE}; SameSite=Lax",
        theme.name()
    );
    Ok(([(header::SET_COOKIE, cookie)], redirect(&back)).into_response())
}

/// The theme that a reader chose earlier.
pub(super) fn of(headers: &HeaderMap) -> Theme {
    let mut themes = cookies::pairs(headers).filter(|(name, _)| *name == COOKIE);
    themes
        .find_map(|(_, value)| Theme::named(value))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_of_the_servers_own_is_returned_to() {
        for own in ["/", "/topics?topic=a%2Fb&q=x//y", "/a/../..//b", "/é"] {
            assert!(is_own(own), "{own}");
        }
        for other in [
            "",
            "topics",
            "//elsewhere.example",
            "///elsewhere.example",
            "/\\elsewhere.example",
            "/\t/elsewhere.example",
            "/\r\nLocation: x",
            "https://elsewhere.example/",
            "javascript:alert(1)",
        ] {
            assert!(!is_own(other), "{other:?}");
        }
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let of = |cookies: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, cookies.parse().unwrap());
            super::of(&headers)
        };
        assert_eq!(of("a=b; theme=dark;c=d"), Theme::Dark);
        assert_eq!(of("theme=blue; theme=light"), Theme::Light);
        for none in ["", "theme", "theme=\"dark\"", "mytheme=dark"] {
            assert_eq!(of(none), Theme::System, "{none}");
        }
    }
}
