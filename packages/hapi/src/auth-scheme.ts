import { unauthorized } from "@hapi/boom";
import type * as Hapi from "@hapi/hapi";
import { checkEngine, type MetadataHttp, type Session } from "@usermeta/core";
import { attachSession } from "@usermeta/node";
import { toBoom } from "./answer.ts";
import { toSessionView } from "./request-view.ts";

/** The options of the plugin, and of a strategy of its auth scheme. */
export interface UserMetadataPluginOptions {
  /** What `createUserMetadata` made. */
  readonly metadata: MetadataHttp;
}

/** The auth scheme `usermeta`. */
export const scheme: Hapi.ServerAuthScheme<UserMetadataPluginOptions> = (_server, options) => {
  const metadata = checkEngine(options?.metadata, "The strategy usermeta");
  return {
    authenticate: async (request, h) => {
      const session = await metadata.verifySession(toSessionView(request), { required: false }).catch(toBoom);
      if (session instanceof Error) throw session;
      attachSession(request, session);
      // hapi tries the next strategy, or lets the request through if the mode is not "required".
      if (!session) throw unauthorized(null, "Bearer");
      const credentials: Hapi.AuthCredentials & { session: Session } = { session, user: session };
      return h.authenticated({ credentials });
    },
  };
};
