import { type Command, Option } from "commander";
import {
  configOf,
  type Given,
  ifVersion,
  reason,
  STORE,
  WRITING,
  wholeNumber,
  withSettings,
} from "./options.ts";
import type { UserRequest } from "./users.ts";

interface UserGiven extends Given {
  readonly ifVersion?: number;
  readonly reason?: string;
  readonly version?: number;
  readonly at?: string;
}

/** Does what a command says to one user, and prints the answer. */
export const act = async (given: UserGiven, request: UserRequest): Promise<void> => {
  const { requestUser } = await import("./users.ts");
  const { ifVersion, reason } = given;
  process.stdout.write(await requestUser(await configOf(given), { ...request, ifVersion, reason }));
};

const json = async (argument: string | undefined): Promise<string> =>
  (await import("./users.ts")).readJson(argument);

/** The commands that read and write what is stored of one user. */
export const addUserCommands = (program: Command): void => {
  withSettings(program.command("get <userId>"), STORE)
    .description("print all metadata of a user as JSON")
    .addOption(
      new Option("--version <version>", "as it was at this version, by the history").argParser(
        wholeNumber("a version of the history"),
      ),
    )
    .addOption(new Option("--at <time>", "as it was then: 2030-01-31T12:00:00Z, or ms since 1970"))
    .action((userId: string, { version, at, ...given }: UserGiven) =>
      act(given, { method: "GET", userId, when: { version, at } }),
    );
  withSettings(program.command("set <userId> [json]"), WRITING)
    .description(
      'replace each tier named: {"publicMetadata": {…}}; from standard input where [json] is - or missing',
    )
    .addOption(ifVersion())
    .addOption(reason())
    .action(async (userId: string, text: string | undefined, given: UserGiven) =>
      act(given, { method: "PUT", userId, json: await json(text) }),
    );
  withSettings(program.command("patch <userId> [json]"), WRITING)
    .description("merge deeply (RFC 7396), or apply a JSON Patch (RFC 6902) if it is a list of operations")
    .addOption(ifVersion())
    .addOption(reason())
    .action(async (userId: string, text: string | undefined, given: UserGiven) =>
      act(given, { method: "PATCH", userId, json: await json(text) }),
    );
  withSettings(program.command("clear <userId>"), WRITING)
    .description("remove all metadata of a user")
    .addOption(ifVersion())
    .addOption(reason())
    .action((userId: string, given: UserGiven) => act(given, { method: "DELETE", userId }));
};
