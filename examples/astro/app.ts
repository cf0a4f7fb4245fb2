import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { join } from "node:path";
import { createUserMetadata, jwtSessions, tokenIssuer, type UserMetadataEngine } from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";

/** What the example is built from. */
export interface ExampleOptions {
  /** The SQLite file, made if there is none. */
  readonly path: string;
  /** What server-to-server callers of `/users/:userId/metadata` send as their bearer token. */
  readonly adminKey: string;
}

/** The app, not yet listening. */
export interface Example {
  readonly app: RequestListener;
  readonly metadata: UserMetadataEngine;
  /** Waits for the writes under way, then closes the SQLite file. */
  close(): Promise<void>;
}

interface AstroServer {
  handler(
    request: IncomingMessage,
    response: ServerResponse,
    next: undefined,
    locals: App.Locals,
  ): Promise<void>;
}

const ISSUER = { issuer: "usermeta-example", audience: "usermeta-example" };
const BUILT = join(import.meta.dirname, "dist/server/entry.mjs");

/**
 * Builds the example around what `astro build` has made. Its endpoints find the engine in `locals`.
 * @throws UserMetadataError if an option is refused or the file cannot be opened
 */
export const buildApp = async ({ path, adminKey }: ExampleOptions): Promise<Example> => {
  const issuer = tokenIssuer(ISSUER);
  const metadata = createUserMetadata({
    store: sqliteStore({ path }),
    sessions: jwtSessions({ ...ISSUER, keys: issuer.jwks }),
    adminKeys: [adminKey],
    issuer,
  });
  const { handler }: AstroServer = await import(BUILT);
  return {
    app: (request, response) => void handler(request, response, undefined, { metadata }),
    metadata,
    close: () => metadata.close(),
  };
};
