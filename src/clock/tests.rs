//! Sleeps are never early, wake in order, and leave nothing registered when dropped.

use super::*;
use std::{
    fs, mem,
    sync::atomic::{AtomicU32, Ordering},
    task::Wake,
};
use tokio::{task::JoinSet, time::timeout};

const PATIENCE: Duration = Duration::from_secs(20);
const HOUR: Duration = Duration::from_hours(1);

fn poll(sleep: &mut Sleep) -> Poll<Instant> {
    Pin::new(sleep).poll(&mut Context::from_waker(Waker::noop()))
}

fn registered(clock: &Clock) -> usize {
    clock.0.0.lock().wakers.len()
}

#[tokio::test]
async fn no_sleeper_of_a_thousand_wakes_early() {
    let clock = Clock::start().unwrap();
    let mut sleepers = JoinSet::new();
    for n in 0..1000 {
        let clock = clock.clone();
        sleepers.spawn(async move {
            let wanted = Duration::from_micros(n * 137);
            let start = Instant::now();
            clock.sleep(wanted).await;
            (wanted, start.elapsed())
        });
    }
    for (wanted, slept) in timeout(PATIENCE, sleepers.join_all()).await.unwrap() {
        assert!(slept >= wanted, "{slept:?} of {wanted:?}");
    }
    assert_eq!(registered(&clock), 0);
}

#[tokio::test]
async fn sleepers_wake_in_the_order_of_their_deadlines() {
    let clock = Clock::start().unwrap();
    let start = Instant::now() + Duration::from_millis(50);
    let woken = Arc::<Mutex<Vec<u32>>>::default();
    let mut sleepers = JoinSet::new();
    for turn in [3, 0, 4, 1, 2] {
        let (sleep, woken) = (
            clock.sleep_until(start + Duration::from_millis(5) * turn),
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

#[tokio::test]
async fn an_earlier_deadline_wakes_before_the_one_being_waited_for() {
    let clock = Clock::start().unwrap();
    let mut late = clock.sleep(HOUR);
    assert!(poll(&mut late).is_pending());
    timeout(PATIENCE, clock.sleep(Duration::from_millis(1)))
        .await
        .unwrap();
    assert_eq!(registered(&clock), 1);
}

#[test]
fn ten_thousand_cancelled_sleepers_leave_nothing() {
    let clock = Clock::start().unwrap();
    let mut sleepers: Vec<_> = (0..10_000).map(|_| clock.sleep(HOUR)).collect();
    assert_eq!(registered(&clock), 0, "registered before the first poll");
    for sleeper in &mut sleepers {
        assert!(poll(sleeper).is_pending() && poll(sleeper).is_pending());
    }
    assert_eq!(registered(&clock), 10_000);
    drop(sleepers);
    assert_eq!(registered(&clock), 0);
}

#[test]
fn a_past_deadline_is_ready_at_once_and_an_endless_sleep_never() {
    let clock = Clock::start().unwrap();
    let past = Instant::now();
    for mut due in [clock.sleep(Duration::ZERO), clock.sleep_until(past)] {
        assert!(poll(&mut due).is_ready());
    }
    assert!(poll(&mut clock.sleep(Duration::MAX)).is_pending());
    assert_eq!(registered(&clock), 0);
}

#[tokio::test]
async fn the_waker_of_the_last_poll_is_the_one_that_is_woken() {
    #[derive(Default)]
    struct Count(AtomicU32);
    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let clock = Clock::start().unwrap();
    let counts: [Arc<Count>; 2] = Default::default();
    let mut sleep = clock.sleep(Duration::from_millis(200));
    for count in &counts {
        let waker = Waker::from(Arc::clone(count));
        assert!(
            Pin::new(&mut sleep)
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
    }
    // Its deadline is later, so it is woken after the other.
    clock.sleep(Duration::from_millis(201)).await;
    assert_eq!(counts.map(|count| count.0.load(Ordering::SeqCst)), [0, 1]);
}

#[test]
fn a_sleep_is_small() {
    assert!(mem::size_of::<Sleep>() <= 32, "{}", mem::size_of::<Sleep>());
}

#[test]
fn the_thread_ends_with_the_last_handle_or_sleeper() {
    let clock = Clock::start().unwrap();
    let timer = Arc::downgrade(&clock.0.0);
    let mut sleep = clock.clone().sleep(HOUR);
    assert!(poll(&mut sleep).is_pending());
    drop(clock);
    assert!(!sleep.clock.0.0.lock().closed, "a sleeper still waits");
    drop(sleep);
    let start = Instant::now();
    while timer.strong_count() > 0 {
        assert!(start.elapsed() < PATIENCE, "the thread still runs");
        thread::yield_now();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_clock_that_waits_uses_less_than_a_hundredth_of_a_core() {
    let timer = Arc::<Timer>::default();
    let ended = thread::spawn({
        let timer = Arc::clone(&timer);
        move || {
            timer.run();
            // Nanoseconds on a core, nanoseconds runnable, turns.
            let spent = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
            Duration::from_nanos(spent.split(' ').next().unwrap().parse().unwrap())
        }
    });
    let clock = Clock(Arc::new(Owner(timer)));
    let mut waiting: Vec<_> = (0..1000).map(|_| clock.sleep(HOUR)).collect();
    for sleep in &mut waiting {
        assert!(poll(sleep).is_pending());
    }
    let window = Duration::from_secs(1);
    thread::sleep(window);
    drop((clock, waiting));
    let spent = ended.join().unwrap();
    assert!(spent < window / 100, "{spent:?} of {window:?}");
}
