import type { ReactNode } from "react";
import "@usermeta/example-style/style.css";

export const metadata = { title: "usermeta in Next.js" };

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
