/**
 * better-auth as its guides mount it, on Express or Fastify, over a SQLite file or a PostgreSQL database: sessions by
 * cookie, which is not cached unless asked, and the settings as additional fields of the user.
 */
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type BetterAuthOptions, betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { fromNodeHeaders, toNodeHandler } from "better-auth/node";
import pg from "pg";
import { LOCAL, listening, serve } from "../child.ts";
import { freshDatabase } from "../fresh-database.ts";
import { settings, userId } from "../users.ts";

const ORIGIN = "http://localhost:3000";
const ROUTES = "/api/auth";

const [folder = ".", framework = "express", where = "sqlite", sessions = "", users = "0", cache] =
  process.argv.slice(2);

const options = {
  baseURL: ORIGIN,
  basePath: ROUTES,
  secret: randomUUID(),
  database: where === "sqlite" ? sqlite() : new pg.Pool({ connectionString: await freshDatabase(where) }),
  emailAndPassword: {
    enabled: true,
    // Nobody signs in while it is measured: a hash that takes its time would only make the start slow.
    password: { hash: async (password) => password, verify: async ({ hash, password }) => hash === password },
  },
  user: {
    additionalFields: {
      theme: { type: "string", required: false },
      fontSize: { type: "number", required: false },
      sidebar: { type: "boolean", required: false },
    },
  },
  session: { cookieCache: { enabled: cache === "cookie-cache" } },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { level: "error" },
} satisfies BetterAuthOptions;

const { runMigrations } = await getMigrations(options);
await runMigrations();
const auth = betterAuth(options);
const headers = await Promise.all(Array.from({ length: Number(users) }, (_, index) => signUp(index)));
writeFileSync(join(folder, sessions), JSON.stringify(headers));
if (framework === "express") await onExpress();
else await onFastify();

/** As ours: each transaction is synced. */
function sqlite(): DatabaseSync {
  const database = new DatabaseSync(join(folder, `better-auth-${process.pid}.db`));
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  return database;
}

/** Signs a user up, writes the settings as they will be written, and returns the headers of the user's requests. */
async function signUp(index: number): Promise<Readonly<Record<string, string>>> {
  const account = { name: "new", email: `${userId(index)}@example.com`, password: "correct horse" };
  const cookies = cookiesOf(await post("/sign-up/email", { origin: ORIGIN }, account));
  const updated = await post("/update-user", toHeaders(cookies), settings(index));
  return toHeaders({ ...cookies, ...cookiesOf(updated) });
}

type Cookies = Readonly<Record<string, string>>;

function cookiesOf({ headers: answered }: Response): Cookies {
  return Object.fromEntries(
    answered.getSetCookie().map((each) => (each.split(";")[0] ?? "").split(/=(.*)/s)),
  );
}

function toHeaders(cookies: Cookies): Readonly<Record<string, string>> {
  const pairs = Object.entries(cookies).map((each) => each.join("="));
  return { origin: ORIGIN, cookie: pairs.join("; ") };
}

async function post(route: string, sent: Readonly<Record<string, string>>, body: object): Promise<Response> {
  const response = await auth.handler(
    new Request(`${ORIGIN}${ROUTES}${route}`, {
      method: "POST",
      headers: { ...sent, "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  );
  if (!response.ok) throw new Error(`${route} answered ${response.status} ${await response.text()}`);
  return response;
}

async function onExpress(): Promise<void> {
  const { default: express } = await import("express");
  const app = express();
  app.all(`${ROUTES}/*splat`, toNodeHandler(auth));
  serve(app);
}

async function onFastify(): Promise<void> {
  const { fastify } = await import("fastify");
  const app = fastify();
  app.route({
    method: ["GET", "POST"],
    url: `${ROUTES}/*`,
    handler: async (request, reply) => {
      const response = await auth.handler(
        new Request(new URL(request.url, ORIGIN), {
          method: request.method,
          headers: fromNodeHeaders(request.headers),
          body: request.body === undefined ? null : JSON.stringify(request.body),
        }),
      );
      reply.status(response.status);
      for (const [name, value] of response.headers) reply.header(name, value);
      return response.text();
    },
  });
  listening(await app.listen(LOCAL));
}
