// Builds the page: bundles the sources and JsSIP, and lays the files where the HTTP server looks for them.

import { build } from "esbuild";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

const here = import.meta.dirname ?? new URL(".", import.meta.url).pathname;
const server = join(here, "..", "engine", "http");
const out = join(server, "phone_page");
const bundled = ["jssip", "sdp-transform", "events", "debug", "ms"];
const licenceNames = ["LICENSE", "LICENSE.md", "license.md"];

async function licence(name) {
  for (const file of licenceNames) {
    try {
      return await readFile(join(here, "node_modules", name, file), "utf8");
    } catch {
      // The next spelling.
    }
  }
  throw new Error(`${name} has no licence file among ${licenceNames.join(", ")}`);
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: [
    { in: "src/main.js", out: "phone" },
    { in: "page/phone.css", out: "phone" },
  ],
  outdir: out,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome100", "firefox102", "safari15.4"],
  legalComments: "none",
  logLevel: "warning",
});
await copyFile(join(here, "page", "index.html"), join(out, "index.html"));
await copyFile(join(server, "console_page", "icon.svg"), join(out, "icon.svg"));
const licences = await Promise.all(bundled.map(async (name) => `${name}\n\n${await licence(name)}`));
await writeFile(join(out, "licences.txt"), licences.join("\n\n---\n\n"));
