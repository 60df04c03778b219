//! Pages that are made for one request: a text with places, and what stands in them.

use std::fmt::Write;

use super::guard::escape;

/// Text that is HTML already, and nothing that came over the wire is markup in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Html(String);

impl Html {
    /// Whatever it says, as text.
    pub(super) fn text(text: &str) -> Self {
        Self(escape(text))
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}

impl FromIterator<Html> for Html {
    fn from_iter<T: IntoIterator<Item = Self>>(parts: T) -> Self {
        Self(parts.into_iter().map(|Self(part)| part).collect())
    }
}

/// A template with its places filled, as HTML.
pub(super) fn html(template: &str, values: &[(&str, Html)]) -> Html {
    Html(fill(template, |place| values.iter().find(|(name, _)| *name == place).map(|(_, Html(value))| value.as_str())))
}

/// A template with its places filled, as it is.
pub(super) fn plain(template: &str, values: &[(&str, &str)]) -> String {
    fill(template, |place| values.iter().find(|(name, _)| *name == place).map(|(_, value)| *value))
}

/// Fills each `{{place}}`. What a value says is not looked at again.
fn fill<'a>(template: &str, value: impl Fn(&str) -> Option<&'a str>) -> String {
    let mut parts = template.split("{{");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once("}}").and_then(|(place, rest)| Some((value(place)?, rest))) {
            Some((value, rest)) => filled.extend([value, rest]),
            // Writing into a string can't fail.
            None => drop(write!(filled, "{{{{{part}")),
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_once_and_what_fills_them_is_text() {
        let page = html("<b>{{a}}</b>{{b}}{{c}}", &[("a", Html::text("<{{b}}>")), ("b", Html::text("'\"&"))]);
        assert_eq!(page.into_string(), "<b>&lt;{{b}}&gt;</b>&#39;&quot;&amp;{{c}}");
        assert_eq!(plain("x{{a}}y", &[("a", "<")]), "x<y");
    }
}
