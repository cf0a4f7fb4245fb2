import { useUserMetadata } from "@usermeta/react";
import { useState } from "react";
import { client } from "./metadata.ts";

/** What the server says of the user. */
export const PublicCard = () => {
  const { publicMetadata, reload } = useUserMetadata();
  const [card, setCard] = useState("");
  const show = async () => {
    setCard("");
    const answer = await client.fetch("/card");
    const { birthday, detail } = (await answer.json()) as { birthday?: string | null; detail?: string };
    setCard(answer.ok ? `Your token says: born ${birthday ?? "on a day we do not know"}.` : String(detail));
  };
  return (
    <section className="card" aria-labelledby="public-title">
      <h2 id="public-title">Public</h2>
      <p className="soft">You read it; only the server writes it, and puts the birthday into your token.</p>
      <pre>{JSON.stringify(publicMetadata, null, 2)}</pre>
      <div className="row">
        <button type="button" onClick={() => reload().catch(() => undefined)}>
          Reload
        </button>
        <button type="button" onClick={() => show().catch((error: Error) => setCard(error.message))}>
          Show my card
        </button>
      </div>
      <p role="status">{card}</p>
      <p className="soft small">
        The card needs a fresh token. A stale one is refreshed, and the request is sent again.
      </p>
    </section>
  );
};
