//! Builds the OTLP exporter of a signal from settings: endpoint, headers, timeout, compression and TLS are given to the SDK, which
//! would otherwise read them from the environment itself.

use std::{fs, thread};

use http::HeaderMap;
use opentelemetry_otlp::{
    Compression, ExporterBuildError, LogExporter, MetricExporter, SpanExporter, WithExportConfig,
    WithHttpConfig, WithTonicConfig,
};
use opentelemetry_sdk::metrics::Temporality;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tonic::{
    metadata::MetadataMap,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity},
};

use super::{
    chain::chain,
    environment::{Otlp, Protocol, Tls},
    error::TelemetryError,
    http_client::{HttpClient, LastError},
};

/// An exporter, and the cause of its last failure.
type Built<E> = Result<(E, LastError), TelemetryError>;

pub fn spans(otlp: &Otlp) -> Built<SpanExporter> {
    build(otlp, |transport| match transport {
        Transport::Grpc(grpc) => grpc.apply(SpanExporter::builder().with_tonic()).build(),
        Transport::Http(http) => http.apply(SpanExporter::builder().with_http()).build(),
    })
}

pub fn metrics(otlp: &Otlp, temporality: Temporality) -> Built<MetricExporter> {
    let builder = MetricExporter::builder().with_temporality(temporality);
    build(otlp, |transport| match transport {
        Transport::Grpc(grpc) => grpc.apply(builder.with_tonic()).build(),
        Transport::Http(http) => http.apply(builder.with_http()).build(),
    })
}

pub fn logs(otlp: &Otlp) -> Built<LogExporter> {
    build(otlp, |transport| match transport {
        Transport::Grpc(grpc) => grpc.apply(LogExporter::builder().with_tonic()).build(),
        Transport::Http(http) => http.apply(LogExporter::builder().with_http()).build(),
    })
}

fn build<E>(
    otlp: &Otlp,
    build: impl FnOnce(Transport<'_>) -> Result<E, ExporterBuildError>,
) -> Built<E> {
    // The HTTP client panics without a provider. A second call in a process has no effect.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let pem = Pem::read(&otlp.tls)?;
    let last_error = LastError::default();
    let exporter = build(match otlp.protocol {
        Protocol::Grpc => Transport::Grpc(Grpc {
            otlp,
            channel: channel(otlp, &pem)?,
        }),
        Protocol::HttpProtobuf => {
            let client = http_client(otlp, &pem, last_error.clone())?;
            Transport::Http(Http { otlp, client })
        }
    });
    let exporter = exporter.map_err(|error| TelemetryError::Exporter(error.to_string()))?;
    Ok((exporter, last_error))
}

/// What is to be set on the builder of an exporter.
enum Transport<'a> {
    Grpc(Grpc<'a>),
    Http(Http<'a>),
}

struct Grpc<'a> {
    otlp: &'a Otlp,
    channel: Channel,
}

struct Http<'a> {
    otlp: &'a Otlp,
    client: HttpClient,
}

impl Grpc<'_> {
    fn apply<B: WithExportConfig + WithTonicConfig>(self, builder: B) -> B {
        let Self { otlp, channel } = self;
        let headers: HeaderMap = otlp.headers.iter().cloned().collect();
        let builder = builder
            .with_channel(channel)
            .with_timeout(otlp.timeout)
            .with_metadata(MetadataMap::from_headers(headers));
        if otlp.gzip {
            builder.with_compression(Compression::Gzip)
        } else {
            builder
        }
    }
}

