import assert from "node:assert/strict";
import { send } from "../../client.ts";
import type { HttpCase } from "../../contract.ts";
import type { Json } from "../../expectations.ts";
import { expectJson, expectPassedOn } from "../../expectations.ts";

const PRIVATE_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "k"];

/** The routes that anyone may call. */
export const openRouteCases: readonly HttpCase[] = [
  {
    name: "GET /.well-known/jwks.json answers the issuer's public keys, and nothing private of them",
    async run(context) {
      const { keys } = expectJson(await send(context, { path: "/.well-known/jwks.json" })) as {
        keys?: Json[];
      };
      assert.ok(Array.isArray(keys) && keys.length > 0);
      for (const key of keys) {
        assert.ok(typeof key.kid === "string" && typeof key.kty === "string");
        assert.deepEqual(
          Object.keys(key).filter((member) => PRIVATE_MEMBERS.includes(member)),
          [],
        );
      }
    },
  },
  {
    name: "GET /.well-known/jwks.json is not ours where the engine issues no tokens",
    mount: "parsed",
    needs: "fallback",
    async run(context) {
      expectPassedOn(await send(context, { path: "/.well-known/jwks.json" }));
    },
  },
  {
    name: "GET /openapi.json answers the route table as OpenAPI 3.1",
    async run(context) {
      const document = expectJson(await send(context, { path: "/openapi.json" }));
      assert.match(String(document.openapi), /^3\.1\./);
      const paths = document.paths as Record<string, Json>;
      for (const path of ["/updateinfo", "/metadata", "/users/{userId}/metadata"]) {
        assert.ok(paths[path] !== undefined, `${path} is in the document`);
      }
      for (const method of ["get", "patch", "put", "delete"]) {
        assert.ok(paths["/metadata"]?.[method] !== undefined, `${method} of /metadata is in the document`);
      }
    },
  },
  {
    name: "the open routes answer HEAD too",
    async run(context) {
      for (const path of ["/.well-known/jwks.json", "/openapi.json"]) {
        const head = await send(context, { method: "HEAD", path });
        const get = await send(context, { path });
        assert.equal(head.status, 200);
        assert.equal(head.headers.get("content-length"), String(get.bytes.length));
        assert.equal(head.headers.get("content-type"), "application/json");
      }
    },
  },
];
