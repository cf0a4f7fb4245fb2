/** A real PgBouncer that pools transactions, where the machine has one. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const COMMAND = "pgbouncer";

/** How many connections it opens to the server, for each database. */
export const SERVER_CONNECTIONS = 2;

/** PgBouncer in front of a server. */
export interface Bouncer {
  /** The address of the same database, through it. */
  through(url: string): string;
  /** Kills it with SIGKILL, and resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  /** Kills it, and removes its files. */
  remove(): Promise<void>;
}

/** As in `PgBouncer 1.18.0`; `undefined` where there is none on the PATH. */
export const bouncerVersion: string | undefined = (() => {
  try {
    return execFileSync(COMMAND, ["--version"], { encoding: "utf8" }).split("\n")[0];
  } catch {
    return undefined;
  }
})();

/** Runs PgBouncer until its own input ends, as it does when who started it is gone: then it kills it. */
const KEEPER = `"$@" & exec 2>&-; read _; kill -KILL $!; wait $!`;

/** Since 1.21 it follows prepared statements, if it is let. */
const followsPrepared = (version = ""): boolean => {
  const [, major = 0, minor = 0] = version.split(/[ .]/).map(Number);
  return major > 1 || (major === 1 && minor >= 21);
};

/** Starts PgBouncer on 127.0.0.1 in front of the server of a database; it logs in as the address says. */
export const bouncerTo = async (url: string): Promise<Bouncer> => {
  const server = new URL(url);
  const folder = mkdtempSync(join(tmpdir(), "usermeta-pgbouncer-"));
  const configuration = join(folder, "pgbouncer.ini");
  const port = await freePort();
  const login = {
    host: server.hostname,
    port: server.port || "5432",
    user: decodeURIComponent(server.username),
    password: decodeURIComponent(server.password),
  };
  const lines = [
    "[databases]",
    `* = ${Object.entries(login)
      .map(([name, value]) => `${name}='${value.replaceAll("'", "''")}'`)
      .join(" ")}`,
    "[pgbouncer]",
    ...["pool_mode = transaction", `default_pool_size = ${SERVER_CONNECTIONS}`, "max_client_conn = 1000"],
    ...["listen_addr = 127.0.0.1", `listen_port = ${port}`, "unix_socket_dir =", "auth_type = any"],
    // It refuses to run as root, and changes to this user when it has read its configuration.
    ...(process.getuid?.() === 0 ? ["user = nobody"] : []),
    ...(followsPrepared(bouncerVersion) ? ["max_prepared_statements = 0"] : []),
  ];
  writeFileSync(configuration, `${lines.join("\n")}\n`, { mode: 0o600 });
  let keeper = await started(configuration);
  return {
    through: (direct) => {
      const address = new URL(direct);
      address.hostname = "127.0.0.1";
      address.port = String(port);
      return address.href;
    },
    kill: () => kill(keeper),
    start: async () => {
      keeper = await started(configuration);
    },
    remove: async () => {
      await kill(keeper);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
};

const started = async (configuration: string): Promise<ChildProcess> => {
  const keeper = spawn("sh", ["-c", KEEPER, "sh", COMMAND, configuration], {
    stdio: ["pipe", "ignore", "pipe"],
  });
  let log = "";
  await new Promise<void>((resolve, reject) => {
    keeper.on("error", reject);
    keeper.stderr.setEncoding("utf8").on("data", (text: string) => {
      log += text;
      if (log.includes("process up")) resolve();
    });
    keeper.stderr.once("end", () => {
      keeper.stdin.end();
      reject(new Error(`PgBouncer did not start:\n${log}`));
    });
  });
  keeper.stderr.removeAllListeners("data").resume();
  return keeper;
};

const kill = async (keeper: ChildProcess): Promise<void> => {
  if (keeper.exitCode !== null) return;
  const exited = once(keeper, "exit");
  keeper.stdin?.end();
  await exited;
};
