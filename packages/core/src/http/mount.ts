import { invalidOption } from "../errors.ts";
import { derive } from "../transport/derived-view.ts";
import type { Handler } from "./handler.ts";

/**
 * Checks what an adapter's function was given. It finds a function that was mounted and never called, which its framework
 * then calls with a request: `app.use(verifySession)` in the place of `app.use(verifySession(metadata))`.
 * @returns the engine
 * @throws UserMetadataError `options_invalid`
 *
 * @example
 * ```ts
 * import { checkEngine } from "@usermeta/core";
 *
 * try {
 *   checkEngine(undefined, "verifySession");
 * } catch (error) {
 *   console.log(String(error)); // …verifySession has no engine; pass it what createUserMetadata() returned.
 * }
 * ```
 */
export const checkEngine = <M extends object>(metadata: M | undefined, name: string): M => {
  if (typeof (metadata as { handle?: unknown } | undefined)?.handle === "function") return metadata as M;
  throw invalidOption(`${name} has no engine; pass it what createUserMetadata() returned`);
};

/**
 * The routes below a path, for frameworks that leave the mount point in the path: `"/auth"` answers `/auth/metadata`
 * and nothing else. A slash at its end does not matter.
 * @throws UserMetadataError `options_invalid` without an engine, and for a prefix that is not a path
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore, mountAt } from "@usermeta/core";
 * import { toRequestView } from "@usermeta/fetch";
 *
 * const handle = mountAt(createUserMetadata({ store: memoryStore() }), "/auth");
 * const outcome = await handle(toRequestView(new Request("https://app.test/auth/metadata")));
 * console.log(outcome?.status); // 401
 * ```
 */
export const mountAt = (metadata: { readonly handle: Handler }, prefix: string): Handler => {
  checkEngine(metadata, "userMetadata");
  const base = prefix.replace(/\/+$/, "");
  if (!/^(\/[^?#]*)?$/.test(base))
    throw invalidOption(`The prefix ${JSON.stringify(prefix)} is not a path; begin it with /`);
  if (base === "") return (request) => metadata.handle(request);
  return async (request) => {
    if (!request.path.startsWith(`${base}/`)) return undefined;
    return metadata.handle(derive(request, { path: request.path.slice(base.length) }));
  };
};
