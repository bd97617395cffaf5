// Looks again and again at what happens, less often while nobody answers.

const LONGEST = 30_000;

/** Return the milliseconds until the next look, after so many failures in a row. */
export function pause(every, failures) {
  return Math.min(every * 2 ** failures, Math.max(LONGEST, every));
}

/**
 * Looks at one thing at a time. `timers` are the browser's, or a test's; `hidden` says whether nobody watches.
 *
 * `onLook` is told of each look: null when it was taken, else the error.
 */
export class Following {
  constructor(timers, hidden = () => false) {
    this._timers = timers;
    this._hidden = hidden;
    this._turn = 0;
    this._failures = 0;
    this.onLook = () => {};
  }

  /** Look now and every so many milliseconds from then on; 0 looks once, and again after a failure. */
  follow(look, every) {
    this._look = look;
    this._every = every;
    return this.again();
  }

  /** Look at once, as after a change. */
  async again() {
    this._timers.clearTimeout(this._timer);
    const turn = ++this._turn;
    let error = null;
    try {
      if (!this._hidden()) await this._look();
    } catch (failure) {
      error = failure;
    }
    // Somebody may look at something else by now.
    if (turn !== this._turn) return;
    this._failures = error ? this._failures + 1 : 0;
    this.onLook(error);
    const every = this._every || (error ? 2000 : 0);
    if (every && turn === this._turn)
      this._timer = this._timers.setTimeout(() => this.again(), pause(every, this._failures));
  }

  stop() {
    this._turn += 1;
    this._timers.clearTimeout(this._timer);
  }
}
