//! The method of a request as metrics and spans name it: from a fixed list, so that clients cannot create label values.

use http::Method;

/// The methods of RFC 9110 and RFC 5789; every other one is `_OTHER`, as the OpenTelemetry conventions ask.
pub fn label(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
    ];
    let known = KNOWN.into_iter().find(|known| *known == method.as_str());
    known.unwrap_or("_OTHER")
}

/// The name of a request's span: `{method} {route}`, with `HTTP` for an unknown method.
pub fn span_name(label: &'static str, route: Option<&'static str>) -> String {
    let method = if label == "_OTHER" { "HTTP" } else { label };
    match route {
        Some(route) => format!("{method} {route}"),
        None => method.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_cannot_create_labels_or_span_names() {
        let unknown = label(&Method::from_bytes(b"BREW").unwrap());
        assert_eq!(unknown, "_OTHER");
        assert_eq!(span_name(unknown, None), "HTTP");
        assert_eq!(span_name(unknown, Some("/images")), "HTTP /images");
        assert_eq!(
            span_name(label(&Method::GET), Some("/images")),
            "GET /images"
        );
    }
}
