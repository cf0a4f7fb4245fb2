import { Validator } from "@seriousme/openapi-schema-validator";
import {
  createUserMetadata,
  jwtSessions,
  memoryStore,
  nativeDialect,
  type Outcome,
  tokenIssuer,
} from "@usermeta/core";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";

const KEY = "the admin key of these tests";
const WHO = { issuer: "https://issuer.test", audience: "app" };
const issuer = tokenIssuer(WHO);
const sessions = jwtSessions({ ...WHO, keys: issuer.jwks });
const shared = { issuer, sessions, adminKeys: [KEY], history: {} };
const metadata = createUserMetadata({ ...shared, store: memoryStore() });

interface Operation {
  readonly summary?: string;
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: object }[];
  readonly requestBody?: { readonly required: boolean; readonly content: Record<string, { schema: object }> };
  readonly responses: Readonly<Record<string, { readonly headers?: object; readonly content?: Content }>>;
}

type Content = Readonly<Record<string, { readonly schema: object }>>;

type Document = {
  readonly paths: Record<string, Record<string, Operation>>;
};

const readDocument = async (engine = metadata): Promise<Document> => {
  const request = {
    method: "GET",
    path: "/openapi.json",
    query: "",
    header: () => undefined,
    body: async () => "",
  };
  const outcome = await engine.handle(request);
  return JSON.parse(outcome?.body ?? "");
};

test("the document is valid OpenAPI 3.1", async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(await readDocument());
  expect(errors).toBeUndefined();
  expect([valid, validator.version]).toEqual([true, "3.1"]);
});

test("the document has every route of the table, with what it reads, and no other", async () => {
  const { paths } = await readDocument();
  const described = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { summary, requestBody }]) => ({
      route: `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ":$1")}`,
      reads: Object.keys(requestBody?.content ?? {}),
      summary: typeof summary,
    })),
  );
  const expected = metadata.routes.map(({ method, path, reads }) => ({
    route: `${method} ${path}`,
    reads,
    summary: "string",
  }));
  expect(described).toEqual(expect.arrayContaining(expected));
  expect(described).toHaveLength(expected.length);
});

test("operation ids are distinct", async () => {
  const ids = Object.values((await readDocument()).paths).flatMap((each) =>
    Object.values(each).map(({ operationId }) => operationId),
  );
  expect(new Set(ids).size).toBe(ids.length);
});

test("a body is required, except of POST /updateinfo where the app decides what it writes", async () => {
  const own = createUserMetadata({
    ...shared,
    store: memoryStore(),
    dialects: [nativeDialect({ updateInfo: () => ({ publicMetadata: { seen: true } }) })],
  });
  const body = async (engine: typeof metadata) => (await readDocument(engine)).paths["/updateinfo"]?.post;
  expect((await body(metadata))?.requestBody?.required).toBe(true);
  expect((await body(own))?.requestBody?.required).toBe(false);
});

