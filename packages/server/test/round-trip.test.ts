import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createUserMetadata, type JsonObject, UserMetadataError } from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makePlace, type Place } from "./command.ts";

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.maxSafeInteger(),
  fc.constantFrom(
    2 ** 53,
    2 ** 60,
    2 ** 64,
    -(2 ** 63),
    1_764_533_555_123 * 1e6,
    5e-324,
    Number.MAX_VALUE,
    -0,
  ),
);
const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.constant('\u2028,"\\'),
);
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(number, text, fc.boolean(), fc.constant(null)),
    fc.array(tie("json"), { maxLength: 3 }),
    fc.dictionary(text, tie("json"), { maxKeys: 3 }),
  ),
}));
const tier = fc.dictionary(text, json, { maxKeys: 3 }) as fc.Arbitrary<JsonObject>;
const users = fc.tuple(
  fc.string({ unit: "binary", minLength: 1, maxLength: 20 }),
  fc.record({ publicMetadata: tier, privateMetadata: tier, unsafeMetadata: tier }),
);

test("whatever the engine accepts comes back from an export", async () => {
  const open = (name: string) => sqliteStore({ path: join(place.folder, name) });
  const [store, target] = [open("usermeta.db"), open("other.db")];
  const metadata = createUserMetadata({ store });
  const written = new Set<string>();
  for (const [userId, tiers] of fc.sample(users, 1000)) {
    try {
      await metadata.replaceUserMetadata(userId, tiers);
      written.add(userId);
    } catch (error) {
      if (!UserMetadataError.is(error) || error.status >= 500) throw error;
    }
  }
  // Most of what is made is accepted: lone surrogates and U+0000 are not.
  expect(written.size).toBeGreaterThan(300);
  const exported = await place.run(["export"]);
  expect(exported.stderr).not.toContain("refused");
  writeFileSync(join(place.folder, "users.ndjson"), exported.stdout);
  const imported = await place.run(["import", "--store", "sqlite:other.db", "users.ndjson"]);
  expect(imported.stderr).toContain(`${written.size} users: ${written.size} written`);
  const userIds = [...written];
  expect(await target.read(userIds)).toEqual(await store.read(userIds));
  await Promise.all([store.close(), target.close()]);
});
