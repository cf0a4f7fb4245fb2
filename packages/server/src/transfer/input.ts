import { createReadStream, statSync } from "node:fs";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { UserMetadataError } from "@usermeta/core";
import { invalidSetting } from "../config/settings.ts";
import { tellOfWaiting } from "../config/waiting.ts";

const GZIP = [0x1f, 0x8b];
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * The bytes of a file, or with `-` of standard input, unpacked if they are gzip (RFC 1952), and without a byte order
 * mark. `read` is told how many bytes were read so far, and of how many.
 * @throws UserMetadataError `options_invalid` if there is no such file, `json_invalid` if gzip is damaged
 */
export async function* bytesOf(
  input: string,
  read: (bytes: number, size: number | undefined) => void,
): AsyncGenerator<Buffer> {
  const packed = await startsWith(GZIP, chunksOf(input, read));
  const plain = packed.is ? unpacked(input, packed.chunks) : packed.chunks;
  const { is: isMarked, chunks } = await startsWith(BYTE_ORDER_MARK, plain);
  let skip = isMarked ? BYTE_ORDER_MARK.length : 0;
  for await (const chunk of chunks) {
    yield chunk.subarray(skip);
    skip = 0;
  }
}

async function* chunksOf(
  input: string,
  read: (bytes: number, size: number | undefined) => void,
): AsyncGenerator<Buffer> {
  const isStdin = input === "-";
  const stats = isStdin ? undefined : statSync(input, { throwIfNoEntry: false });
  if (!isStdin && !stats?.isFile())
    throw invalidSetting(`There is no file ${input}; give one, or - for standard input.`);
  if (isStdin) tellOfWaiting(process.stdin, "users");
  let bytes = 0;
  for await (const chunk of (isStdin ? process.stdin : createReadStream(input)) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    read(bytes, stats?.size);
    yield chunk;
  }
}

/** Whether the first bytes are these. The first chunk that is passed on has all of them. */
const startsWith = async (
  magic: readonly number[],
  source: AsyncIterable<Buffer>,
): Promise<{ readonly is: boolean; readonly chunks: AsyncIterable<Buffer> }> => {
  const iterator = source[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < magic.length) {
    const next = await iterator.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  const chunks = async function* (): AsyncGenerator<Buffer> {
    yield head;
    yield* { [Symbol.asyncIterator]: () => iterator };
  };
  return { is: magic.every((byte, index) => head[index] === byte), chunks: chunks() };
};

async function* unpacked(input: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  // What fails in the pipeline is thrown by the iteration.
  const gunzip = pipeline(Readable.from(chunks), createGunzip(), () => {});
  try {
    yield* gunzip as AsyncIterable<Buffer>;
  } catch (cause) {
    if (UserMetadataError.is(cause)) throw cause;
    throw new UserMetadataError(
      "json_invalid",
      `${input} is gzip that is damaged or cut off. Make it again.`,
      {
        cause,
      },
    );
  }
}
