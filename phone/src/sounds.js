// What the page itself sounds: ringing, the tone while it rings there, and the keys.

const KEY_TONES = { 1: [697, 1209], 2: [697, 1336], 3: [697, 1477], 4: [770, 1209], 5: [770, 1336] };
Object.assign(KEY_TONES, { 6: [770, 1477], 7: [852, 1209], 8: [852, 1336], 9: [852, 1477] });
Object.assign(KEY_TONES, { "*": [941, 1209], 0: [941, 1336], "#": [941, 1477] });

const RING = { pitches: [659, 880], loud: 0.12, on: 0.45, every: 2.4 };
const WAITING = { pitches: [440], loud: 0.04, on: 0.25, every: 4 };
const RINGBACK = { pitches: [425], loud: 0.05, on: 1, every: 4 };

/** Plays through one AudioContext, made when the first sound is wanted. */
export class Sounds {
  constructor() {
    this._context = null;
    this._repeat = null;
    this._playing = "";
    this.ringVolume = 1;
  }

  get context() {
    this._context ??= new AudioContext();
    // It sleeps until the person has touched the page; each touch is another chance.
    if (this._context.state === "suspended") this._context.resume().catch(() => {});
    return this._context;
  }

  /** Ring, say that another call waits, play the tone of ringing there, or be silent: "". */
  play(what) {
    if (what === this._playing) return;
    this._playing = what;
    clearInterval(this._repeat);
    if (!what) return;
    const sound = { ring: RING, waiting: WAITING, ringback: RINGBACK }[what];
    const loud = what === "ring" ? sound.loud * this.ringVolume : sound.loud;
    const once = () => this._tones(sound.pitches, loud, sound.on);
    once();
    this._repeat = setInterval(once, sound.every * 1000);
  }

  key(key) {
    if (KEY_TONES[key]) this._tones(KEY_TONES[key], 0.04, 0.12);
  }

  async useSpeaker(id) {
    await this.context.setSinkId?.(id);
  }

  _tones(pitches, loud, seconds) {
    const { context } = this;
    const end = context.currentTime + seconds;
    const gain = context.createGain();
    // Ramps, because a tone that is cut clicks.
    gain.gain.setValueAtTime(0, context.currentTime);
    gain.gain.linearRampToValueAtTime(loud, context.currentTime + 0.02);
    gain.gain.setValueAtTime(loud, end - 0.05);
    gain.gain.linearRampToValueAtTime(0, end);
    gain.connect(context.destination);
    for (const pitch of pitches) {
      const tone = context.createOscillator();
      tone.frequency.value = pitch;
      tone.connect(gain);
      tone.start();
      tone.stop(end);
    }
  }
}
