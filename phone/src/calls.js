// The calls of the page: the one that is spoken in, and another one that waits.

/**
 * Two calls at most: `current` is heard, `other` rings or is on hold. `onDrop` is called with each call that
 * has ended, `onChange` after every change, also of what is whose place.
 */
export class Calls {
  constructor() {
    this.current = null;
    this.other = null;
    this.onChange = () => {};
    this.onDrop = () => {};
  }

  /** Whether somebody who calls now is told that it is busy here. */
  get busy() {
    return Boolean(this.other) || this.current?.state === "ringing";
  }

  /** Take a call that rings here: it waits where there is another one. */
  ring(call) {
    if (this.current) this.other = call;
    else this.current = call;
    this._follow(call);
  }

  /** Take a call that was made here; the one of before has been put on hold. */
  make(call) {
    this.other = this.current;
    this.current = call;
    this._follow(call);
  }

  /** Put the current call on hold, if there is one; resolves to whether another one may take its place. */
  async rest() {
    return !this.current || (this.current.state === "up" && (await this.current.setHold(true)));
  }

  /** Answer who waits: the current call is put on hold, or ended where it was not answered yet. */
  async answerOther(answer) {
    const { current, other } = this;
    if (current.state !== "up") current.end();
    else if (!(await current.setHold(true))) return false;
    if (other.state !== "ringing") return true;
    if (this.other === other) this._exchange();
    answer(other);
    return true;
  }

  /** Put the current call on hold and go on with the one that was. */
  async swap() {
    const { current, other } = this;
    if (!(await current.setHold(true)) || this.other !== other) return false;
    this._exchange();
    return other.setHold(false);
  }

  /** Connect both others with each other, and leave; rejects with why not. */
  async join() {
    const { current, other } = this;
    await other.transferTo(current);
    current.end();
  }

  _follow(call) {
    call.onChange = () => {
      if (call.state === "over") this._drop(call);
      else this.onChange();
    };
    this.onChange();
  }

  _exchange() {
    [this.current, this.other] = [this.other, this.current];
    this.onChange();
  }

  _drop(call) {
    if (call === this.current) [this.current, this.other] = [this.other, null];
    else if (call === this.other) this.other = null;
    else return;
    this.onDrop(call);
    this.onChange();
  }
}
