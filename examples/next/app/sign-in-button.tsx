"use client";

import { useFormStatus } from "react-dom";

/** Sends its form, and says so until the server has answered. */
export const SignInButton = () => {
  const { pending } = useFormStatus();
  return (
    <>
      <button type="submit" className="primary">
        Sign in
      </button>
      <p role="status" className="soft">
        {pending && "Signing in …"}
      </p>
    </>
  );
};
