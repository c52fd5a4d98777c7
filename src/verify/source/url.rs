//! URLs that are derived from those that the user gave.

use reqwest::Url;

/// Another path of the same service.
pub fn beside(target: &Url, path: &str) -> Url {
    let folder = target.path().rsplit_once('/');
    with_path(target, folder.map_or("", |(folder, _)| folder), path)
}

/// A path below a base, whose own path is kept.
pub fn below(base: &Url, path: &str) -> Url {
    with_path(base, base.path().trim_end_matches('/'), path)
}

fn with_path(url: &Url, folder: &str, path: &str) -> Url {
    let mut url = url.clone();
    url.set_path(&format!("{folder}{path}"));
    url.set_query(None);
    url.set_fragment(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truth_is_beside_the_target() {
        for (target, truth) in [
            ("http://h:1/images", "http://h:1/truth"),
            ("http://h/a/images?x=1#y", "http://h/a/truth"),
            ("http://h", "http://h/truth"),
        ] {
            let url = beside(&target.parse().unwrap(), "/truth");
            assert_eq!(url.as_str(), truth);
        }
    }

    #[test]
    fn a_path_prefix_is_kept() {
        for base in ["http://h:1/prom", "http://h:1/prom/"] {
            let url = below(&base.parse().unwrap(), "/api/v1/query");
            assert_eq!(url.as_str(), "http://h:1/prom/api/v1/query");
        }
        let url = below(&"http://h".parse().unwrap(), "/api");
        assert_eq!(url.as_str(), "http://h/api");
    }
}
