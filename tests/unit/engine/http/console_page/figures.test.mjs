import assert from "node:assert/strict";
import test from "node:test";

import { Figures, watched } from "../../../../../engine/http/console_page/figures.mjs";

const TEXT = `# HELP dialplane_calls_active Calls that have not ended.
# TYPE dialplane_calls_active gauge
dialplane_calls_active{direction="inbound"} 2.0
dialplane_calls_active{direction="outbound-dial"} 1.0
dialplane_calls_stuck 0.0
dialplane_media_legs 3.0
dialplane_media_capacity 50.0
dialplane_media_ticks_on_time_total 950.0
dialplane_media_ticks_late_total 50.0
dialplane_loop_own_lag_seconds_bucket{le="0.001"} 90.0
dialplane_loop_own_lag_seconds_bucket{le="0.01"} 99.0
dialplane_loop_own_lag_seconds_bucket{le="+Inf"} 100.0
dialplane_loop_own_lag_seconds_count 100.0
odd{name="a \\"quoted\\" } brace"} 1e3
`;

test("samples are added up over their labels", () => {
  const figures = new Figures(TEXT);
  assert.equal(figures.sum("dialplane_calls_active"), 3);
  assert.equal(figures.sum("odd"), 1000);
  assert.equal(figures.sum("missing"), null);
});

test("a quantile is the bound that it lies below", () => {
  const figures = new Figures(TEXT);
  assert.equal(figures.quantile("dialplane_loop_own_lag_seconds", 0.9), 0.001);
  assert.equal(figures.quantile("dialplane_loop_own_lag_seconds", 0.99), 0.01);
  assert.equal(figures.quantile("dialplane_loop_own_lag_seconds", 1), Infinity);
  assert.equal(figures.quantile("missing", 0.5), null);
});

test("what should wake somebody stands out", () => {
  const shown = Object.fromEntries(watched(new Figures(TEXT)).map((each) => [each.name, each]));
  assert.equal(shown["Legs with sound"].value, "3 of 50");
  assert.equal(shown["Ticks late or skipped"].value, "5.00 %");
  assert.equal(shown["Ticks late or skipped"].tone, "warn");
  assert.deepEqual(
    [shown["Event loop, own delay"].value, shown["Event loop, own delay"].tone],
    ["within 10 ms", "warn"],
  );
  assert.equal(shown["Calls stuck"].tone, "");
});

test("a server that has counted nothing yet is shown without alarm", () => {
  for (const { tone, value } of watched(new Figures(""))) {
    assert.equal(tone, "");
    assert.doesNotMatch(value, /NaN|undefined|null/);
  }
});
