/** Clerk's API on an engine of ours, for Clerk's own packages: they find it by their environment variables. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import {
  createUserMetadata,
  jwtSessions,
  memoryStore,
  type TokenIssuer,
  tokenIssuer,
  type UserMetadataEngine,
} from "@usermeta/core";
import { clerkDialect } from "@usermeta/core/clerk";
import { userMetadata } from "@usermeta/express";
import express from "express";
import { vi } from "vitest";

export const SECRET_KEY = "sk_live_of_the_tests";
/** The host of the `iss` of the tokens, as Clerk writes it into the key. */
export const PUBLISHABLE_KEY = `pk_live_${btoa("clerk.example.com$")}`;
export const WHO = { issuer: "https://clerk.example.com", audience: "app" };

/** An app, listening. */
export interface Running {
  readonly url: string;
  close(): Promise<void>;
}

/** Clerk's API, listening. */
export interface ClerkApi extends Running {
  readonly issuer: TokenIssuer;
  readonly metadata: UserMetadataEngine;
}

/** An app on a free port. */
export const listen = async (app: ReturnType<typeof express>): Promise<Running> => {
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server[Symbol.asyncDispose]() };
};

/** Starts the API, and sets the variables, until `close`. */
export const startClerkApi = async (): Promise<ClerkApi> => {
  const issuer = tokenIssuer({ ...WHO, algorithm: "RS256" });
  const metadata = createUserMetadata({
    store: memoryStore(),
    issuer,
    sessions: jwtSessions({ ...WHO, keys: issuer.jwks }),
    adminKeys: [SECRET_KEY],
    dialects: [clerkDialect()],
  });
  const { url, close } = await listen(express().use(userMetadata(metadata)));
  vi.stubEnv("CLERK_API_URL", url);
  vi.stubEnv("CLERK_SECRET_KEY", SECRET_KEY);
  vi.stubEnv("CLERK_PUBLISHABLE_KEY", PUBLISHABLE_KEY);
  vi.stubEnv("PUBLIC_CLERK_PUBLISHABLE_KEY", PUBLISHABLE_KEY);
  const end = async (): Promise<void> => {
    vi.unstubAllEnvs();
    await close();
    await metadata.close();
  };
  return { issuer, metadata, url, close: end };
};
