//! `tls_config` of a file of credentials.

use rustls::{
    SupportedProtocolVersion,
    version::{TLS12, TLS13},
};
use serde::Deserialize;

use super::files::Files;
use crate::client::tls::{Authorities, Identity, Tls, certificates};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    ca: Option<String>,
    ca_file: Option<String>,
    cert: Option<String>,
    cert_file: Option<String>,
    key: Option<String>,
    key_file: Option<String>,
    server_name: Option<String>,
    insecure_skip_verify: Option<bool>,
    min_version: Option<String>,
    max_version: Option<String>,
}

impl TlsConfig {
    pub fn read(self, files: &Files, into: &mut Tls) -> Result<(), String> {
        if self.insecure_skip_verify == Some(true) {
            return Err(
                "`tls_config.insecure_skip_verify` is refused: any server could take the credentials. Put the server's own certificate into `ca_file` instead (openssl s_client -connect HOST:PORT </dev/null | openssl x509)"
                    .to_owned(),
            );
        }
        if let Some(pem) = files.one("tls_config.ca", self.ca, self.ca_file)? {
            let found = certificates(pem.as_bytes());
            let found = found.map_err(|reason| format!("`tls_config.ca`: {reason}"))?;
            into.authorities = Authorities::Only(found);
        }
        let certificate = files.one("tls_config.cert", self.cert, self.cert_file)?;
        let key = files.one("tls_config.key", self.key, self.key_file)?;
        into.identity = match (certificate, key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => {
                let identity = Identity::read(certificate.as_bytes(), key.as_bytes());
                Some(identity.map_err(|reason| format!("`tls_config`: {reason}"))?)
            }
            _ => {
                return Err(
                    "`tls_config` has one of the client's certificate (`cert`, `cert_file`) and its key (`key`, `key_file`); give both"
                        .to_owned(),
                );
            }
        };
        if let Some(name) = self.server_name.filter(|name| !name.is_empty()) {
            let name = name.try_into();
            let name = name.map_err(|_| "`tls_config.server_name` is not a host name")?;
            into.server_name = Some(name);
        }
        into.versions = versions(self.min_version.as_deref(), self.max_version.as_deref())?;
        Ok(())
    }
}

/// The versions in this range, of those that the client can speak; `None` is all of them.
fn versions(
    min: Option<&str>,
    max: Option<&str>,
) -> Result<Option<Vec<&'static SupportedProtocolVersion>>, String> {
    let minor = |key: &str, given: &str| match given {
        "TLS10" => Ok(0),
        "TLS11" => Ok(1),
        "TLS12" => Ok(2),
        "TLS13" => Ok(3),
        _ => Err(format!(
            "`tls_config.{key}` must be TLS10, TLS11, TLS12 or TLS13"
        )),
    };
    let min = minor("min_version", min.unwrap_or("TLS10"))?;
    let max = minor("max_version", max.unwrap_or("TLS13"))?;
    let mut all = vec![(2, &TLS12), (3, &TLS13)];
    all.retain(|(minor, _)| (min..=max).contains(minor));
    match all.len() {
        0 => Err(
            "`tls_config`: no version from `min_version` to `max_version` is supported; this client speaks TLS12 and TLS13"
                .to_owned(),
        ),
        2 => Ok(None),
        _ => Ok(Some(all.into_iter().map(|(_, version)| version).collect())),
    }
}
