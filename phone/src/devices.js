// Microphones and speakers, and which of them the person chose.

const KEY = "dialplane.devices";

/** Finds devices and opens the microphone; the choice is kept in the browser. */
export class Devices {
  constructor(media, storage) {
    this._media = media;
    this._storage = storage;
    this.chosen = { microphone: "", speaker: "", ...stored(storage) };
    media?.addEventListener("devicechange", () => this.onChange());
    this.onChange = () => {};
  }

  /** Return `{microphones, speakers}`, each a list of `{id, label}`; labels are empty before permission. */
  async list() {
    const all = (await this._media?.enumerateDevices()) ?? [];
    const of = (kind) =>
      all
        .filter((each) => each.kind === kind && each.deviceId && each.deviceId !== "default")
        .map(({ deviceId, label }) => ({ id: deviceId, label }));
    return { microphones: of("audioinput"), speakers: of("audiooutput") };
  }

  choose(kind, id) {
    this.chosen[kind] = id;
    this._storage.setItem(KEY, JSON.stringify(this.chosen));
  }

  /** Open the microphone; a chosen one that is gone is replaced by the usual one. */
  async open() {
    if (!this._media) throw new Error("no media devices");
    const usual = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    const wanted = this.chosen.microphone;
    try {
      const audio = wanted ? { ...usual, deviceId: { exact: wanted } } : usual;
      return await this._media.getUserMedia({ audio });
    } catch (error) {
      if (!wanted || !["NotFoundError", "OverconstrainedError"].includes(error.name)) throw error;
      return await this._media.getUserMedia({ audio: usual });
    }
  }
}

function stored(storage) {
  try {
    return JSON.parse(storage.getItem(KEY) ?? "{}");
  } catch {
    return {};
  }
}
