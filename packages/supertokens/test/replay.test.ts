/** The requests that a real SuperTokens core 11.4.7 was asked, asked again of ours. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createUserMetadata, memoryStore } from "@usermeta/core";
import { superTokensDialect } from "@usermeta/core/supertokens";
import { userMetadata } from "@usermeta/express";
import express from "express";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDevCore } from "../src/dev-core/index.ts";
import { type Answer, ask, CORE_ANSWERS, type CoreAnswer } from "./replay.ts";

const API_KEY = "admin-key-of-the-tests";

/** What we answer in the place of the core's answer to the first request of a case that differs. */
type Difference = readonly [status: number, textOrJson: RegExp];

/** On purpose, on both. Each row is in the table of docs/dialects.md. */
const DIFFERENCES: Readonly<Record<string, Difference>> = {
  // A user id is 1 to 255 characters, and a string.
  "get empty userId": [400, /user id is empty/],
  "put userId empty": [400, /user id is empty/],
  "put userId array": [400, /Field name 'userId' is invalid/],
  // JSON is RFC 8259, and what is stored is what was sent.
  "lenient json: single quotes": [400, /Invalid Json Input/],
  nul: [400, /U\+0000/],
  "lone surrogate": [400, /lone surrogate/],
  proto: [400, /__proto__/],
  numbers: [400, /12345678901234567000/],
  "big int 2^53+1": [400, /9007199254740992/],
  "deep 40": [400, /more than 32 levels/],
  // A request that the core fails at with a 500 is the caller's mistake.
  "cdi junk": [400, /cdi-version junk not supported/],
  "bad percent": [400, /not percent-encoded/],
};

/** What the dialect leaves to the app that it is mounted in: the front page, and all that is not metadata. */
const LEFT_TO_THE_APP: readonly string[] = [
  ...["root", "nowhere", "jwks", "user/id", "session none", "verify junk", "refresh junk", "session bad"],
  ...["session userDataInJWT protected", "session remove none", "session user list", "regenerate junk"],
  ...["jwt/data none", "session/data none"],
];

const OF_THE_DIALECT: typeof DIFFERENCES = {
  ...DIFFERENCES,
  ...Object.fromEntries(LEFT_TO_THE_APP.map((name) => [name, [404, /Left to the app/]])),
};

const OF_THE_DEV_CORE: typeof DIFFERENCES = {
  ...DIFFERENCES,
  nowhere: [404, /Left to the app/],
  // It has no key here, so that a page in the developer's browser could call it.
  "no content type": [415, /application\/json/],
  "text content type": [415, /application\/json/],
  // Older protocols have other access tokens.
  "cdi 2.21": [400, /cdi-version 2.21 not supported/],
  "cdi 2.8": [400, /cdi-version 2.8 not supported/],
  // In words, which are not Java's.
  "verify junk": [200, /TRY_REFRESH_TOKEN/],
  "refresh junk": [200, /UNAUTHORISED/],
  "session userDataInJWT protected": [400, /The user payload contains protected field/],
  "regenerate junk": [200, /UNAUTHORISED/],
};

const isSame = (asked: CoreAnswer, answer: Answer): boolean => {
  if (asked.status !== answer.status) return false;
  if ("text" in asked) return asked.text === answer.text;
  if ("json" in asked) return isEqual(asked.json, answer.json);
  return true;
};

const isEqual = (expected: unknown, actual: unknown): boolean => {
  try {
    expect(actual).toEqual(expected);
    return true;
  } catch {
    return false;
  }
};

const cases = Map.groupBy(CORE_ANSWERS, (asked) => asked.case);

describe.each([
  ["the dialect", API_KEY, OF_THE_DIALECT],
  ["the development core", undefined, OF_THE_DEV_CORE],
] as const)("%s", (name, apiKey, differences) => {
  let url: string;
  let close = (): void => undefined;

  beforeAll(async () => {
    const own = { store: memoryStore(), adminKeys: [API_KEY], dialects: [superTokensDialect()] };
    const metadata = name === "the dialect" ? createUserMetadata(own) : await createDevCore();
    const app = express().use("/core", userMetadata(metadata));
    app.use((_request, response) => void response.status(404).send("Left to the app"));
    const server = createServer(app).listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/core`;
    close = () => void server.close().closeAllConnections();
  });
  afterAll(() => close());

  test.each([...cases])("%s", async (title, requests) => {
    const difference = differences[title];
    let found: Answer | undefined;
    for (const asked of requests) {
      const answer = await ask(url, asked, apiKey);
      if (isSame(asked, answer)) continue;
      found ??= answer;
      if (!difference)
        expect(answer).toMatchObject({ status: asked.status, json: asked.json, text: asked.text });
    }
    if (!difference) return;
    expect(found, "The core's answer is ours: take the case from the table").toBeDefined();
    expect(found?.status).toBe(difference[0]);
    expect(found?.text ?? JSON.stringify(found?.json)).toMatch(difference[1]);
  });

  test("each difference is of a case", () => {
    expect(Object.keys(differences).filter((title) => !cases.has(title))).toEqual([]);
  });
});
