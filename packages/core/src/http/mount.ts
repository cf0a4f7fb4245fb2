import { invalidOption } from "../errors.ts";
import { derive } from "../transport/derived-view.ts";
import type { Handler } from "./handler.ts";

/**
 * The routes below a path, for frameworks that leave the mount point in the path: `"/auth"` answers `/auth/metadata`
 * and nothing else. A slash at its end does not matter.
 * @throws UserMetadataError `options_invalid` for a prefix that is not a path
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
  const base = prefix.replace(/\/+$/, "");
  if (!/^(\/[^?#]*)?$/.test(base))
    throw invalidOption(`The prefix ${JSON.stringify(prefix)} is not a path; begin it with /`);
  if (base === "") return (request) => metadata.handle(request);
  return async (request) => {
    if (!request.path.startsWith(`${base}/`)) return undefined;
    return metadata.handle(derive(request, { path: request.path.slice(base.length) }));
  };
};
