//! The file of credentials that Prometheus' own tools read (`promtool --http.config.file`), as far as this client can do
//! what it says; anything else in it is refused. No error shows a value.
//! <https://github.com/prometheus/common/blob/main/config/http_config.go>

mod error;
mod files;
#[cfg(test)]
mod tests;
mod tls_config;

use std::{collections::BTreeMap, fs, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderName;
use serde::{Deserialize, de::IgnoredAny};

use super::credentials::{Credentials, bearer, header_value};
use files::Files;
use tls_config::TlsConfig;

/// Headers that are the client's own, or that have a key of their own.
const RESERVED: [&str; 14] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "traceparent",
    "transfer-encoding",
    "user-agent",
    "www-authenticate",
];

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct HttpConfig {
    authorization: Option<Authorization>,
    basic_auth: Option<BasicAuth>,
    bearer_token: Option<String>,
    bearer_token_file: Option<String>,
    http_headers: Option<BTreeMap<String, Header>>,
    tls_config: Option<TlsConfig>,
    /// Without effect: redirects are never followed.
    #[serde(rename = "follow_redirects")]
    _follow_redirects: Option<IgnoredAny>,
    /// Without effect: HTTP/1.1 is used.
    #[serde(rename = "enable_http2")]
    _enable_http2: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Authorization {
    r#type: Option<String>,
    credentials: Option<String>,
    credentials_file: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BasicAuth {
    username: Option<String>,
    username_file: Option<String>,
    password: Option<String>,
    password_file: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    #[serde(default)]
    values: Vec<String>,
    #[serde(default)]
    secrets: Vec<String>,
    #[serde(default)]
    files: Vec<String>,
}

/// Reads a file, and the files that it names, into these credentials.
pub fn read(path: &Path, into: &mut Credentials) -> Result<(), String> {
    let text = fs::read_to_string(path);
    let text = text.map_err(|error| format!("the file cannot be read: {error}"))?;
    let config: Option<HttpConfig> =
        serde_saphyr::from_str(&text).map_err(|error| error::reason(&error))?;
    let config = config.unwrap_or_default();
    let files = Files::beside(path);
    if let Some(authorization) = config.authorization {
        let value = header_value(&authorization.value(&files)?);
        into.authorize(value.map_err(of("authorization"))?, "`authorization`")?;
    }
    if let Some(basic) = config.basic_auth {
        into.authorize(header_value(&basic.value(&files)?)?, "`basic_auth`")?;
    }
    let token = files.one(
        "bearer_token",
        config.bearer_token,
        config.bearer_token_file,
    )?;
    if let Some(token) = token {
        let value = bearer(&token).map_err(of("bearer_token"))?;
        into.authorize(value, "`bearer_token`")?;
    }
    for (name, header) in config.http_headers.unwrap_or_default() {
        header.add(&name, &files, into)?;
    }
    if let Some(tls) = config.tls_config {
        tls.read(&files, &mut into.tls)?;
    }
    Ok(())
}

/// Puts the key before a reason.
fn of(key: &str) -> impl Fn(String) -> String {
    move |reason| format!("`{key}` {reason}")
}

impl Authorization {
    fn value(self, files: &Files) -> Result<String, String> {
        let scheme = self.r#type.unwrap_or_default();
        let scheme = match scheme.trim() {
            "" => "Bearer",
            basic if basic.eq_ignore_ascii_case("basic") => {
                return Err("`authorization.type` is Basic: use `basic_auth`".to_owned());
            }
            other => other,
        };
        let key = "authorization.credentials";
        let given = files.one(key, self.credentials, self.credentials_file)?;
        let given = given.ok_or("`authorization` needs `credentials` or `credentials_file`")?;
        Ok(format!("{scheme} {given}"))
    }
}

impl BasicAuth {
    fn value(self, files: &Files) -> Result<String, String> {
        let name = files.one("basic_auth.username", self.username, self.username_file)?;
        let name = name.ok_or("`basic_auth` needs `username` or `username_file`")?;
        if name.contains(':') {
            return Err("`basic_auth.username` has a colon, which ends the name".to_owned());
        }
        let password = files.one("basic_auth.password", self.password, self.password_file)?;
        let both = format!("{name}:{}", password.unwrap_or_default());
        Ok(format!("Basic {}", STANDARD.encode(both)))
    }
}

impl Header {
    fn add(self, name: &str, files: &Files, into: &mut Credentials) -> Result<(), String> {
        let key = format!("http_headers.{name}");
        let parsed = name.parse::<HeaderName>();
        let parsed = parsed.map_err(|_| format!("`{key}` is not the name of a header"))?;
        if RESERVED.contains(&parsed.as_str()) {
            return Err(format!(
                "`{key}` is not allowed: the client sends that header itself, or by `authorization` or `basic_auth`"
            ));
        }
        let mut values = self.values;
        values.extend(self.secrets);
        for file in self.files {
            values.push(files.read(&key, &file)?);
        }
        if values.is_empty() {
            return Err(format!("`{key}` needs `values`, `secrets` or `files`"));
        }
        for value in values {
            let value = header_value(&value).map_err(of(&key))?;
            into.add(parsed.clone(), value, &key)?;
        }
        Ok(())
    }
}
