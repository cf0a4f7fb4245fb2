import { pipeline, Readable } from "node:stream";
import { type JsonObject, UserMetadataError } from "@usermeta/core";
import { CsvError, parse } from "csv-parse";
import { MAX_CHARACTERS } from "./lines.ts";
import { decodeUtf8 } from "./utf8.ts";

/** A row of CSV, or what is thrown when it is read. */
export interface Row {
  /** The number of the row, without the header; from 1. */
  readonly number: number;
  readonly value: () => JsonObject;
}

const refusedRow = (): UserMetadataError =>
  new UserMetadataError(
    "json_invalid",
    "The row has more or fewer values than the header, or a quote that does not end. Export the CSV again.",
  );

/**
 * The rows of a CSV text (RFC 4180) as objects by the names of its header. A value is a text; an empty one is `null`.
 * @param chunks each character is a byte, so that a row that is not UTF-8 is known by its number
 */
export async function* splitRows(chunks: AsyncIterable<string>): AsyncGenerator<Row> {
  let number = 0;
  const skipped: Row[] = [];
  const parser = parse({
    encoding: "latin1",
    columns: (header: readonly string[]) => header.map((name) => decodeUtf8(name).trim()),
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: MAX_CHARACTERS,
    on_skip: () => {
      number += 1;
      skipped.push({
        number,
        value: () => {
          throw refusedRow();
        },
      });
      return undefined;
    },
    on_record: (cells: Readonly<Record<string, string>>): Row => {
      number += 1;
      return { number, value: () => toObject(cells) };
    },
  });
  const bytes = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) yield Buffer.from(chunk, "latin1");
  };
  // What fails in the pipeline is thrown by the iteration.
  pipeline(Readable.from(bytes()), parser, () => {});
  try {
    for await (const row of parser as AsyncIterable<Row>) {
      yield* skipped.splice(0);
      yield row;
    }
  } catch (error) {
    // The library's message quotes the file.
    if (!(error instanceof CsvError)) throw error;
    throw new UserMetadataError("json_invalid", `The CSV cannot be read (${error.code}). Export it again.`);
  }
  yield* skipped;
}

const toObject = (cells: Readonly<Record<string, string>>): JsonObject =>
  Object.fromEntries(
    Object.entries(cells).map(([name, cell]) => [name, cell === "" ? null : decodeUtf8(cell)]),
  );
