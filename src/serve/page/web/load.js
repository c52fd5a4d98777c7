// A gentle load on /images: requests at fixed times, whether or not the ones before are answered (an open loop).

/** A browser opens six connections to a server; two are left for the page. */
const MOST_IN_FLIGHT = 4;
const MOST_SAMPLES = 50_000;

export class Load {
  isOn = false;
  sent = 0;
  /** Requests that were due while as many as are allowed were in flight. */
  skipped = 0;
  failed = 0;
  inFlight = 0;
  /** The measured totals of the answers: {at: milliseconds, seconds}. */
  samples = [];
  #timer = null;

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

  async #sendOne() {
    if (this.inFlight >= MOST_IN_FLIGHT) {
      this.skipped += 1;
      return;
    }
    this.inFlight += 1;
    this.sent += 1;
    try {
      const query = this.delay ? `?${new URLSearchParams({ delay: this.delay })}` : '';
      const response = await fetch(`images${query}`, { cache: 'no-store' });
      await response.arrayBuffer();
      const total = /(?:^|,)\s*total;dur=([\d.]+)/.exec(response.headers.get('server-timing') ?? '');
      if (total) this.samples.push({ at: performance.now(), seconds: Number(total[1]) / 1000 });
      if (this.samples.length > MOST_SAMPLES) this.samples.shift();
    } catch {
      this.failed += 1;
    } finally {
      this.inFlight -= 1;
    }
  }

  /** The sorted totals of the answers between two times of performance.now(). */
  between(from, to) {
    const found = this.samples.filter(({ at }) => at > from && at <= to);
    return found.map(({ seconds }) => seconds).sort((one, other) => one - other);
  }

  forget() {
    this.samples = [];
  }
}
