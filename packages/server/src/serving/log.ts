import { UserMetadataError } from "@usermeta/core";
import { type DestinationStream, type Logger, pino } from "pino";
import type { LogLevel } from "../config/settings.ts";

/** Where the server's log goes; a pino logger is one. */
export type ServerLog = Logger;

/** A logger that writes JSON lines to a destination. @param destination standard output, if it is not given */
export const createLog = (level: LogLevel, destination?: DestinationStream): ServerLog =>
  pino(
    {
      level,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
    },
    destination ?? pino.destination(1),
  );

/** A destination that people can read, if a stream is a terminal; `undefined` if it is not. */
export const readable = async (stream: NodeJS.WriteStream): Promise<DestinationStream | undefined> => {
  if (!stream.isTTY) return undefined;
  const { default: pretty } = await import("pino-pretty");
  return pretty({
    destination: stream,
    colorize: stream.hasColors?.() ?? false,
    ignore: "pid,hostname",
    translateTime: "SYS:HH:MM:ss",
    singleLine: true,
  });
};

const MAX_CAUSES = 5;

/** What identifies a failure of a driver without quoting what it was given. */
const SAFE_NAMES = [
  "code",
  "errcode",
  "errno",
  "syscall",
  "severity",
  "routine",
  "hostname",
  "port",
] as const;

/**
 * An error for the log. The message of ours is there, which holds no metadata; that of a cause is not, because a
 * database quotes in it what it was given, and so is everything else but its codes and where it was thrown.
 */
const describeError = (error: unknown, depth = 0): object => {
  if (!(error instanceof Error)) return { type: typeof error };
  const ours = UserMetadataError.is(error);
  const codes = Object.entries(error).filter(([name]) => SAFE_NAMES.some((safe) => safe === name));
  return {
    type: error.name,
    ...Object.fromEntries(codes),
    ...(ours && { message: error.message }),
    stack: framesOf(error),
    ...(error.cause !== undefined && depth < MAX_CAUSES && { cause: describeError(error.cause, depth + 1) }),
  };
};

const framesOf = ({ stack = "" }: Error): string =>
  stack
    .split("\n")
    .filter((line) => /^ +at /.test(line))
    .join("\n");
