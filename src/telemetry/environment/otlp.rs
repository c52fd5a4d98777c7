//! Reads the settings of an OTLP exporter; of each, the variable of the signal comes before the generic one.
//! <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>

use std::time::Duration;

use http::{HeaderName, HeaderValue};
use reqwest::Url;

use super::{
    attributes::decode, batch::milliseconds, signal::Signal, value::boolean, variables::Variables,
};
use crate::{output::without_secrets, telemetry::error::TelemetryError};

/// The protocol of the exporter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Grpc,
    HttpProtobuf,
}

/// Where a signal goes, and how.
#[derive(Debug)]
pub struct Otlp {
    pub protocol: Protocol,
    /// With scheme, and with the path of the signal over HTTP.
    pub endpoint: Url,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Of one export, with its retries.
    pub timeout: Duration,
    pub gzip: bool,
    pub tls: Tls,
}

/// PEM files for a connection with TLS.
#[derive(Debug, Default)]
pub struct Tls {
    /// The variable's name and the file of the only authorities that are trusted.
    pub authorities: Option<(&'static str, String)>,
    /// The names and files of the client's certificate and key.
    pub client: Option<[(&'static str, String); 2]>,
}

pub fn read(
    signal: &Signal,
    variables: &Variables,
    export_timeout: Duration,
    warnings: &mut Vec<String>,
) -> Result<Otlp, TelemetryError> {
    let protocol = protocol(signal, variables)?;
    let endpoint = endpoint(signal, variables, protocol, warnings)?;
    let tls = tls(signal, variables)?;
    let names = tls.authorities.iter().chain(tls.client.iter().flatten());
    if endpoint.scheme() == "http" {
        let of = signal.name;
        let unused = names.map(|(name, _)| {
            format!("{name}: no effect on {of}, since their endpoint is not https")
        });
        warnings.extend(unused);
    }
    let [own, generic] = signal.timeout;
    let timeout = match milliseconds(variables, own)? {
        Some(own) => own,
        None => milliseconds(variables, generic)?.unwrap_or(Duration::from_secs(10)),
    };
    Ok(Otlp {
        protocol,
        endpoint,
        headers: headers(signal, variables)?,
        timeout: timeout.min(export_timeout),
        gzip: gzip(signal, variables)?,
        tls,
    })
}

/// The first of the variables that is set.
fn first<'a>(
    variables: &'a Variables,
    names: [&'static str; 2],
) -> Result<Option<(&'static str, &'a str)>, TelemetryError> {
    for name in names {
        if let Some(value) = variables.get(name)? {
            return Ok(Some((name, value)));
        }
    }
    Ok(None)
}

fn protocol(signal: &Signal, variables: &Variables) -> Result<Protocol, TelemetryError> {
    let Some((name, given)) = first(variables, signal.protocol)? else {
        return Ok(Protocol::HttpProtobuf);
    };
    match given.to_ascii_lowercase().as_str() {
        "grpc" => Ok(Protocol::Grpc),
        "http/protobuf" => Ok(Protocol::HttpProtobuf),
        _ => Err(TelemetryError::variable(
            name,
            given,
            "supported are `grpc` and `http/protobuf`",
        )),
    }
}

fn endpoint(
    signal: &Signal,
    variables: &Variables,
    protocol: Protocol,
    warnings: &mut Vec<String>,
) -> Result<Url, TelemetryError> {
    let insecure = is_insecure(signal, variables, warnings)?;
    let [_, generic] = signal.endpoint;
    let (name, given) = match (first(variables, signal.endpoint)?, protocol) {
        (Some(given), _) => given,
        (None, Protocol::Grpc) => (generic, "http://localhost:4317"),
        (None, Protocol::HttpProtobuf) => (generic, "http://localhost:4318"),
    };
    let refused =
        |reason: &str| TelemetryError::variable(name, without_secrets(given), reason.to_owned());
    let whole = match (given.contains("://"), protocol) {
        (true, _) => given.to_owned(),
        (false, Protocol::Grpc) if insecure => format!("http://{given}"),
        (false, Protocol::Grpc) => format!("https://{given}"),
        (false, Protocol::HttpProtobuf) => {
            return Err(refused("must begin with http:// or https://"));
        }
    };
    let mut endpoint: Url = whole
        .parse()
        .map_err(|error| refused(&format!("is not a URL: {error}")))?;
    if !["http", "https"].contains(&endpoint.scheme()) {
        return Err(refused("must begin with http:// or https://"));
    }
    if !endpoint.username().is_empty() || endpoint.password().is_some() {
        return Err(refused(
            "a user and password in the URL are not sent: use OTEL_EXPORTER_OTLP_HEADERS",
        ));
    }
    if protocol == Protocol::HttpProtobuf && name == generic {
        let base = endpoint.path().trim_end_matches('/').to_owned();
        endpoint.set_path(&(base + signal.path));
    }
    Ok(endpoint)
}

/// Whether a gRPC endpoint without a scheme is reached without TLS.
fn is_insecure(
    signal: &Signal,
    variables: &Variables,
    warnings: &mut Vec<String>,
) -> Result<bool, TelemetryError> {
    match first(variables, signal.insecure)? {
        Some((name, _)) => boolean(variables, name, warnings),
        None => Ok(false),
    }
}

/// `name=value,name=value`, values percent-encoded. What is wrong is told without the value, which may be a secret.
fn headers(
    signal: &Signal,
    variables: &Variables,
) -> Result<Vec<(HeaderName, HeaderValue)>, TelemetryError> {
    let Some((variable, given)) = first(variables, signal.headers)? else {
        return Ok(Vec::new());
    };
    let members = given.split(',').map(str::trim);
    let parse = |member: &str| {
        let (name, value) = member.split_once('=')?;
        let value = decode(value.trim()).ok()?;
        Some((
            name.trim().parse().ok()?,
            HeaderValue::try_from(value).ok()?,
        ))
    };
    members
        .enumerate()
        .filter(|(_, member)| !member.is_empty())
        .map(|(at, member)| {
            let reason = format!("entry {} must be name=value, percent-encoded", at + 1);
            parse(member).ok_or_else(|| TelemetryError::variable(variable, "…", reason))
        })
        .collect()
}

fn gzip(signal: &Signal, variables: &Variables) -> Result<bool, TelemetryError> {
    let Some((name, given)) = first(variables, signal.compression)? else {
        return Ok(false);
    };
    match given.to_ascii_lowercase().as_str() {
        "gzip" => Ok(true),
        "none" => Ok(false),
        _ => Err(TelemetryError::variable(
            name,
            given,
            "supported are `gzip` and `none`",
        )),
    }
}

fn tls(signal: &Signal, variables: &Variables) -> Result<Tls, TelemetryError> {
    let file = |names| Ok(first(variables, names)?.map(|(name, path)| (name, path.to_owned())));
    let authorities = file(signal.certificate)?;
    let certificate = file(signal.client_certificate)?;
    let key = file(signal.client_key)?;
    let client = match (certificate, key) {
        (None, None) => None,
        (Some(certificate), Some(key)) => Some([certificate, key]),
        (Some((name, path)), None) | (None, Some((name, path))) => {
            let reason = "the client's certificate and its key go together: set both";
            return Err(TelemetryError::variable(name, path, reason));
        }
    };
    Ok(Tls {
        authorities,
        client,
    })
}
