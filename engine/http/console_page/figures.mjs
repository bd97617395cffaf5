// The server's figures, out of the text that /metrics answers with (Prometheus' exposition format).

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** The samples of one look. */
export class Figures {
  constructor(text) {
    this._samples = new Map();
    for (const line of text.split("\n")) {
      const found = line.startsWith("#") ? null : SAMPLE.exec(line);
      if (!found) continue;
      const labels = Object.fromEntries(
        [...(found[2] ?? "").matchAll(LABEL)].map(([, name, value]) => [name, value]),
      );
      const samples = this._samples.get(found[1]) ?? [];
      samples.push({ labels, value: Number(found[3]) });
      this._samples.set(found[1], samples);
    }
  }

  /** Return the sum over all labels; null for what is not counted. */
  sum(name) {
    const samples = this._samples.get(name);
    return samples ? samples.reduce((total, { value }) => total + value, 0) : null;
  }

  /** Return below which bound that share of a histogram's observations lies; null without any. */
  quantile(name, share) {
    const buckets = this._samples.get(`${name}_bucket`) ?? [];
    const total = this.sum(`${name}_count`);
    if (!total) return null;
    const bounds = new Map();
    for (const { labels, value } of buckets) {
      const bound = labels.le === "+Inf" ? Infinity : Number(labels.le);
      bounds.set(bound, (bounds.get(bound) ?? 0) + value);
    }
    const reached = [...bounds]
      .sort(([one], [other]) => one - other)
      .find(([, count]) => count >= share * total);
    return reached?.[0] ?? Infinity;
  }
}

/**
 * Return what an operator looks at: `{name, value, tone, hint}` each.
 *
 * The bounds are those of docs/howto/operate.md, "What to watch".
 */
export function watched(figures) {
  const whole = (name) => figures.sum(name) ?? 0;
  const late = whole("dialplane_media_ticks_late_total") + whole("dialplane_media_ticks_skipped_total");
  const ticks = late + whole("dialplane_media_ticks_on_time_total");
  const [legs, capacity] = [whole("dialplane_media_legs"), whole("dialplane_media_capacity")];
  const lag = figures.quantile("dialplane_loop_own_lag_seconds", 0.99);
  const stuck = whole("dialplane_calls_stuck");
  const [rows, events] = [whole("dialplane_store_rows_waiting"), whole("dialplane_webhooks_waiting")];
  return [
    { name: "Calls now", value: String(whole("dialplane_calls_active")), tone: "", hint: "" },
    {
      name: "Legs with sound",
      value: `${legs} of ${capacity}`,
      tone: legs > 0.9 * capacity ? "bad" : "",
      hint: "[media] rtp_ports has room for so many",
    },
    {
      name: "Event loop, own delay",
      value: lag === null ? "–" : within(lag),
      tone: lag > 0.005 ? "warn" : "",
      hint: "99 of 100 turns, since the start",
    },
    {
      name: "Ticks late or skipped",
      value: ticks ? `${((100 * late) / ticks).toFixed(2)} %` : "–",
      tone: late > 0.01 * ticks ? "warn" : "",
      hint: `${late} of ${ticks} since the start`,
    },
    { name: "Rows waiting for the database", value: String(rows), tone: rows > 1000 ? "bad" : "", hint: "" },
    {
      name: "Events waiting for applications",
      value: String(events),
      tone: events > 100 ? "warn" : "",
      hint: "",
    },
    {
      name: "Calls stuck",
      value: String(stuck),
      tone: stuck ? "bad" : "",
      hint: "above 0 is a fault of ours, worth a report",
    },
    { name: "Clients registered", value: String(whole("dialplane_registrar_clients")), tone: "", hint: "" },
  ];
}

function within(seconds) {
  return Number.isFinite(seconds) ? `within ${+(seconds * 1000).toPrecision(3)} ms` : "over 1 s";
}
