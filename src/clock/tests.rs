//! Sleeps are never early, wake in order, and leave nothing registered when dropped, whatever wakes them.

use super::{timer::Alarm, *};
use std::{
    mem,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    task::{Wake, Waker},
    thread,
};
use tokio::{runtime, task::JoinSet, time::timeout};

const PATIENCE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// One that the current runtime wakes, on Linux, and one that a thread wakes.
fn clocks() -> [Clock; 2] {
    [Clock::start().unwrap(), Clock::start_thread().unwrap()]
}

fn poll(sleep: &mut Sleep) -> Poll<Instant> {
    Pin::new(sleep).poll(&mut Context::from_waker(Waker::noop()))
}

fn registered(clock: &Clock) -> usize {
    clock.0.0.lock().wakers.len()
}

#[derive(Default)]
struct Count(AtomicU32);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_runtime_wakes_the_sleepers_where_it_can() {
    let expected = if cfg!(target_os = "linux") {
        "timerfd"
    } else {
        "thread"
    };
    assert_eq!(clocks().map(|clock| clock.timer()), [expected, "thread"]);
}

#[test]
fn a_thread_wakes_the_sleepers_without_a_runtime_and_in_one_without_io() {
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    let inside = runtime.block_on(async { Clock::start().unwrap() });
    for clock in [inside, Clock::start().unwrap()] {
        assert_eq!(clock.timer(), "thread");
        runtime.block_on(clock.sleep(Duration::from_millis(1)));
    }
}

