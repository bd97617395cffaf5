// How good a call is, from two looks at what the browser counts (W3C webrtc-stats).

/** Return the counters of a getStats report that matter here. */
export function counters(report) {
  const found = { received: 0, lost: 0, jitter: null, roundTrip: null };
  for (const each of report.values()) {
    if (each.type === "inbound-rtp" && each.kind === "audio") {
      found.received += each.packetsReceived ?? 0;
      found.lost += each.packetsLost ?? 0;
      found.jitter = each.jitter ?? found.jitter;
    } else if (each.type === "remote-inbound-rtp" && each.roundTripTime !== undefined) {
      found.roundTrip = each.roundTripTime;
    } else if (each.type === "candidate-pair" && each.nominated && each.currentRoundTripTime !== undefined) {
      found.roundTrip ??= each.currentRoundTripTime;
    }
  }
  return found;
}

/**
 * Return what happened between two looks: loss in percent, jitter and round trip in milliseconds.
 *
 * `silent` is true when nothing at all arrived.
 */
export function quality(before, now) {
  const received = Math.max(now.received - before.received, 0);
  const lost = Math.max(now.lost - before.lost, 0);
  const expected = received + lost;
  return {
    loss: expected ? (100 * lost) / expected : 0,
    jitter: now.jitter === null ? null : now.jitter * 1000,
    roundTrip: now.roundTrip === null ? null : now.roundTrip * 1000,
    silent: received === 0,
  };
}

/** Return `good`, `fair` or `poor`: where people begin to notice, and where they begin to complain. */
export function verdict({ loss, jitter, roundTrip, silent }) {
  if (silent || loss > 5 || jitter > 60 || roundTrip > 500) return "poor";
  if (loss > 1 || jitter > 30 || roundTrip > 250) return "fair";
  return "good";
}

/** Write it for a person. */
export function described(figures) {
  const word = { good: "Good", fair: "Fair", poor: "Poor" }[verdict(figures)];
  const parts = [`${figures.loss.toFixed(1)} % lost`];
  if (figures.jitter !== null) parts.push(`jitter ${Math.round(figures.jitter)} ms`);
  if (figures.roundTrip !== null) parts.push(`round trip ${Math.round(figures.roundTrip)} ms`);
  return figures.silent ? "No sound arrives" : `${word} · ${parts.join(" · ")}`;
}
