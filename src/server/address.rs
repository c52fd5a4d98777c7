//! Addresses to listen on, as users write them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Reads `ADDRESS:PORT`, `localhost:PORT`, and `:PORT`, `*:PORT` or `PORT` for every IPv4 address.
///
/// ```
/// # use httpserver::server::parse_address;
/// assert_eq!(parse_address(":8080"), parse_address("0.0.0.0:8080"));
/// ```
///
/// # Errors
/// When the text is not such an address; the message says what is missing, with an example.
pub fn parse_address(given: &str) -> Result<SocketAddr, String> {
    let given = given.trim();
    if let Ok(address) = given.parse() {
        return Ok(address);
    }
    let (host, port) = match given.rsplit_once(':') {
        None if is_number(given) => ("", given),
        None => return Err("expected ADDRESS:PORT, such as 0.0.0.0:8080 or :8080".to_owned()),
        Some(split) => split,
    };
    let ip = match host {
        "" | "*" => Ipv4Addr::UNSPECIFIED,
        "localhost" => Ipv4Addr::LOCALHOST,
        _ => return Err(explain(given, host)),
    };
    let port = Some(port).filter(|port| is_number(port));
    let port = port.and_then(|port| port.parse().ok());
    let port = port.ok_or("the port must be a number from 0 to 65535, as in 0.0.0.0:8080")?;
    Ok(SocketAddr::from((ip, port)))
}

/// Where the service that listens on `address` can be reached from this machine.
#[must_use]
pub fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Why text with a colon is not an address.
fn explain(given: &str, host: &str) -> String {
    if given.contains("//") {
        "expected an address, not a URL, such as 0.0.0.0:8080"
    } else if given.parse::<IpAddr>().is_ok() || (host.contains(':') && !host.contains('[')) {
        "an IPv6 address needs brackets and a port, such as [::1]:8080"
    } else if given.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        "the port is missing; expected ADDRESS:PORT, such as [::1]:8080"
    } else if host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        "the port must be a number from 0 to 65535, as in 0.0.0.0:8080"
    } else {
        "expected an IP address or `localhost` before the port, such as 0.0.0.0:8080 or :8080"
    }
    .to_owned()
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_an_address_is_read() {
        for (given, address) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::]:8080"),
            (":8080", "0.0.0.0:8080"),
            ("8080", "0.0.0.0:8080"),
            ("*:8080", "0.0.0.0:8080"),
            ("localhost:8080", "127.0.0.1:8080"),
            (" :0 ", "0.0.0.0:0"),
        ] {
            assert_eq!(
                parse_address(given).unwrap().to_string(),
                address,
                "{given}"
            );
        }
    }

    #[test]
    fn what_is_not_an_address_is_refused_with_its_reason_and_an_example() {
        for (given, reason) in [
            ("", "ADDRESS:PORT"),
            ("nowhere", "ADDRESS:PORT"),
            ("-1", "ADDRESS:PORT"),
            ("127.0.0.1", "ADDRESS:PORT"),
            ("example.org:8080", "`localhost`"),
            ("1.2.3:8080", "`localhost`"),
            ("http://127.0.0.1:8080", "not a URL"),
            ("::1", "brackets"),
            ("::1:8080", "brackets"),
            ("2001:db8::1:8080", "brackets"),
            ("[::1]", "port is missing"),
            (":", "0 to 65535"),
            (":http", "0 to 65535"),
            (":+80", "0 to 65535"),
            ("99999", "0 to 65535"),
            ("127.0.0.1:99999", "0 to 65535"),
            ("[::1]:-1", "0 to 65535"),
        ] {
            let error = parse_address(given).unwrap_err();
            assert!(error.contains(reason), "{given}: {error}");
            assert!(given.is_empty() || error.contains("80"), "{given}: {error}");
        }
    }

    #[test]
    fn a_service_on_all_addresses_is_reached_by_loopback() {
        for (listens, reached) in [
            (":80", "127.0.0.1:80"),
            ("[::]:80", "[::1]:80"),
            ("10.0.0.1:80", "10.0.0.1:80"),
        ] {
            let address = parse_address(listens).unwrap();
            assert_eq!(reachable(address).to_string(), reached);
        }
    }
}
