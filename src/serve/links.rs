//! The flags for the links of the live page, to tools that show the same requests.

use crate::{client::parse_url, contract::Links};

/// What stands for the id in the URL of a trace.
const TRACE_ID: &str = "{trace_id}";

/// Where browsers find other tools. The page and `/truth` show the URLs to everyone.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Links of the live page")]
pub struct LinkArgs {
    /// One trace.
    #[arg(
        long = "trace-url",
        env = "HTTPSERVER_TRACE_URL",
        value_name = "URL",
        hide_env_values = true,
        value_parser = trace_url,
        help = "URL of a trace with {trace_id} for its id, such as http://localhost:16686/trace/{trace_id}; the page links exemplars to it"
    )]
    pub trace: Option<String>,

    /// Prometheus.
    #[arg(
        long = "prometheus-url",
        env = "HTTPSERVER_PROMETHEUS_URL",
        value_name = "URL",
        hide_env_values = true,
        value_parser = prometheus_url,
        help = "URL of Prometheus as browsers reach it, such as http://localhost:9090"
    )]
    pub prometheus: Option<String>,

    /// Grafana.
    #[arg(
        long = "grafana-url",
        env = "HTTPSERVER_GRAFANA_URL",
        value_name = "URL",
        hide_env_values = true,
        value_parser = grafana_url,
        help = "URL of Grafana or of a dashboard as browsers reach it, such as http://localhost:3000"
    )]
    pub grafana: Option<String>,
}

impl From<&LinkArgs> for Links {
    fn from(args: &LinkArgs) -> Self {
        Self {
            trace: args.trace.clone(),
            prometheus: args.prometheus.clone(),
            grafana: args.grafana.clone(),
        }
    }
}

fn trace_url(given: &str) -> Result<String, String> {
    let example = "such as http://localhost:16686/trace/{trace_id}";
    check(&given.replace(TRACE_ID, "1"), example)?;
    if given.contains(TRACE_ID) {
        Ok(given.to_owned())
    } else {
        Err(format!("must contain {TRACE_ID}, {example}"))
    }
}

fn prometheus_url(given: &str) -> Result<String, String> {
    check(given, "such as http://localhost:9090").map(|()| given.to_owned())
}

fn grafana_url(given: &str) -> Result<String, String> {
    check(given, "such as http://localhost:3000").map(|()| given.to_owned())
}

/// The text is kept as it is given, so it must not have what a URL parser leaves out.
fn check(given: &str, example: &str) -> Result<(), String> {
    let url = parse_url(given).map_err(|reason| format!("{reason}, {example}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not contain a user or a password: every visitor sees it".to_owned());
    }
    if given.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(format!("must not contain spaces, {example}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::{Parser, error::ErrorKind};

    use super::*;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        links: LinkArgs,
    }

    fn parse(flag: &str, value: &str) -> Result<Links, clap::Error> {
        let parsed = Command::try_parse_from(["test", flag, value]);
        parsed.map(|command| Links::from(&command.links))
    }

    #[test]
    fn a_url_is_passed_on_as_it_is_given() {
        let trace = "HTTPS://t.example/p?id={trace_id}#x";
        let links = parse("--trace-url", trace).unwrap();
        assert_eq!(links.trace.as_deref(), Some(trace));
        let prometheus = parse("--prometheus-url", "http://localhost:9090").unwrap();
        let expected = Links {
            prometheus: Some("http://localhost:9090".to_owned()),
            ..Links::default()
        };
        assert_eq!(prometheus, expected);
        let grafana = parse("--grafana-url", "http://[::1]:3000/d/x?orgId=1").unwrap();
        let expected = Some("http://[::1]:3000/d/x?orgId=1");
        assert_eq!(grafana.grafana.as_deref(), expected);
    }

    #[test]
    fn a_wrong_url_is_a_usage_error_with_an_example() {
        for flag in ["--trace-url", "--prometheus-url", "--grafana-url"] {
            for bad in [
                "localhost:9090",
                "javascript:alert(1)//{trace_id}",
                "data:text/html,{trace_id}",
                "//h/{trace_id}",
                "ftp://h/{trace_id}",
                "http://",
                "http://h:99999/{trace_id}",
                "http://h/{trace_id} ",
                "http://h/\n{trace_id}",
            ] {
                let error = parse(flag, bad).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::ValueValidation, "{flag} {bad}");
                assert!(
                    error.to_string().contains("such as http://localhost:"),
                    "{error}"
                );
            }
            let error = parse(flag, "http://me:secret@h/{trace_id}").unwrap_err();
            assert!(error.to_string().contains("a password"), "{error}");
        }
        let error = parse("--trace-url", "http://localhost:16686/trace/").unwrap_err();
        assert!(
            error
                .to_string()
                .contains("must contain {trace_id}, such as"),
            "{error}"
        );
    }
}
