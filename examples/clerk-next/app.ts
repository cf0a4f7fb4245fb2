import { type NextServer, serveNext } from "../next-server.ts";

/** What the example is built from. */
export interface ExampleOptions {
  /** The SQLite file, made if there is none. */
  readonly path: string;
  /** What the SDK sends, 16 characters or more. It need not be one of Clerk's. */
  readonly secretKey: string;
  /** The Frontend API of the Clerk instance whose users are signed in; or `jwtKey`. */
  readonly issuer?: string;
  /** The instance's PEM public key. */
  readonly jwtKey?: string;
  /** The port to listen on, on this machine alone. @default 0 any free port */
  readonly port?: number;
}

/** Builds the example with `next build`, and serves it with `next start`. Resolves when it listens. */
export const buildApp = (options: ExampleOptions): Promise<NextServer> => {
  const { path, secretKey, issuer = "", jwtKey = "", port = 0 } = options;
  const clerk = { CLERK_SECRET_KEY: secretKey, CLERK_ISSUER: issuer, CLERK_JWT_KEY: jwtKey };
  return serveNext({ folder: import.meta.dirname, env: { USERMETA_DB: path, ...clerk }, port });
};
