import { type FormEvent, useState } from "react";
import { client } from "./metadata.ts";
import { signIn } from "./session.ts";

/** For development: there is no password. */
export const SignIn = ({ reason }: { reason: string | undefined }) => {
  const [problem, setProblem] = useState(reason);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const userId = String(new FormData(event.currentTarget).get("userId"));
    try {
      await signIn(userId);
      await client.load();
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <form className="card narrow" onSubmit={submit}>
      <h2>Sign in</h2>
      <p className="soft">For development only: there is no password. Whoever you say you are, you are.</p>
      <label htmlFor="user-id">User id</label>
      <input
        id="user-id"
        name="userId"
        defaultValue="jane"
        required
        maxLength={128}
        autoComplete="username"
      />
      <p role="alert" className="bad">
        {problem}
      </p>
      <button type="submit" className="primary">
        Sign in
      </button>
    </form>
  );
};
