"use client";

import { useUser, useUserMetadata } from "@usermeta/react";
import { type FormEvent, useState } from "react";
import { fetchOwn } from "./providers.tsx";

type Field = "birthday" | "motto";

const NOTHING = { tone: "soft", text: "" };
const LOADING = { tone: "soft", text: "Loading …" };

/** The user's own metadata: what is typed is a draft until it is saved, and stays one where saving fails. */
export const BirthdayForm = () => {
  const { user } = useUser();
  const { replace, reload, isSaving, error } = useUserMetadata();
  const [draft, setDraft] = useState<Partial<Record<Field, string>>>({});
  const [told, setTold] = useState(NOTHING);
  // The server has rendered with a user, so nothing is loaded at first.
  if (!user) return <SessionEnded />;

  const attempt = async (change: () => Promise<unknown>, success: string) => {
    setTold(LOADING);
    try {
      await change();
      setTold({ tone: "good", text: success });
      setDraft({});
    } catch {
      // The hook's `error` says why, and the metadata are again what they were.
      setTold(NOTHING);
    }
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    // What was emptied is removed; what was not touched stays what others make of it.
    const unsafeMetadata = Object.fromEntries(
      Object.entries(draft).map(([key, value]) => [key, value || null]),
    );
    return attempt(() => user.update({ unsafeMetadata }), "Saved.");
  };
  const showCard = async () => {
    setTold(LOADING);
    try {
      const answer = await fetchOwn("/api/card");
      const { birthday, detail } = await answer.json();
      if (!answer.ok) throw new Error(detail);
      setTold({ tone: "good", text: `Your token says: born ${birthday ?? "on a day we do not know"}.` });
    } catch (failure) {
      setTold({ tone: "bad", text: `That did not work: ${(failure as Error).message}` });
    }
  };
  const field = (name: Field) => ({
    id: name,
    value: draft[name] ?? String(user.unsafeMetadata[name] ?? ""),
    onChange: ({ target }: { target: HTMLInputElement }) => setDraft({ ...draft, [name]: target.value }),
  });
  const isConflict = error?.code === "version_mismatch";

  return (
    <form className="card" onSubmit={save} aria-labelledby="unsafe-title">
      <h2 id="unsafe-title">Your metadata</h2>
      <label htmlFor="birthday">Birthday</label>
      <input type="date" {...field("birthday")} />
      <label htmlFor="motto">Motto</label>
      <input type="text" {...field("motto")} />
      <div className="row">
        <button type="submit" className="primary">
          Save
        </button>
        <button type="button" onClick={() => attempt(() => replace({}), "Everything is removed.")}>
          Remove all
        </button>
        <button type="button" onClick={() => attempt(reload, "This is what is stored.")}>
          Reload
        </button>
        <button type="button" onClick={showCard}>
          Show my card
        </button>
      </div>
      <p role="status" className={isSaving ? "soft" : told.tone}>
        {isSaving ? "Saving …" : told.text}
      </p>
      <div role="alert">
        {isConflict && (
          <p className="warn">
            It was changed elsewhere meanwhile, so nothing was removed. This is what is there now.
          </p>
        )}
        {error && !isConflict && <p className="bad">That did not work: {error.message}</p>}
      </div>
    </form>
  );
};

const SessionEnded = () => (
  <section className="card">
    <p role="status">Your session has ended.</p>
    <a href="/">Sign in again</a>
  </section>
);
