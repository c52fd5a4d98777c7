//! What the page reads from expositions that no service of ours writes, and what it says of invalid ones.

use httpserver::exposition::Format;
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    expositions::parsed,
    numbers::{exact, float, number},
    parts::Service,
};

const STRANGE: &str = include_str!("data/strange.txt");
const EXEMPLARS: &str = include_str!("data/exemplars.txt");

#[test]
fn unknown_families_and_types_are_read_beside_the_known_ones() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let _service = serving(&browser);
    let found = parsed(&browser, Format::Text, STRANGE.as_bytes());
    let value = |name: &str, at: usize| found[name]["series"][at]["value"].clone();
    assert_eq!(value("rpc_duration_seconds", 0), number(0.05), "{found:#}");
    assert_eq!(value("rpc_duration_seconds", 1), number(f64::NAN));
    assert_eq!(value("feature", 1), number(0.0));
    assert_eq!(value("untyped_thing", 0), number(4.0));
    assert_eq!(value("no_type_at_all", 0), number(5.0), "not its time");
    assert_eq!(
        found["spaced"]["series"][0],
        exact(&json!({"labels": {"a": "b", "c": "d"}, "value": 6}))
    );
    let values = [
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        1.5e-9,
        1e300,
        -0.25,
    ];
    for (at, expected) in values.into_iter().enumerate() {
        assert_eq!(value("values", at), number(expected));
    }
    let expected = [
        json!({"text": "a \"quoted\" \\ back\nslash {brace} , comma = equals # hash"}),
        json!({"text": "<img src=x onerror=alert(1)>"}),
        json!({"text": "日本 é 🦀"}),
        json!({"__proto__": "x", "constructor": "y"}),
        json!({"text": ""}),
    ];
    for (at, expected) in expected.into_iter().enumerate() {
        assert_eq!(found["labels"]["series"][at]["labels"], expected);
    }
}

#[test]
fn exemplars_may_have_any_labels_and_no_time() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let _service = serving(&browser);
    let found = parsed(&browser, Format::OpenMetrics, EXEMPLARS.as_bytes());
    let histogram = &found["odd_seconds"]["series"][0]["histogram"];
    assert_eq!(
        histogram["cumulative"],
        exact(&json!([1, 3, 4, 5])),
        "{found:#}"
    );
    assert_eq!(histogram["sum"], number(f64::INFINITY));
    let expected = exact(&json!([
        {"labels": {}, "value": 0.05, "time": null},
        {"labels": {"trace_id": "a\"b\\c\nd", "x": "<b>}</b> # {"}, "value": 0.25, "time": 1_700_000_000.5},
        {"labels": {"trace_id": "<img src=x onerror=alert(1)>"}, "value": 0.75, "time": 1.7e9},
        {"labels": {"span_id": "é🦀"}, "value": number(f64::INFINITY), "time": null},
    ]));
    assert_eq!(histogram["exemplars"], expected);
    assert_eq!(
        found["odd_requests_total"],
        exact(&json!({"kind": "counter", "series": [{"labels": {}, "value": 7}]}))
    );
    assert!(found.get("after_the_end").is_none(), "{found:#}");
}

#[test]
fn what_is_no_exposition_is_refused_with_its_line() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let _service = serving(&browser);
    for text in [
        "<!doctype html>\n<title>502 Bad Gateway</title>\n",
        "Bad Gateway\n",
        "{\"error\": \"not found\"}\n",
        "a 1\nb{x=\"1} 2\n",
        "a 1\nb{x=\"1\" 2\n",
        "a 1\nb twelve\n",
        "a 1\nb 0x1f\n",
        "a 1\nb 1_000\n",
        "a 1\nb\n",
        "a 1\nb{x=1} 2\n",
        "a 1\n\u{0}\u{1}\u{2}\n",
        "# TYPE h histogram\nh_bucket 1\n",
    ] {
        let found = parsed(&browser, Format::Text, text.as_bytes());
        let message = found["error"].as_str().unwrap_or_default();
        assert!(message.contains("line "), "{text}: {found}");
        assert!(message.len() < 200, "{text}: {message}");
    }
}

