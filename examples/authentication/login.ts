/**
 * Stands for your login service. Its tokens say who and until when, and are signed: what a JWT is,
 * without the library. Only it issues them; whoever has the key can verify them.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

export interface User {
  readonly userId: string;
  readonly role: "member" | "admin";
}

const key = "known to the login service and to the servers";
const sign = (said: string) => createHmac("sha256", key).update(said).digest();

export function issue(user: User, forMs: number): string {
  const claims = { ...user, untilMs: Date.now() + forMs };
  const said = Buffer.from(JSON.stringify(claims)).toString("base64url");
  return `${said}.${sign(said).toString("base64url")}`;
}

/** Who it is, and until when that holds; null for a token that is forged or too old. */
export function verify(token = ""): (User & { readonly expiresAt: Date }) | null {
  const [said = "", signature = ""] = token.split(".");
  const [right, told] = [sign(said), Buffer.from(signature, "base64url")];
  if (told.length !== right.length || !timingSafeEqual(told, right)) return null;
  const { userId, role, untilMs } = JSON.parse(Buffer.from(said, "base64url").toString());
  return untilMs > Date.now() ? { userId, role, expiresAt: new Date(untilMs) } : null;
}
