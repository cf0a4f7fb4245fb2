import { useUserMetadata } from "@usermeta/react";
import { type FormEvent, useState } from "react";

type Field = "birthday" | "motto";

/** The user's own metadata: what is typed is a draft until it is saved, and stays one where saving fails. */
export const BirthdayForm = () => {
  const { unsafeMetadata, update, replace, isSaving, error } = useUserMetadata();
  const [draft, setDraft] = useState<Partial<Record<Field, string>>>({});
  const [told, setTold] = useState("");

  const attempt = async (change: () => Promise<unknown>, success: string) => {
    setTold("");
    try {
      await change();
      setTold(success);
      setDraft({});
    } catch {
      // The hook's `error` says why, and the metadata are again what they were.
    }
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    // What was emptied is removed; what was not touched stays what others make of it.
    const patch = Object.fromEntries(Object.entries(draft).map(([key, value]) => [key, value || null]));
    return attempt(() => update(patch), "Saved.");
  };
  const field = (name: Field) => ({
    id: name,
    value: draft[name] ?? unsafeMetadata[name] ?? "",
    onChange: ({ target }: { target: HTMLInputElement }) => setDraft({ ...draft, [name]: target.value }),
  });
  const isConflict = error?.code === "version_mismatch";

  return (
    <form className="card" onSubmit={save} aria-labelledby="unsafe-title">
      <h2 id="unsafe-title">Your metadata</h2>
      <p className="soft">
        You read and write it. It is shown at once, and taken back if it cannot be saved.
      </p>
      <label htmlFor="birthday">Birthday</label>
      <input type="date" {...field("birthday")} />
      <label htmlFor="motto">Motto</label>
      <input type="text" aria-describedby="motto-hint" {...field("motto")} />
      <p id="motto-hint" className="soft small">
        40 characters at most, says the server.
      </p>
      <div className="row">
        <button type="submit" className="primary">
          Save
        </button>
        <button type="button" onClick={() => attempt(() => replace({}), "Everything is removed.")}>
          Remove all
        </button>
      </div>
      <p role="status" className={isSaving ? "soft" : "good"}>
        {isSaving ? "Saving …" : told}
      </p>
      <div role="alert">
        {isConflict && (
          <p className="warn">
            It was changed elsewhere meanwhile, so nothing was removed. This is what is there now.
          </p>
        )}
        {error && !isConflict && <p className="bad">Not saved: {error.message}</p>}
      </div>
      <h3 className="soft small">As it is shown now</h3>
      <pre>{JSON.stringify(unsafeMetadata, null, 2)}</pre>
    </form>
  );
};
