/** The same suite for each way in which an SDK reaches a core, of which a process has one. */
import supertokens from "supertokens-node";
import {
  clearUserMetadata,
  getUserMetadata,
  init,
  updateUserMetadata,
} from "supertokens-node/recipe/usermetadata";
import { describe, expect, test } from "vitest";
import { type MetadataApi, metadataCases } from "./dev-core-cases.ts";

const METADATA = "/recipe/user/metadata";

/** How a core is reached. */
export interface Connection {
  readonly connectionURI: string;
  readonly apiKey?: string;
}

/** The SDK's recipe. */
export const sdk: MetadataApi = {
  get: (userId) => getUserMetadata(userId),
  update: (userId, metadataUpdate) => updateUserMetadata(userId, { ...metadataUpdate }),
  clear: (userId) => clearUserMetadata(userId),
};

/** Runs the cases through the unmodified SDK and as calls by hand, and what calls by hand are refused. */
export const describeMetadata = (connect: () => Connection, maxTierBytes = 8192): void => {
  const call = async (method: string, target: string, body?: unknown): Promise<Response> => {
    const { connectionURI, apiKey } = connect();
    return fetch(connectionURI + target, {
      method,
      headers: {
        "cdi-version": "5.4",
        "content-type": "application/json",
        ...(apiKey && { "api-key": apiKey }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  };
  const json = async (...request: Parameters<typeof call>): Promise<unknown> => {
    const response = await call(...request);
    expect(response.status).toBe(200);
    return response.json();
  };
  const refusal = async (...request: Parameters<typeof call>): Promise<readonly unknown[]> => {
    const response = await call(...request);
    return [response.status, await response.text()];
  };

  const ways: readonly (readonly [string, MetadataApi])[] = [
    ["the SDK", sdk],
    [
      "by hand",
      {
        get: (userId) => json("GET", `${METADATA}?${new URLSearchParams({ userId })}`),
        update: (userId, metadataUpdate) => json("PUT", METADATA, { userId, metadataUpdate }),
        clear: (userId) => json("POST", `${METADATA}/remove`, { userId }),
      },
    ],
  ];
  describe.each(ways)("%s", (way, api) => {
    test.each(metadataCases)("$name", ({ name, run }) => run(api, `${way}, ${name}`));
  });

  test("a context of the app's own has the calls cached until a write", async () => {
    const context = {};
    expect((await getUserMetadata("context", context)).metadata).toEqual({});
    await json("PUT", METADATA, { userId: "context", metadataUpdate: { a: 1 } });
    expect((await getUserMetadata("context", context)).metadata).toEqual({});
    await updateUserMetadata("context", { b: 2 }, context);
    expect((await getUserMetadata("context", context)).metadata).toEqual({ a: 1, b: 2 });
  });

  test("a bulk is in the order of the request, with null if nothing is stored", async () => {
    await updateUserMetadata("bulk-a", { n: 1 });
    await updateUserMetadata("bulk-b", {});
    expect(await json("POST", `${METADATA}/bulk`, { userIds: ["bulk-b", "bulk-c", "bulk-a"] })).toEqual({
      status: "OK",
      users: [
        { userId: "bulk-b", metadata: {} },
        { userId: "bulk-c", metadata: null },
        { userId: "bulk-a", metadata: { n: 1 } },
      ],
    });
    const userIds = Array.from({ length: 501 }, (_, index) => `user-${index}`);
    expect(await refusal("POST", `${METADATA}/bulk`, { userIds })).toEqual([
      400,
      expect.stringContaining("500"),
    ]);
  });

  test("refusals by hand", async () => {
    const invalid = (name: string) => [400, `Field name '${name}' is invalid in JSON input`];
    expect(await refusal("GET", METADATA)).toEqual([400, "Field name 'userId' is missing in GET request"]);
    expect(await refusal("PUT", METADATA, { metadataUpdate: {} })).toEqual(invalid("userId"));
    expect(await refusal("POST", `${METADATA}/remove`, {})).toEqual(invalid("userId"));
    for (const metadataUpdate of [undefined, null, [], "text", 1])
      expect(await refusal("PUT", METADATA, { userId: "a", metadataUpdate })).toEqual(
        invalid("metadataUpdate"),
      );
    expect(await refusal("PUT", METADATA, [])).toEqual([400, "Invalid Json Input"]);
    expect(await refusal("DELETE", METADATA)).toEqual([405, "Method not supported"]);
    expect(await json("GET", `${METADATA}/?userId=nobody`)).toEqual({ status: "OK", metadata: {} });
  });

  test("refusals through the SDK say what the core said", async () => {
    const tooMuch = updateUserMetadata("limits", { a: "x".repeat(maxTierBytes) });
    await expect(tooMuch).rejects.toThrow(
      new RegExp(
        `PUT request.*status code: 400 and message: .*${maxTierBytes + SPACE}.*${maxTierBytes}`,
        "s",
      ),
    );
    const a = "x".repeat(maxTierBytes - SPACE);
    expect(await updateUserMetadata("limits", { a })).toEqual({ status: "OK", metadata: { a } });
  });
};

const SPACE = '{"a":""}'.length;

/** Initialises the SDK with its metadata recipe alone. */
export const initMetadata = (connection: Connection): void =>
  supertokens.init({
    telemetry: false,
    supertokens: connection,
    appInfo: { appName: "test", apiDomain: "http://localhost:3000", websiteDomain: "http://localhost:3000" },
    recipeList: [init()],
  });
