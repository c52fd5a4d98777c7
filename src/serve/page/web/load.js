// A gentle load on /images: requests at fixed times, whether or not the ones before are answered (an open loop).

/** A browser opens six connections to a server; two are left for the page. */
const MOST_IN_FLIGHT = 4;
const MOST_SAMPLES = 50_000;
/** Longer than the longest delay that a service has by default. */
const TIMEOUT_MS = 90_000;

export class Load {
  isOn = false;
  /** Whether nothing is sent for now. */
  isPaused = false;
  sent = 0;
  /** Requests that were due while as many as are allowed were in flight, or while the server did not answer. */
  skipped = 0;
  inFlight = 0;
  /** The measured totals of the answers, with the times by performance.now(): {sent, at, seconds}. */
  samples = [];
  #timer = null;
  #waiting = [];

  /** `refused` is called with the server's reason when it refuses the delay; then the load is stopped. */
  constructor(refused) {
    this.refused = refused;
  }

  /** Sends `rate` requests a second, with this delay or with the declared one. */
  start(rate, delay = '') {
    this.stop();
    Object.assign(this, { isOn: true, rate, delay });
    let due = performance.now();
    const next = () => {
      for (; due <= performance.now(); due += 1000 / this.rate) this.#sendOne();
      this.#timer = setTimeout(next, due - performance.now());
    };
    next();
  }

  stop() {
    clearTimeout(this.#timer);
    this.isOn = false;
  }

  /** Ends when every request that was sent has ended. */
  async idle() {
    if (this.inFlight > 0) await new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** What is sent is wrong: sending it again would not help. */
  #refuse(why) {
    if (!this.isOn) return;
    this.stop();
    this.refused(why);
  }

  async #sendOne() {
    if (this.isPaused || this.inFlight >= MOST_IN_FLIGHT) {
      this.skipped += 1;
      return;
    }
    this.inFlight += 1;
    this.sent += 1;
    const sent = performance.now();
    try {
      const query = this.delay ? `?${new URLSearchParams({ delay: this.delay })}` : '';
      const response = await fetch(`images${query}`, { cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) });
      const body = await response.text();
      if (response.status === 400 || response.status === 403) this.#refuse(body.trim());
      const total = /(?:^|,)\s*total;dur=([\d.]+)/.exec(response.headers.get('server-timing') ?? '');
      if (total) this.samples.push({ sent, at: performance.now(), seconds: Number(total[1]) / 1000 });
      if (this.samples.length > MOST_SAMPLES) this.samples.shift();
    } catch {
      // That the server does not answer is said where its metrics are asked for.
    } finally {
      this.inFlight -= 1;
      if (this.inFlight === 0) this.#waiting.splice(0).forEach((resolve) => resolve());
    }
  }

  /** The sorted totals of the requests that were sent after one time and answered before another. */
  between(from, to) {
    const found = this.samples.filter(({ sent, at }) => sent > from && at <= to);
    return found.map(({ seconds }) => seconds).sort((one, other) => one - other);
  }

  forget() {
    this.samples = [];
  }
}