/// Connects with the first export. Unlike the SDK's own channel, it gives up a connection that does not answer, so that
/// the next export opens another one: where packets vanish, as at the address of a machine that has gone, TCP alone tries
/// for minutes. It asks with an HTTP/2 PING while an export waits, and never in between, which servers may refuse
/// (<https://github.com/grpc/grpc/blob/master/doc/keepalive.md>).
fn channel(otlp: &Otlp, pem: &Pem) -> Result<Channel, TelemetryError> {
    let failed = |error: tonic::transport::Error| TelemetryError::Exporter(chain(&error));
    let mut endpoint = Endpoint::from_shared(otlp.endpoint.to_string())
        .map_err(failed)?
        .timeout(otlp.timeout)
        .connect_timeout(otlp.timeout)
        .http2_keep_alive_interval(otlp.timeout / 2)
        .keep_alive_timeout(otlp.timeout / 2);
    if otlp.endpoint.scheme() == "https" {
        let mut tls = match &pem.authorities {
            Some(authorities) => {
                ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authorities))
            }
            None => ClientTlsConfig::new().with_enabled_roots(),
        };
        if let Some([certificate, key]) = &pem.client {
            tls = tls.identity(Identity::from_pem(certificate, key));
        }
        endpoint = endpoint.tls_config(tls).map_err(failed)?;
    }
    Ok(endpoint.connect_lazy())
}

impl Http<'_> {
    fn apply<B: WithExportConfig + WithHttpConfig>(self, builder: B) -> B {
        let Self { otlp, client } = self;
        let headers = otlp.headers.iter();
        let text =
            |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = headers.map(|(name, value)| (name.to_string(), text(value)));
        let builder = builder
            .with_protocol(opentelemetry_otlp::Protocol::HttpBinary)
            .with_endpoint(otlp.endpoint.as_str())
            .with_timeout(otlp.timeout)
            .with_headers(headers.collect())
            .with_http_client(client);
        if otlp.gzip {
            builder.with_compression(Compression::Gzip)
        } else {
            builder
        }
    }
}

fn http_client(
    otlp: &Otlp,
    pem: &Pem,
    last_error: LastError,
) -> Result<HttpClient, TelemetryError> {
    let mut builder = reqwest::blocking::Client::builder()
        .timeout(otlp.timeout)
        // An answer of 3xx is a failed export: followed, it could loop, and headers could reach another host.
        .redirect(reqwest::redirect::Policy::none());
    let failed = |error: &reqwest::Error| TelemetryError::Exporter(chain(error));
    if let Some(authorities) = &pem.authorities {
        let trusted = reqwest::Certificate::from_pem_bundle(authorities);
        builder = builder.tls_certs_only(trusted.map_err(|error| failed(&error))?);
    }
    if let Some(client) = &pem.client {
        let identity = reqwest::Identity::from_pem(&client.concat());
        builder = builder.identity(identity.map_err(|error| failed(&error))?);
    }
    // A blocking client must not be built on a thread of the runtime.
    let built = thread::spawn(move || builder.build()).join();
    let built =
        built.map_err(|_| TelemetryError::Exporter("its HTTP client panicked".to_owned()))?;
    let client = built.map_err(|error| failed(&error))?;
    Ok(HttpClient::new(client, last_error))
}

/// The contents of PEM files, checked.
struct Pem {
    authorities: Option<Vec<u8>>,
    client: Option<[Vec<u8>; 2]>,
}

impl Pem {
    fn read(tls: &Tls) -> Result<Self, TelemetryError> {
        let authorities = tls.authorities.as_ref().map(certificates).transpose()?;
        let client = match &tls.client {
            None => None,
            Some([certificate, key]) => Some([certificates(certificate)?, private_key(key)?]),
        };
        Ok(Self {
            authorities,
            client,
        })
    }
}

fn certificates(file: &(&'static str, String)) -> Result<Vec<u8>, TelemetryError> {
    let text = contents(file)?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(text),
        Ok(_) => Err(refused(file, "holds no certificate in PEM format")),
        Err(error) => Err(refused(file, &error.to_string())),
    }
}

fn private_key(file: &(&'static str, String)) -> Result<Vec<u8>, TelemetryError> {
    let text = contents(file)?;
    match PrivateKeyDer::from_pem_slice(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(refused(
            file,
            &format!("no private key in PEM format: {error}"),
        )),
    }
}

fn contents(file: &(&'static str, String)) -> Result<Vec<u8>, TelemetryError> {
    fs::read(&file.1).map_err(|error| refused(file, &error.to_string()))
}

fn refused((variable, path): &(&'static str, String), reason: &str) -> TelemetryError {
    TelemetryError::variable(variable, path, reason.to_owned())
}