describe("what the document says is what the engine does", () => {
  const ajv = new Ajv2020({ strict: false, allowUnionTypes: true });
  let document: Document;
  let bearer: string;

  beforeAll(async () => {
    document = await readDocument();
    ajv.addSchema({ $id: "api", ...document });
    bearer = await metadata.issueToken("jane");
  });

  const compile = (schema: object): ValidateFunction =>
    ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/')));

  const operationOf = (method: string, path: string): Operation => {
    const operation = document.paths[path]?.[method.toLowerCase()];
    if (!operation) throw new Error(`${method} ${path} is not in the document`);
    return operation;
  };

  interface Sent {
    readonly type?: string;
    readonly body?: unknown;
    readonly query?: string;
    readonly userId?: string;
    readonly headers?: Readonly<Record<string, string>>;
  }

  /** Sends a request, and holds its answer against the document. */
  const send = async (method: string, path: string, sent: Sent = {}): Promise<Outcome> => {
    const isAdmin = path.startsWith("/users");
    const headers: Record<string, string | undefined> = {
      authorization: `Bearer ${isAdmin ? KEY : bearer}`,
      "content-type": sent.type,
      ...sent.headers,
    };
    const outcome = await metadata.handle({
      method,
      path: path.replace("{userId}", encodeURIComponent(sent.userId ?? "jane")),
      query: sent.query ?? "",
      header: (name) => headers[name],
      body: async () => (sent.body === undefined ? "" : JSON.stringify(sent.body)),
    });
    if (!outcome) throw new Error(`${method} ${path} is not answered`);
    expectDescribed(operationOf(method, path), outcome);
    return outcome;
  };

  const expectDescribed = ({ responses }: Operation, { status, headers, body }: Outcome): void => {
    const response = responses[status] ?? responses.default;
    if (status < 400) expect(responses).toHaveProperty(String(status));
    expect(Object.keys(headers).includes("etag")).toBe(Boolean(response?.headers));
    const described = Object.entries(response?.content ?? {}).map(([type, { schema }]) => ({ type, schema }));
    expect(described.length).toBe(body === undefined ? 0 : 1);
    for (const { type, schema } of described) {
      expect(headers["content-type"]).toBe(type);
      const validate = compile(schema);
      validate(JSON.parse(body ?? ""));
      expect(validate.errors).toBeNull();
    }
  };

  const codeOf = ({ body }: Outcome): string | undefined => JSON.parse(body ?? "{}").code;

  /** Refusals of a body's shape, which is what a schema can tell; what a tier may hold is another matter. */
  const SHAPES = ["body_missing", "json_not_object", "parameter_unknown"];

  const json = fc.jsonValue({ maxDepth: 3 });
  const tier = fc.dictionary(fc.string(), json, { maxKeys: 4 });
  const update = fc.record(
    { publicMetadata: tier, privateMetadata: tier, unsafeMetadata: tier, claims: fc.array(fc.string()) },
    { requiredKeys: [] },
  );
  const almostAnUpdate = fc.dictionary(
    fc.constantFrom("publicMetadata", "privateMetadata", "unsafeMetadata", "claims", "public_metadata"),
    fc.oneof(json, tier),
    { maxKeys: 3 },
  );
  const pointer = fc.oneof(
    fc.constantFrom("", "/a", "/a/b", "/a/0", "/a/-", "/publicMetadata/a", "/~0~1"),
    fc.constantFrom("a", "/~2", "/a~", "~0"),
  );
  const operation = fc.record(
    {
      op: fc.constantFrom("add", "remove", "replace", "move", "copy", "test", "set"),
      path: pointer,
      from: pointer,
      value: json,
    },
    { requiredKeys: [] },
  );
  /** What a schema cannot tell. */
  const movesIntoItself = (body: unknown): boolean =>
    Array.isArray(body) &&
    body.some((each) => each?.op === "move" && `${each.path}`.startsWith(`${each.from}/`));
  const patch = fc.oneof(fc.array(operation, { maxLength: 3 }), fc.array(json, { maxLength: 2 }), json);

  const BODIES = [
    ["POST", "/updateinfo", "application/json", fc.oneof(tier, json)],
    ["PUT", "/metadata", "application/json", fc.oneof(tier, json)],
    ["PATCH", "/metadata", "application/json", fc.oneof(tier, json)],
    ["PATCH", "/metadata", "application/merge-patch+json", fc.oneof(tier, json)],
    ["PUT", "/users/{userId}/metadata", "application/json", fc.oneof(update, almostAnUpdate, json)],
    ["PATCH", "/users/{userId}/metadata", "application/json", fc.oneof(update, almostAnUpdate, json)],
    ["PATCH", "/users/{userId}/metadata", "application/merge-patch+json", fc.oneof(update, almostAnUpdate)],
  ] as const;

  test.each(BODIES)(
    "%s %s of %s: a body is taken if the schema allows it",
    async (method, path, type, bodies) => {
      const validate = compile(operationOf(method, path).requestBody?.content[type]?.schema ?? {});
      await fc.assert(
        fc.asyncProperty(bodies, async (body) => {
          const code = codeOf(await send(method, path, { type, body }));
          // Claims are to be names of public keys, which no schema can tell.
          if (code === "claim_key_unknown") return;
          // Nor what the JSON profile refuses, such as the key __proto__, which is looked at first.
          if (code === "json_value_refused") return;
          expect(SHAPES.includes(code ?? ""), `${code} of ${JSON.stringify(body)}`).toBe(!validate(body));
        }),
        { numRuns: 200 },
      );
    },
  );

  test.each(["/metadata", "/users/{userId}/metadata"])(
    "a JSON Patch of %s is taken if the schema allows it",
    async (path) => {
      const type = "application/json-patch+json";
      const validate = compile(operationOf("PATCH", path).requestBody?.content[type]?.schema ?? {});
      await fc.assert(
        fc.asyncProperty(patch, async (body) => {
          const code = codeOf(await send("PATCH", path, { type, body }));
          if (movesIntoItself(body)) return;
          // The operations before one that is malformed may fail first.
          if (code !== undefined && code !== "patch_invalid") return;
          expect(code === undefined, `${code} of ${JSON.stringify(body)}`).toBe(validate(body));
        }),
        { numRuns: 500 },
      );
    },
  );

  test("a user id is taken if the schema allows it", async () => {
    const { parameters = [] } = operationOf("GET", "/users/{userId}/metadata");
    const validate = compile(parameters.find(({ name }) => name === "userId")?.schema ?? {});
    const ids = fc.oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 4 }),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 140 }),
      fc.constantFrom(
        "a".repeat(255),
        "a".repeat(256),
        "😀".repeat(255),
        "😀".repeat(256),
        "\u0085",
        "a\u007f",
        "a/b?#%",
        ".",
        "..",
        "...",
        ".a",
      ),
    );
    await fc.assert(
      fc.asyncProperty(ids, async (userId) => {
        const code = codeOf(await send("GET", "/users/{userId}/metadata", { userId }));
        expect(code === "user_id_invalid", `${code} of ${JSON.stringify(userId)}`).toBe(!validate(userId));
      }),
      { numRuns: 500 },
    );
  });

  test("conditions: a 304 of a read, a 412 of a write, a write with If-Match", async () => {
    const path = "/metadata";
    const { headers } = await send("PUT", path, { type: "application/json", body: { theme: "dark" } });
    const etag = headers.etag as string;
    const named = (operation: Operation) => operation.parameters?.map(({ name }) => name);
    expect(named(operationOf("GET", path))).toEqual(["If-None-Match"]);
    expect(named(operationOf("PUT", path))).toEqual(["If-Match", "If-None-Match", "Usermeta-Reason"]);
    expect((await send("GET", path, { headers: { "if-none-match": etag } })).status).toBe(304);
    const write = { type: "application/json", body: { theme: "light" } };
    expect((await send("PUT", path, { ...write, headers: { "if-match": etag } })).status).toBe(200);
    expect((await send("PUT", path, { ...write, headers: { "if-match": etag } })).status).toBe(412);
  });

  test("a write that changes the claims says so", async () => {
    const path = "/users/{userId}/metadata";
    const body = { publicMetadata: { plan: crypto.randomUUID() }, claims: ["plan"] };
    const outcome = await send("PUT", path, { type: "application/json", body });
    expect(JSON.parse(outcome.body ?? "")).toHaveProperty("claimsChanged", true);
    const description = JSON.stringify(operationOf("PUT", path).responses[200]?.content);
    expect(description).toContain("Written");
  });

  test("a search: each parameter is described, and no other is taken", async () => {
    const { parameters = [] } = operationOf("GET", "/users");
    expect(parameters.map(({ name }) => name)).toEqual(["limit", "cursor", "where"]);
    const [limit, , where] = parameters.map(({ schema }) => compile(schema));
    for (const value of [0, 1, 500, 501, 1.5]) {
      const code = codeOf(await send("GET", "/users", { query: `limit=${value}` }));
      expect(code === undefined, `limit=${value}`).toBe(limit?.(value));
    }
    for (const name of ["public.plan", "private.a.b", "unsafe.x", "public", "public.", "other.x", "plan"]) {
      const code = codeOf(await send("GET", "/users", { query: `${name}=1` }));
      expect(code === undefined, `${code} of ${name}`).toBe(where?.({ [name]: "1" }));
    }
    const page = JSON.parse((await send("GET", "/users", { query: "limit=1" })).body ?? "");
    expect(page.users).toHaveLength(1);
  });

  describe("the history", () => {
    const userId = "joe";
    const users = "/users/{userId}/metadata";
    const put = async (plan: string, headers = {}): Promise<number> => {
      const body = { publicMetadata: { plan }, privateMetadata: { note: plan } };
      const sent = { type: "application/json", body, userId, headers };
      return JSON.parse((await send("PUT", users, sent)).body ?? "").version;
    };

    test("its pages, old versions, a rollback and an erasure are as they are described", async () => {
      const [first, second] = [
        await put("free"),
        await put("pro", { "usermeta-reason": "paid%20%E2%82%AC" }),
      ];
      for (const query of ["", "limit=1", `cursor=${second}`, "tier=private&actor=x"])
        await send("GET", "/users/{userId}/history", { userId, query });
      const page = await send("GET", "/users/{userId}/history", { userId });
      expect(JSON.parse(page.body ?? "").entries[0]).toMatchObject({ version: second, reason: "paid €" });
      for (const query of [`version=${first}`, `at=${first}`, `at=${new Date(second).toISOString()}`])
        expect((await send("GET", users, { userId, query })).status).toBe(200);
      const type = "application/json";
      const body = { version: first, tiers: ["public"] };
      expect((await send("POST", "/users/{userId}/rollback", { userId, type, body })).status).toBe(200);
      expect((await send("POST", "/users/{userId}/erase", { userId })).status).toBe(200);
    });

    test("a user's own history is as it is described", async () => {
      await send("PUT", "/metadata", { type: "application/json", body: { theme: crypto.randomUUID() } });
      await send("PATCH", users, {
        type: "application/json",
        body: { publicMetadata: { plan: crypto.randomUUID() } },
      });
      const { entries } = JSON.parse((await send("GET", "/metadata/history")).body ?? "");
      expect(entries.slice(0, 2).map(({ by }: { by: string }) => by)).toEqual(["server", "user"]);
    });

    test("a body of a rollback is taken if the schema allows it", async () => {
      const path = "/users/{userId}/rollback";
      const validate = compile(
        operationOf("POST", path).requestBody?.content["application/json"]?.schema ?? {},
      );
      const versions = fc.oneof(fc.constantFrom(0, 1, 1.5, -1, 2 ** 53, null, "1"), fc.nat());
      const tiers = fc.oneof(fc.array(fc.constantFrom("public", "private", "unsafe", "all")), json);
      const bodies = fc.record({ version: versions, tiers, other: json }, { requiredKeys: [] });
      await fc.assert(
        fc.asyncProperty(fc.oneof(bodies, json), async (body) => {
          const code = codeOf(await send("POST", path, { type: "application/json", body }));
          if (code === "json_value_refused") return;
          expect(code === "version_unknown", `${code} of ${JSON.stringify(body)}`).toBe(validate(body));
        }),
        { numRuns: 300 },
      );
    });

    test.each(["limit=0", "limit=501", "limit=x", "cursor=x", "cursor=0", "tier=all", "other=1"])(
      "a query that is not described is refused: %s",
      async (query) => {
        const outcome = await send("GET", "/users/{userId}/history", { query });
        expect(codeOf(outcome)).toBe("query_invalid");
      },
    );
  });

  test("DELETE, and what is open to anyone", async () => {
    for (const path of ["/metadata", "/users/{userId}/metadata"]) await send("DELETE", path);
    for (const path of ["/openapi.json", "/.well-known/jwks.json"]) await send("GET", path);
  });
});
