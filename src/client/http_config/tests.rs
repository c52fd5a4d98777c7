//! What is read from a file of credentials, what is refused, and that no error shows a secret.

use std::{
    env, fs,
    path::PathBuf,
    process::id,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use super::*;

const SECRET: &str = "hunter2";

/// A directory that is removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("httpserver-config-{}-{}", id(), NEXT.fetch_add(1, Relaxed));
        let path = env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn read(&self, config: &str) -> Result<Credentials, String> {
        let path = self.0.join("config.yml");
        fs::write(&path, config).unwrap();
        let mut own = Credentials::default();
        read(&path, &mut own).map(|()| own)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn each_way_to_authorize_gives_its_header() {
    let folder = Folder::new();
    fs::write(folder.0.join("token"), " hunter2\r\n").unwrap();
    let absolute = folder.0.join("token").display().to_string();
    for (config, value) in [
        ("authorization: {credentials: hunter2}", "Bearer hunter2"),
        ("authorization: {credentials_file: token}", "Bearer hunter2"),
        (
            "authorization: {type: ' ApiKey', credentials: 012}",
            "ApiKey 012",
        ),
        ("bearer_token: hunter2", "Bearer hunter2"),
        (
            "bearer_token: ''\nbearer_token_file: ./token",
            "Bearer hunter2",
        ),
        (
            "basic_auth:\n  username: me\n  password: hunter2\n",
            "Basic bWU6aHVudGVyMg==",
        ),
        (
            "basic_auth: {username_file: token, password: 'ä:'}",
            "Basic aHVudGVyMjrDpDo=",
        ),
        ("basic_auth: {username: me}", "Basic bWU6"),
        (
            r#"{"authorization": {"credentials": "hunter2"}}"#,
            "Bearer hunter2",
        ),
        (&format!("bearer_token_file: {absolute}"), "Bearer hunter2"),
    ] {
        let own = folder.read(config).unwrap();
        assert_eq!(own.headers["authorization"], value, "{config}");
        let shown = format!("{own:?} {:?}", own.headers);
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

#[test]
fn headers_are_added_in_order_and_an_empty_file_gives_nothing() {
    let folder = Folder::new();
    fs::write(folder.0.join("id"), "three\n").unwrap();
    let config = "http_headers:\n  X-Scope-OrgID: {files: [id], secrets: [two], values: [one]}\n\
                  enable_http2: false\nfollow_redirects: true\n";
    let own = folder.read(config).unwrap();
    let values: Vec<_> = own.headers.get_all("x-scope-orgid").iter().collect();
    assert_eq!(values, ["one", "two", "three"]);
    for empty in [
        "",
        "# nothing\n",
        "{}",
        "tls_config: {insecure_skip_verify: false}",
    ] {
        assert!(folder.read(empty).unwrap().is_empty(), "{empty}");
    }
}

/// Refused with these words, and without the secret.
#[track_caller]
fn refuses(rows: &[(&str, &[&str])]) {
    let folder = Folder::new();
    fs::write(folder.0.join("empty"), "\n").unwrap();
    fs::write(folder.0.join("token"), "hunter2\nhunter2").unwrap();
    for (config, words) in rows {
        let error = folder.read(config).unwrap_err();
        for word in *words {
            assert!(
                error.contains(word),
                "{config}: `{word}` is not in: {error}"
            );
        }
        assert!(!error.contains(SECRET), "{config}: {error}");
    }
}

#[test]
fn what_is_wrong_is_named_by_its_key_and_no_secret_is_shown() {
    refuses(&[
        ("hunter2", &["line 1"]),
        ("a: [hunter2", &["line"]),
        ("basic_auth: hunter2", &["line 1", "expected"]),
        ("basic_auth: [hunter2]", &["line 1", "expected"]),
        ("bearer_token: {a: hunter2}", &["line 1", "expected"]),
        (
            "bearer_token: hunter2\nbearer_token: hunter2",
            &["line 2", "twice"],
        ),
        ("a: 1\nb", &["line"]),
        (
            "bearer_tokn: hunter2",
            &["line 1", "`bearer_tokn`", "bearer_token"],
        ),
        (
            "oauth2: {client_secret: hunter2}",
            &["`oauth2`", "supported"],
        ),
        (
            "proxy_url: http://a:hunter2@b",
            &["`proxy_url`", "supported"],
        ),
        (
            "authorization: {credential: hunter2}",
            &["`credential`", "credentials_file"],
        ),
        (
            "authorization: {type: Basic, credentials: hunter2}",
            &["`basic_auth`"],
        ),
        (
            "authorization: {type: Bearer}",
            &["`credentials` or `credentials_file`"],
        ),
        (
            "authorization: {credentials: \"hunter2\\n\"}",
            &["`authorization`", "character"],
        ),
        ("bearer_token_file: token", &["`bearer_token`", "character"]),
        (
            "bearer_token_file: empty",
            &["`bearer_token_file`", "empty"],
        ),
        (
            "bearer_token_file: none",
            &["`bearer_token_file`", "/none cannot be read"],
        ),
        (
            "bearer_token: hunter2\nbearer_token_file: token",
            &["`bearer_token` and `bearer_token_file`"],
        ),
        (
            "bearer_token: a\nbasic_auth: {username: me, password: hunter2}",
            &["`basic_auth` and `bearer_token`"],
        ),
        (
            "basic_auth: {username: a, password: hunter2, password_file: token}",
            &["`basic_auth.password_file`"],
        ),
        ("basic_auth: {password: hunter2}", &["`username`"]),
        (
            "basic_auth: {username: 'a:b', password: hunter2}",
            &["`basic_auth.username`", "colon"],
        ),
    ]);
    let folder = Folder::new();
    let missing = read(&folder.0.join("missing"), &mut Credentials::default()).unwrap_err();
    assert!(missing.contains("cannot be read"), "{missing}");
}

#[test]
fn a_wrong_header_or_wrong_tls_is_named_by_its_key_and_no_secret_is_shown() {
    refuses(&[
        (
            "http_headers: {Authorization: {secrets: [hunter2]}}",
            &["`http_headers.Authorization`", "`authorization`"],
        ),
        (
            "http_headers: {'a b': {secrets: [hunter2]}}",
            &["`http_headers.a b`"],
        ),
        (
            "http_headers: {a: {secrets: [\"hunter2\\r\"]}}",
            &["`http_headers.a`", "character"],
        ),
        ("http_headers: {a: {}}", &["`http_headers.a`", "`values`"]),
        ("http_headers: {a: hunter2}", &["line 1", "expected"]),
        (
            "tls_config: {insecure_skip_verify: true}",
            &["insecure_skip_verify", "`ca_file`"],
        ),
        (
            "tls_config: {insecure_skip_verify: hunter2}",
            &["line 1", "expected"],
        ),
        (
            "tls_config: {ca: hunter2}",
            &["`tls_config.ca`", "no certificate"],
        ),
        ("tls_config: {cert: hunter2}", &["give both"]),
        (
            "tls_config: {cert: hunter2, key: hunter2}",
            &["the client's certificate"],
        ),
        (
            "tls_config: {server_name: 'a b'}",
            &["`tls_config.server_name`"],
        ),
        ("tls_config: {max_version: TLS11}", &["TLS12 and TLS13"]),
        (
            "tls_config: {min_version: hunter2}",
            &["`tls_config.min_version`", "TLS13"],
        ),
    ]);
}

#[test]
fn versions_are_those_of_the_range() {
    let folder = Folder::new();
    for (config, count) in [
        ("min_version: TLS12", None),
        ("min_version: TLS10, max_version: TLS12", Some(1)),
        ("min_version: TLS13", Some(1)),
    ] {
        let own = folder.read(&format!("tls_config: {{{config}}}")).unwrap();
        assert_eq!(own.tls.versions.map(|all| all.len()), count, "{config}");
    }
}
