//! Pictures of the page, to look at: `make screenshots` writes them to `target/screenshots`.

use std::{fs, path::Path};

use crate::{page::Page, parts::Service};

const SIZES: [(u32, u32); 3] = [(390, 844), (1366, 768), (1920, 1080)];

#[test]
#[ignore = "writes pictures: make screenshots"]
fn screenshots() {
    let service =
        Service::start::<&str>(&["--delay", "uniform(0s,2s)", "--buckets", "semconv"], &[]);
    let Some(page) = Page::open(&service.url(), "") else {
        return;
    };
    std::thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| (0..6).for_each(|_| drop(service.get("/images"))));
        }
    });
    page.toggle_load();
    page.browser
        .until("+document.querySelector('#load-sent').textContent > 20");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    fs::create_dir_all(&folder).unwrap();
    for (name, view) in [("page", ""), ("lecture", "lecture")] {
        page.browser
            .value(&format!("location.hash = 'view={view}'"));
        for theme in ["light", "dark"] {
            page.has_theme(theme);
            for (width, height) in SIZES {
                page.has_size(width, height);
                page.reads_again();
                let file = folder.join(format!("{name}-{theme}-{width}.png"));
                fs::write(&file, page.browser.screenshot()).unwrap();
                println!("{}", file.display());
            }
        }
    }
}
