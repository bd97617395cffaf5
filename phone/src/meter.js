// How loud a stream is, for the level meters.

const QUIETEST = -60;

/** Return the level of samples between -1 and 1 as a share of the meter: 0 at -60 dBFS, 1 at full scale. */
export function share(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const decibels = 10 * Math.log10(sum / samples.length);
  // An empty or silent piece has -Infinity or NaN decibels.
  return decibels > QUIETEST ? Math.min(1 - decibels / QUIETEST, 1) : 0;
}

/** Measures one stream. */
export class Meter {
  constructor(context, stream) {
    this._source = context.createMediaStreamSource(stream);
    this._analyser = context.createAnalyser();
    this._analyser.fftSize = 1024;
    this._source.connect(this._analyser);
    this._samples = new Float32Array(this._analyser.fftSize);
  }

  level() {
    this._analyser.getFloatTimeDomainData(this._samples);
    return share(this._samples);
  }

  close() {
    this._source.disconnect();
  }
}
