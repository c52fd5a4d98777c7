//! The status as a page: no script, so that it can be read where nothing else works.

use std::{
    fmt::Write,
    time::{Duration, UNIX_EPOCH},
};

use super::tally::{Kept, KeptHop, Tally};

/// The page.
pub fn html(target: &str, tally: &Tally) -> String {
    let mut html = String::from(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>httpserver canary</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><meta http-equiv=\"refresh\" content=\"15\">\
         <link rel=\"stylesheet\" href=\"status.css\"></head><body><main><h1>httpserver canary</h1>",
    );
    let _ = write!(
        html,
        "<p>Sends known requests to <code>{}</code>, and checks what the pipeline reports of them. {} rounds so far{}. \
         The same as JSON: <code>curl</code> this address. <a href=\"metrics\">Metrics</a></p>",
        escaped(target),
        tally.rounds,
        match tally.missed {
            0 => String::new(),
            missed => format!(", {missed} left out because another one took too long"),
        }
    );
    match tally.last.front() {
        None => html += "<p class=\"now\">No round is complete yet.</p>",
        Some(last) => {
            let _ = write!(
                html,
                "<p class=\"now {0}\">The last round: <strong>{0}</strong></p>",
                last.verdict
            );
            timeline(&mut html, tally);
        }
    }
    for round in &tally.last {
        section(&mut html, round);
    }
    html += "</main></body></html>\n";
    html
}

/// One row for each hop, one column for each round, the oldest first.
fn timeline(html: &mut String, tally: &Tally) {
    let longest = tally.last.iter().max_by_key(|round| round.hops.len());
    let hops = longest.into_iter().flat_map(|round| &round.hops);
    *html += "<div class=\"wide\"><table><caption>Verdict of each hop, the latest round on the right</caption><tr><th scope=\"col\">hop</th>";
    for round in tally.last.iter().rev() {
        let _ = write!(html, "<th scope=\"col\">{}</th>", round.number);
    }
    *html += "</tr>";
    for hop in hops {
        let _ = write!(html, "<tr><th scope=\"row\">{}</th>", hop.hop);
        for round in tally.last.iter().rev() {
            let own = round.hops.iter().find(|own| own.hop == hop.hop);
            let verdict = own.map_or("none", |own| own.verdict);
            let _ = write!(html, "<td class=\"{verdict}\">{verdict}</td>");
        }
        *html += "</tr>";
    }
    *html += "</table></div>";
}

fn section(html: &mut String, round: &Kept) {
    let began = UNIX_EPOCH + Duration::try_from_secs_f64(round.began).unwrap_or_default();
    let _ = write!(
        html,
        "<section><h2>Round {}: <span class=\"{1}\">{1}</span></h2><p>{2}; {3} answered, {4} failed; claim {5}</p>",
        round.number,
        round.verdict,
        httpdate::fmt_http_date(began),
        round.answered,
        round.failed,
        escaped(&round.claim)
    );
    for stage in &round.stages {
        let late = match stage.late {
            0 => String::new(),
            late => format!(", and {late} late"),
        };
        let _ = write!(
            html,
            "<p>{}: {} of {}{late}</p>",
            stage.stage, stage.found, stage.expected
        );
    }
    let is_bad = |hop: &&KeptHop| ["fail", "unreachable"].contains(&hop.verdict);
    let bad = round.hops.iter().filter(is_bad);
    let rest = round
        .hops
        .iter()
        .filter(|hop| !is_bad(hop) && hop.verdict != "pass");
    for hop in bad.chain(rest) {
        let _ = write!(
            html,
            "<h3>{}: <span class=\"{1}\">{1}</span></h3><ul>",
            hop.hop, hop.verdict
        );
        for reason in &hop.reasons {
            let _ = write!(html, "<li>{}</li>", escaped(reason));
        }
        *html += "</ul>";
    }
    if !round.missing_traces.is_empty() {
        let _ = write!(
            html,
            "<p>Missing traces: <code>{}</code></p>",
            round.missing_traces.join("</code> <code>")
        );
    }
    *html += "</section>";
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{canary::tally::Tally, verify::Round};

    #[test]
    fn what_comes_from_others_is_text() {
        let mut tally = Tally::default();
        let round = Round {
            claim: "<script>\"'&".to_owned(),
            ..Round::unreachable("<img src=x>".to_owned())
        };
        tally.add(1, 0.0, &round);
        let html = html("http://h/<b>", &tally);
        for text in [
            "http://h/&lt;b&gt;",
            "&lt;script&gt;&quot;&#39;&amp;",
            "&lt;img src=x&gt;",
        ] {
            assert!(html.contains(text), "{text}: {html}");
        }
        assert!(!html.contains("<script") && !html.contains("<img"));
    }
}
