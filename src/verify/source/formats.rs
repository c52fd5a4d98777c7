//! What a replica's page offers in the formats that Prometheus negotiates: exemplars and native histograms.

use http::header::CONTENT_TYPE;
use reqwest::Url;

use crate::{
    buckets::Schema,
    client::Client,
    contract::{Metric, Names, Step, names::label},
    exposition::{self, Format},
    verify::model::page::Offered,
};

/// Largest exposition that is read, in bytes.
pub const MAX_BODY: usize = 16 << 20;

/// Reads the page once more; what cannot be read in a format is not offered in it.
pub async fn offered(client: &Client, url: &Url, names: &Names) -> Offered {
    let text = page(client, url, Format::OpenMetrics).await;
    let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
    let bucket = names.bucket(Metric::ExecutionLatency) + "{";
    let total = format!("{}=\"{}\"", label::STEP, Step::Total.as_str());
    let mut totals = text
        .lines()
        .filter(|line| line.starts_with(&bucket) && line.contains(&total));
    let messages = page(client, url, Format::Protobuf).await;
    let family = names.family(Metric::ExecutionLatency);
    let schemas = exposition::schemas(&messages.unwrap_or_default(), &family);
    let own = (label::STEP.to_owned(), Step::Total.as_str().to_owned());
    let mut schemas = schemas.iter().filter(|(labels, _)| labels.contains(&own));
    Offered {
        exemplars: totals.any(|line| line.contains(" # {")),
        schema: schemas.find_map(|(_, schema)| Schema::new(*schema)),
    }
}

/// The page in this format; `None` where it is answered in another one.
async fn page(client: &Client, url: &Url, format: Format) -> Option<Vec<u8>> {
    let media_type = format.content_type();
    let answer = client
        .fetch_as(url, Some(media_type), MAX_BODY)
        .await
        .ok()?;
    let given = answer.headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = |text: &str| text.split(';').next().map(str::to_owned);
    (answer.is_success() && essence(given) == essence(media_type)).then_some(answer.body)
}
