//! Whether the counts of a target before the load are known.

use super::*;

/// Where the clocks of the replicas are ahead of that of Prometheus by this much.
fn sort_with(all: &[Series], clocks: Vec<i64>) -> Vec<Target> {
    sort_in(&Window { clocks, ..window() }, all)
}

#[test]
fn a_scrape_before_the_first_request_is_no_baseline() {
    let [info, started] = alive("a");
    let all = [accepted("a", &STEADY), info, started];
    for (settled, has_baseline) in [(T, true), (T + 1, false)] {
        let window = Window {
            settled,
            ..window()
        };
        assert_eq!(sort_in(&window, &all)[0].has_baseline, has_baseline);
    }
}

#[test]
fn a_target_that_joins_has_a_baseline_only_where_its_process_began_in_the_run() {
    let join = |start| {
        let target = only(&[
            accepted("new", &STEADY[2..]),
            info("new", "three", &[4, 6, 8, 10]),
            started("new", &[(4, start), (6, start), (8, start), (10, start)]),
        ]);
        (target.has_baseline, target.processes[0].counts.accepted)
    };
    assert_eq!(join(3), (true, 15.0));
    assert_eq!(join(-60), (false, 7.0));
}

#[test]
fn a_process_begins_in_the_run_by_its_own_clock() {
    let minutes = 600;
    let joined = |start: i64| {
        let starts = [(4, start), (6, start), (8, start), (10, start)];
        let points = [(4, 3.0), (6, 3.0), (8, 3.0), (10, 3.0)];
        [accepted("c", &points), started("c", &starts)]
    };
    for (ahead, start, is_new) in [
        (minutes, minutes + 3, true),
        (minutes, minutes - 100, false),
        (-minutes, 3 - minutes, true),
        (-minutes, -minutes - 100, false),
    ] {
        let found = &sort_with(&joined(start), vec![1000 * ahead])[0];
        assert_eq!(found.has_baseline, is_new, "{ahead} {start}");
        near(
            found.processes[0].counts.accepted,
            if is_new { 3.0 } else { 0.0 },
        );
    }
}
