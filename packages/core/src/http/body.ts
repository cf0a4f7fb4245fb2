import type { JsonValue } from "../document/json.ts";
import { UserMetadataError } from "../errors.ts";
import type { RequestBody, RequestView } from "../transport/request-view.ts";
import { checkSent, parseJson } from "./parse-json.ts";

/** The media types that a write is read by; each names its semantics. */
export type MediaType = "application/json" | "application/merge-patch+json" | "application/json-patch+json";

/** A body and the media type that names what it means. */
export interface TypedBody {
  readonly type: MediaType;
  readonly value: JsonValue;
}

/**
 * Reads a JSON body of one of the media types that its route reads.
 * @throws UserMetadataError `body_missing`, `body_too_large`, `content_type_unsupported`,
 * `content_encoding_unsupported` and those of `parseJson`
 */
export const readBody = async (
  request: RequestView,
  accepted: readonly MediaType[],
  maxBytes: number,
): Promise<TypedBody> => {
  const encoding = request.header("content-encoding") ?? "identity";
  if (encoding.toLowerCase() !== "identity") throw unsupportedEncoding(encoding);
  const header = request.header("content-type");
  const type = header === undefined ? undefined : toMediaType(header, accepted);
  if (header !== undefined && type === undefined) throw unsupportedType(request, accepted);
  const body = checkSent(await request.body(maxBytes));
  if (type === undefined && !isEmpty(body)) throw unsupportedType(request, accepted);
  return { type: type ?? "application/json", value: parseJson(body) };
};

const OTHER_CHARSET = /;\s*charset=(?!"?utf-?8\b)/i;

const toMediaType = (header: string, accepted: readonly MediaType[]): MediaType | undefined => {
  const exactly = accepted.find((each) => each === header);
  if (exactly) return exactly;
  const [type = ""] = header.toLowerCase().split(";");
  return OTHER_CHARSET.test(header) ? undefined : accepted.find((each) => each === type.trim());
};

const isEmpty = (body: RequestBody): boolean =>
  typeof body === "string" || body instanceof Uint8Array ? body.length === 0 : body.parsed === undefined;

const unsupportedType = ({ method }: RequestView, accepted: readonly string[]): UserMetadataError =>
  new UserMetadataError(
    "content_type_unsupported",
    `The Content-Type is not read here. Send ${accepted.join(" or ")}, in UTF-8.`,
    method === "PATCH" ? { headers: acceptPatch(accepted) } : {},
  );

/** Tells which media types a resource's `PATCH` reads (RFC 5789, sections 2.2 and 3.1). */
export const acceptPatch = (reads: readonly string[]): Readonly<Record<string, string>> => ({
  "accept-patch": reads.join(", "),
});

const unsupportedEncoding = (encoding: string): UserMetadataError =>
  new UserMetadataError(
    "content_encoding_unsupported",
    `The body is encoded as ${JSON.stringify(encoding)}. Send it without a Content-Encoding.`,
    // RFC 9110, section 12.5.3: so a client can tell it from a media type that is refused.
    { headers: { "accept-encoding": "identity" } },
  );
