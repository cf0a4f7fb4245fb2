import type { RequestView } from "../src/index.ts";

/** A request that has only headers. */
export const requestWith = (headers: Record<string, string>, method = "GET"): RequestView => ({
  method,
  path: "/",
  query: "",
  header: (name) => headers[name],
  body: async () => "",
});

export const bearer = (token: string): RequestView => requestWith({ authorization: `Bearer ${token}` });
