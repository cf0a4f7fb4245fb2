import type { HttpRequest } from "./client.ts";

/** The media types of `PATCH`, by what they mean. */
export const SHALLOW = "application/json";
export const DEEP = "application/merge-patch+json";
export const JSON_PATCH = "application/json-patch+json";

/** A route and a body it accepts from anyone who may call it. */
export type Call = Pick<HttpRequest, "path"> & {
  readonly method: string;
  readonly type?: string;
  readonly body?: { readonly json: unknown };
};

/** Every writing route for a session, with a body that would be accepted. */
export const SESSION_WRITES: readonly Call[] = [
  { method: "POST", path: "/updateinfo", type: SHALLOW, body: { json: { written: 1 } } },
  { method: "PATCH", path: "/metadata", type: SHALLOW, body: { json: { written: 2 } } },
  { method: "PATCH", path: "/metadata", type: DEEP, body: { json: { written: 3 } } },
  {
    method: "PATCH",
    path: "/metadata",
    type: JSON_PATCH,
    body: { json: [{ op: "add", path: "/written", value: 4 }] },
  },
  { method: "PUT", path: "/metadata", type: SHALLOW, body: { json: { written: 5 } } },
  { method: "DELETE", path: "/metadata" },
];

/** Every route for a session. */
export const SESSION_CALLS: readonly Call[] = [{ method: "GET", path: "/metadata" }, ...SESSION_WRITES];

/** Every writing route for an admin, with a body that would be accepted. */
export const adminWrites = (path: string): readonly Call[] => [
  { method: "PATCH", path, type: SHALLOW, body: { json: { privateMetadata: { written: 1 } } } },
  { method: "PATCH", path, type: DEEP, body: { json: { publicMetadata: { written: 2 } } } },
  {
    method: "PATCH",
    path,
    type: JSON_PATCH,
    body: { json: [{ op: "add", path: "/privateMetadata/written", value: 3 }] },
  },
  { method: "PUT", path, type: SHALLOW, body: { json: { unsafeMetadata: { written: 4 } } } },
  { method: "DELETE", path },
];

/** Every route for an admin about the past, with a body that would be accepted if there were such a version. */
export const historyCalls = (path: string): readonly Call[] => {
  const at = (name: string): string => path.replace(/metadata$/, name);
  return [
    { method: "GET", path: at("history") },
    { method: "GET", path: `${path}?version=1` },
    { method: "POST", path: at("rollback"), type: SHALLOW, body: { json: { version: 1 } } },
    { method: "POST", path: at("erase") },
  ];
};

/** Every route for an admin. */
export const adminCalls = (path: string): readonly Call[] => [{ method: "GET", path }, ...adminWrites(path)];