#[test]
fn a_truncated_text_gives_no_wrong_number() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let service = serving(&browser);
    for _ in 0..12 {
        service.get("/images?delay=constant(1ms)");
    }
    let text = service.metrics();
    let whole = parsed(&browser, Format::Text, text.as_bytes());
    let total = text
        .find("requests_accepted_total{")
        .or_else(|| text.find("requests_accepted_total 12"));
    let line_end = total
        .and_then(|at| text[at..].find('\n').map(|length| at + length))
        .unwrap();
    // In the middle of a number, of a name, of a label, and between two buckets of a histogram.
    let bucket = text.rfind("_bucket{").unwrap();
    for end in [
        line_end - 1,
        line_end - 15,
        bucket + 12,
        text[..bucket].rfind('\n').unwrap() + 1,
    ] {
        let found = parsed(&browser, Format::Text, &text.as_bytes()[..end]);
        if found.get("error").is_none() {
            has_only_right_numbers(&found, &whole, &text[end - 60..end]);
        }
    }
}

#[test]
fn a_truncated_protobuf_message_is_refused() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let service = serving(&browser);
    service.get("/images?delay=constant(1ms)");
    let get = "const answer = await fetch('metrics', { headers: { accept: given } });
        return [...new Uint8Array(await answer.arrayBuffer())];";
    let bytes = browser.run(get, json!(Format::Protobuf.content_type()));
    let bytes: Vec<u8> = serde_json::from_value(bytes).unwrap();
    let whole = parsed(&browser, Format::Protobuf, &bytes);
    for end in (1..bytes.len())
        .step_by(bytes.len() / 40)
        .chain([bytes.len() - 1])
    {
        let found = parsed(&browser, Format::Protobuf, &bytes[..end]);
        match found["error"].as_str() {
            Some(message) => assert!(message.contains("truncated"), "{end}: {message}"),
            None => has_only_right_numbers(&found, &whole, &format!("{end} bytes")),
        }
    }
}

#[test]
fn bytes_that_are_no_protobuf_message_are_refused_in_words() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let _service = serving(&browser);
    let endless = [0xff; 64];
    let text = STRANGE.as_bytes();
    let html =
        b"<!doctype html><html><head><title>502 Bad Gateway</title></head><body></body></html>";
    let numbers_for_text = [2, 0x08, 0x01]; // a family whose name is a number
    let known = ["protobuf message", "truncated", "native histogram"];
    for bytes in [
        &endless[..],
        text,
        html,
        &numbers_for_text,
        &[0x80],
        &[5],
        &[1, 0x0f],
    ] {
        let found = parsed(&browser, Format::Protobuf, bytes);
        let message = found["error"].as_str().unwrap_or_default();
        assert!(
            known.iter().any(|part| message.contains(part)),
            "{}: {found}",
            bytes.escape_ascii()
        );
    }
}

/// Panics where a family of a part of an exposition differs from that of the whole.
fn has_only_right_numbers(part: &Value, whole: &Value, end: &str) {
    for (name, family) in part.as_object().unwrap() {
        for series in family["series"].as_array().unwrap() {
            let same = |other: &&Value| other["labels"] == series["labels"];
            let all = whole[name]["series"].as_array();
            let known = all.and_then(|all| all.iter().find(same));
            let known = known.unwrap_or_else(|| panic!("{name} is not a family: {end}"));
            assert_eq!(series.get("value"), known.get("value"), "{name}: {end}");
            if let Some(histogram) = series.get("histogram") {
                let count = |histogram: &Value| float(&histogram["count"]);
                assert_eq!(
                    count(histogram),
                    count(&known["histogram"]),
                    "{name}: {end}"
                );
            }
        }
    }
}

fn serving(browser: &Browser) -> Service {
    let service = Service::start::<&str>(&[], &[]);
    browser.open(&service.url());
    service
}
