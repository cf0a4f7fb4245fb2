import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { bundleOf } from "../../../test/bundle.ts";
import * as client from "../src/index.ts";

const folder = join(import.meta.dirname, "..");
const MAX_BYTES = 4.5 * 1024;

test("gzips to 4.5 KB at most, minified, with nothing of another package in it", async () => {
  const { bytes, inputs } = await bundleOf(folder);
  console.log(`client gzips to ${bytes} bytes of ${MAX_BYTES}`);
  expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
  expect(inputs.filter((file) => !file.startsWith("packages/client/src/"))).toEqual([]);
});

test("the package's own build makes a script that is window.usermeta, of the same size", async () => {
  const out = mkdtempSync(join(tmpdir(), "usermeta-client-"));
  onTestFinished(() => rmSync(out, { recursive: true }));
  const outfile = join(out, "usermeta.js");
  await promisify(execFile)(process.execPath, [join(folder, "build.mjs"), outfile]);
  const script = readFileSync(outfile, "utf8");
  expect(gzipSync(script, { level: 9 }).byteLength).toBeLessThanOrEqual(MAX_BYTES);
  const window: { usermeta?: object } = {};
  runInNewContext(script, window);
  expect(Object.keys(window.usermeta ?? {}).sort()).toEqual(Object.keys(client).sort());
});

test("the README has each of its own error codes, and no other", () => {
  const own: Record<client.OwnErrorCode, true> = {
    aborted: true,
    answer_unexpected: true,
    network_failed: true,
    token_unavailable: true,
    url_refused: true,
    user_changed: true,
  };
  const [, errors = ""] = readFileSync(join(folder, "README.md"), "utf8").split("## Errors");
  expect([...errors.matchAll(/^\| `(\w+)`/gm)].map(([, code]) => code)).toEqual(Object.keys(own));
});
