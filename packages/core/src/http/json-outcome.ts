import type { MetadataDocument } from "../document/document.ts";
import type { Outcome } from "../transport/outcome.ts";
import type { RequestView } from "../transport/request-view.ts";
import { isNotModified, toETag } from "./conditions.ts";

/** A 200 with a JSON body. */
export const jsonOutcome = (value: object, headers: Readonly<Record<string, string>>): Outcome => ({
  status: 200,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(value),
});

/** A view of a document, under the document's ETag. */
export const documentOutcome = (view: object, document: MetadataDocument): Outcome =>
  jsonOutcome(view, documentHeaders(document));

/** The answer to a read: the view, or a 304 if the caller has it already. */
export const readOutcome = (request: RequestView, view: object, document: MetadataDocument): Outcome =>
  isNotModified(request, document.version)
    ? { status: 304, headers: documentHeaders(document), body: undefined }
    : documentOutcome(view, document);

const documentHeaders = ({ version }: MetadataDocument): Record<string, string> => ({
  etag: toETag(version),
  "cache-control": "private, no-cache",
  vary: "Authorization, Cookie",
});
