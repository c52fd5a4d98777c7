//! The rules of RFC 9112, 3.2 for the `Host` header: HTTP/1.1 needs exactly one, and its value must be valid.

use http::{Request, Response, StatusCode, Version, header, uri::Authority};

/// Whether a request keeps the rules.
pub fn is_valid<B>(request: &Request<B>) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version() < Version::HTTP_11,
        (Some(host), None) => is_authority(host.as_bytes()),
        (Some(_), Some(_)) => false,
    }
}

/// A host with an optional port. It may be empty: a URI without an authority has an empty host.
fn is_authority(value: &[u8]) -> bool {
    is_plain(value) || is_any_authority(value)
}

/// The common forms, a name or an IPv4 address and perhaps a port: a thousand instructions cheaper.
fn is_plain(value: &[u8]) -> bool {
    let mut parts = value.splitn(2, |byte| *byte == b':');
    let host = parts.next().unwrap_or_default();
    let port = parts.next().unwrap_or_default();
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    // A fold, not `all`: it is compiled to a few vector instructions.
    host.iter().fold(true, |all, byte| all & is_host(*byte)) && is_port(port)
}

fn is_port(digits: &[u8]) -> bool {
    let number = digits.iter().try_fold(0_u16, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u16::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    });
    number.is_some()
}

fn is_any_authority(value: &[u8]) -> bool {
    let Ok(authority) = Authority::try_from(value) else {
        return false;
    };
    match authority.as_str().strip_prefix(authority.host()) {
        Some("" | ":") => true,
        Some(_) => authority.port_u16().is_some(),
        None => false, // with a user name
    }
}

/// The answer to a request that breaks them.
pub fn bad_request<B: From<&'static str>>() -> Response<B> {
    let reason = "expected exactly one valid Host header\n";
    let mut response = Response::new(B::from(reason));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    let close = header::HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(version: Version, hosts: &[&str]) -> Request<()> {
        let mut request = Request::new(());
        *request.version_mut() = version;
        for host in hosts {
            request
                .headers_mut()
                .append(header::HOST, host.parse().unwrap());
        }
        request
    }

    #[test]
    fn one_valid_host_is_required_by_http_1_1_only() {
        for host in [
            "x",
            "x:80",
            "127.0.0.1:8080",
            "[::1]:8080",
            "[::1]",
            "x:",
            "",
        ] {
            assert!(is_valid(&request(Version::HTTP_11, &[host])), "{host}");
            assert!(
                host.is_empty() || is_any_authority(host.as_bytes()),
                "{host}"
            );
        }
        for hosts in [
            &[][..],
            &["x", "x"],
            &["x", "y"],
            &["a b"],
            &["x:port"],
            &["x:99999"],
            &["user@x"],
            &["http://x"],
            &["x/y"],
            &["x, y"],
        ] {
            assert!(!is_valid(&request(Version::HTTP_11, hosts)), "{hosts:?}");
        }
        assert!(is_valid(&request(Version::HTTP_10, &[])));
    }
}
