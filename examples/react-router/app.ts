import { createUserMetadata, jwtSessions, tokenIssuer, type UserMetadataEngine } from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";
import { createRequestHandler, RouterContextProvider } from "react-router";
import { metadataContext } from "./app/context.ts";

/** What the example is built from. */
export interface ExampleOptions {
  /** The SQLite file, made if there is none. */
  readonly path: string;
  /** What server-to-server callers of `/users/:userId/metadata` send as their bearer token. */
  readonly adminKey: string;
}

/** The app, not yet listening. */
export interface Example {
  /** Answers a request as React Router's server does. */
  readonly fetch: (request: Request) => Promise<Response>;
  readonly metadata: UserMetadataEngine;
  /** Waits for the writes under way, then closes the SQLite file. */
  close(): Promise<void>;
}

const ISSUER = { issuer: "usermeta-example", audience: "usermeta-example" };

/**
 * Builds the example. It is part of the build of `react-router build`, and imported from there.
 * @throws UserMetadataError if an option is refused or the file cannot be opened
 */
export const buildApp = ({ path, adminKey }: ExampleOptions): Example => {
  const issuer = tokenIssuer(ISSUER);
  const metadata = createUserMetadata({
    store: sqliteStore({ path }),
    sessions: jwtSessions({ ...ISSUER, keys: issuer.jwks }),
    adminKeys: [adminKey],
    issuer,
  });
  const answer = createRequestHandler(() => import("virtual:react-router/server-build"));
  return {
    fetch: (request) => answer(request, new RouterContextProvider(new Map([[metadataContext, metadata]]))),
    metadata,
    close: () => metadata.close(),
  };
};
