import { TIERS, type Tier } from "@usermeta/core";
import { type Command, Option } from "commander";
import type { Reading } from "./history.ts";
import {
  configOf,
  type Given,
  ifVersion,
  reason,
  STORE,
  tiers,
  toTier,
  WRITING,
  wholeNumber,
  withSettings,
} from "./options.ts";
import { act } from "./user-commands.ts";

interface VersionGiven extends Given {
  readonly ifVersion?: number;
  readonly reason?: string;
  readonly tiers?: readonly Tier[];
}

const toVersion = wholeNumber("a version of the history");

/** The commands about what was stored of one user before. */
export const addHistoryCommands = (program: Command): void => {
  addReading(program);
  withSettings(program.command("rollback"), WRITING)
    .argument("<userId>")
    .argument("<version>", "of the history", toVersion)
    .description("write a new version that equals an old one")
    .addOption(tiers("what is put back (all that the history has)"))
    .addOption(ifVersion())
    .addOption(reason())
    .action((userId: string, version: number, { tiers, ...given }: VersionGiven) =>
      act(given, { method: "POST", part: "rollback", userId, json: JSON.stringify({ version, tiers }) }),
    );
  withSettings(program.command("erase <userId>"), WRITING)
    .description("remove a user's metadata and history for good, and print the receipt")
    .option("--yes", "do it: it cannot be undone")
    .addOption(reason())
    .action(async (userId: string, { yes, ...given }: VersionGiven & { readonly yes?: boolean }) => {
      const { eraseUser } = await import("./users.ts");
      process.stdout.write(
        await eraseUser(await configOf(given), { userId, reason: given.reason, isSure: yes === true }),
      );
    });
};

const addReading = (program: Command): void => {
  withSettings(program.command("history <userId>"), STORE)
    .description("list a user's writes, the newest first: a table on a terminal, else NDJSON")
    .addOption(
      new Option("--limit <number>", "the most entries (all)").argParser(wholeNumber("a number above 0", 1)),
    )
    .addOption(new Option("--tier <name>", "only writes that changed this tier").argParser(toTier))
    .option("--actor <id>", "only writes of this user, admin key, job or import")
    .action(async (userId: string, given: Given & Reading) => {
      const { historyCommand } = await import("./history.ts");
      await historyCommand(await configOf(given), userId, given);
    });
  withSettings(program.command("diff"), STORE)
    .argument("<userId>")
    .argument("<from>", "a version; 0: nothing", toVersion)
    .argument("<to>", "a version", toVersion)
    .description("print what makes one version the other, as a JSON Patch (RFC 6902)")
    .addOption(tiers(`what is compared (${TIERS.join(",")})`))
    .action(async (userId: string, from: number, to: number, given: VersionGiven) => {
      const { diffVersions } = await import("./history.ts");
      process.stdout.write(
        await diffVersions(await configOf(given), userId, { from, to, tiers: given.tiers }),
      );
    });
  withSettings(program.command("export-user <userId>"), STORE)
    .description("print all that is stored of a user, history included, as JSON")
    .action(async (userId: string, given: Given) => {
      const { exportUser } = await import("./history.ts");
      process.stdout.write(await exportUser(await configOf(given), userId));
    });
};