#[tokio::test]
async fn no_sleeper_of_a_thousand_wakes_early() {
    for clock in clocks() {
        none_is_early(clock).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_sleeper_of_a_thousand_wakes_early_on_several_workers() {
    for clock in clocks() {
        none_is_early(clock).await;
    }
}

async fn none_is_early(clock: Clock) {
    let mut sleepers = JoinSet::new();
    for n in 0..1000 {
        let clock = clock.clone();
        sleepers.spawn(async move {
            let wanted = Duration::from_micros(n * 137);
            let start = Instant::now();
            let woke = clock.sleep(wanted).await;
            (wanted, woke.duration_since(start), start.elapsed())
        });
    }
    for (wanted, told, slept) in timeout(PATIENCE, sleepers.join_all()).await.unwrap() {
        assert!(slept >= told && told >= wanted, "{told:?} of {wanted:?}");
    }
    assert_eq!(registered(&clock), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sleepers_that_register_at_the_same_time_all_wake() {
    for clock in clocks() {
        let mut sleepers = JoinSet::new();
        for n in 0..32 {
            let clock = clock.clone();
            sleepers.spawn(async move {
                for turn in 0..200 {
                    clock
                        .sleep(Duration::from_micros((n * 37 + turn * 61) % 300))
                        .await;
                }
            });
        }
        timeout(PATIENCE, sleepers.join_all()).await.unwrap();
        assert_eq!(registered(&clock), 0);
    }
}

#[tokio::test]
async fn sleepers_wake_in_the_order_of_their_deadlines() {
    for clock in clocks() {
        let start = Instant::now() + Duration::from_millis(300); // none is due before all have registered
        let woken = Arc::<Mutex<Vec<u32>>>::default();
        let mut sleepers = JoinSet::new();
        for turn in [3, 0, 4, 1, 2] {
            let (sleep, woken) = (
                clock.sleep_from(start, Duration::from_millis(5) * turn),
                Arc::clone(&woken),
            );
            sleepers.spawn(async move {
                sleep.await;
                woken.lock().unwrap().push(turn);
            });
        }
        timeout(PATIENCE, sleepers.join_all()).await.unwrap();
        assert_eq!(*woken.lock().unwrap(), [0, 1, 2, 3, 4]);
    }
}

#[tokio::test]
async fn an_earlier_deadline_wakes_before_later_ones_that_register_around_it() {
    for clock in clocks() {
        let wanted = [HOUR, Duration::from_millis(1), HOUR];
        let [_, earlier, _] = wanted.map(|wanted| tokio::spawn(clock.sleep(wanted)));
        timeout(PATIENCE, earlier).await.unwrap().unwrap();
        assert_eq!(registered(&clock), 2);
    }
}

#[tokio::test]
async fn a_later_deadline_wakes_after_the_first_one_is_cancelled() {
    for clock in clocks() {
        let [mut first, second] = [1, 2].map(|wanted| clock.sleep(Duration::from_millis(wanted)));
        let _ = poll(&mut first);
        drop(first);
        timeout(PATIENCE, second).await.unwrap();
    }
}

#[tokio::test]
async fn ten_thousand_cancelled_sleepers_leave_nothing() {
    for clock in clocks() {
        let mut sleepers: Vec<_> = (0..10_000).map(|_| clock.sleep(HOUR)).collect();
        assert_eq!(registered(&clock), 0, "registered before the first poll");
        for sleeper in &mut sleepers {
            assert!(poll(sleeper).is_pending() && poll(sleeper).is_pending());
        }
        assert_eq!(registered(&clock), 10_000);
        drop(sleepers);
        assert_eq!(registered(&clock), 0);
    }
}

#[tokio::test]
async fn a_past_deadline_is_ready_at_once_and_an_endless_sleep_never() {
    for clock in clocks() {
        let past = Instant::now();
        for mut due in [
            clock.sleep(Duration::ZERO),
            clock.sleep_from(past, Duration::ZERO),
        ] {
            assert!(poll(&mut due).is_ready());
        }
        assert!(poll(&mut clock.sleep(Duration::MAX)).is_pending());
        assert_eq!(registered(&clock), 0);
    }
}

#[tokio::test]
async fn the_waker_of_the_last_poll_is_the_one_that_is_woken() {
    for clock in clocks() {
        let counts: [Arc<Count>; 2] = Default::default();
        let mut sleep = clock.sleep(Duration::from_millis(200));
        for count in &counts {
            let waker = Waker::from(Arc::clone(count));
            let context = &mut Context::from_waker(&waker);
            assert!(Pin::new(&mut sleep).poll(context).is_pending());
        }
        // Its deadline is later, so it is woken after the other.
        clock.sleep(Duration::from_millis(201)).await;
        assert_eq!(counts.map(|count| count.0.load(Ordering::SeqCst)), [0, 1]);
    }
}

#[tokio::test]
async fn a_waker_that_is_replaced_may_own_another_sleeper() {
    struct Owns {
        _sleep: Sleep,
    }
    impl Wake for Owns {
        fn wake(self: Arc<Self>) {}
    }
    for clock in clocks() {
        let mut owned = clock.sleep(HOUR);
        assert!(poll(&mut owned).is_pending());
        let mut sleep = clock.sleep(HOUR);
        let waker = Waker::from(Arc::new(Owns { _sleep: owned }));
        let context = &mut Context::from_waker(&waker);
        assert!(Pin::new(&mut sleep).poll(context).is_pending());
        drop(waker);
        assert!(poll(&mut sleep).is_pending());
        assert_eq!(registered(&clock), 1);
    }
}

#[test]
fn a_sleep_is_small() {
    assert!(mem::size_of::<Sleep>() <= 32, "{}", mem::size_of::<Sleep>());
}

#[tokio::test]
async fn the_timer_ends_with_the_last_handle_or_sleeper() {
    for clock in clocks() {
        let timer = Arc::downgrade(&clock.0.0);
        let mut sleep = clock.clone().sleep(HOUR);
        assert!(poll(&mut sleep).is_pending());
        drop(clock);
        let closed = matches!(sleep.clock.0.0.lock().alarm, Alarm::Closed);
        assert!(!closed, "a sleeper still waits");
        drop(sleep);
        let start = Instant::now();
        while timer.strong_count() > 0 {
            assert!(start.elapsed() < PATIENCE, "the timer still runs");
            thread::yield_now();
        }
    }
}

#[test]
fn a_sleeper_wakes_although_the_runtime_of_its_clock_has_ended() {
    let runtime = || runtime::Runtime::new().unwrap();
    let first = runtime();
    let clock = first.block_on(async { Clock::start().unwrap() });
    let registered = clock.sleep(Duration::from_millis(300));
    let second = runtime();
    let sleeper = second.spawn(registered);
    drop(first);
    assert_eq!(clock.timer(), "thread");
    second.block_on(async {
        timeout(PATIENCE, sleeper).await.unwrap().unwrap();
        let new = clock.sleep(Duration::from_millis(1));
        timeout(PATIENCE, new).await.unwrap();
    });
}

#[test]
fn a_clock_can_be_dropped_after_its_runtime() {
    let runtime = runtime::Runtime::new().unwrap();
    let clock = runtime.block_on(async { Clock::start().unwrap() });
    runtime.shutdown_background();
    drop(clock);
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_clock_that_waits_uses_less_than_a_hundredth_of_a_core() {
    // Nanoseconds on a core, nanoseconds runnable, turns.
    let on_core = || {
        let spent = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        Duration::from_nanos(spent.split(' ').next().unwrap().parse().unwrap())
    };
    let timer = Arc::<Timer>::default();
    let ended = thread::spawn({
        let timer = Arc::clone(&timer);
        move || {
            timer.wait();
            on_core()
        }
    });
    let clocks = [Clock::start().unwrap(), Clock(Arc::new(Owner(timer)))];
    let mut waiting: Vec<_> = (0..2000).map(|n| clocks[n % 2].sleep(HOUR)).collect();
    for sleep in &mut waiting {
        assert!(poll(sleep).is_pending());
    }
    let (window, before) = (Duration::from_secs(1), on_core());
    tokio::time::sleep(window).await;
    let of_runtime = on_core().saturating_sub(before);
    drop((clocks, waiting));
    for spent in [of_runtime, ended.join().unwrap()] {
        assert!(spent < window / 100, "{spent:?} of {window:?}");
    }
}
