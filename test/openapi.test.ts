import { Validator } from "@seriousme/openapi-schema-validator";
import { createUserMetadata, memoryStore, tokenIssuer } from "@usermeta/core";
import { expect, test } from "vitest";

const metadata = createUserMetadata({
  store: memoryStore(),
  issuer: tokenIssuer({ issuer: "https://issuer.test", audience: "app" }),
});

interface Operation {
  readonly summary?: string;
  readonly operationId: string;
  readonly requestBody?: { readonly content: object };
  readonly responses: Readonly<Record<string, unknown>>;
}

const readDocument = async () => {
  const request = {
    method: "GET",
    path: "/openapi.json",
    query: "",
    header: () => undefined,
    body: async () => "",
  };
  const outcome = await metadata.handle(request);
  return JSON.parse(outcome?.body ?? "") as { paths: Record<string, Record<string, Operation>> };
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
