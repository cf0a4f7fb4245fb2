import { type NextServer, serveNext } from "../next-server.ts";

/** What the example is built from. */
export interface ExampleOptions {
  /** The SQLite file, made if there is none. */
  readonly path: string;
  /** What server-to-server callers of `/users/:userId/metadata` send as their bearer token. */
  readonly adminKey: string;
  /** The port to listen on, on this machine alone. @default 0 any free port */
  readonly port?: number;
}

/** Builds the example with `next build`, and serves it with `next start`. Resolves when it listens. */
export const buildApp = ({ path, adminKey, port = 0 }: ExampleOptions): Promise<NextServer> =>
  serveNext({ folder: import.meta.dirname, env: { USERMETA_DB: path, USERMETA_ADMIN_KEY: adminKey }, port });
