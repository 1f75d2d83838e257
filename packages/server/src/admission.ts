/**
 * Admission: who is let in, with which context and for how long. Access that is taken back while
 * somebody is being let in is taken back from them, too.
 */
import { CloseCode } from "@tautline/contracts/wire";
import type { ServedConnection } from "./connection/connection.js";
import { ConnectionFace } from "./connection/face.js";
import type { Admission } from "./connection/opening.js";
import type { Place } from "./connection/places.js";
import type { CreateContext, OpeningRequest, Principal } from "./context.js";
import type { Authenticate } from "./options.js";
import { TRPCError } from "./trpc.js";

/** What a client reads when its user's access was taken back. */
export const accessTakenBack = "Access was taken back";

/** A connection that is being let in. */
interface Entering {
  /** Who it is, once that is known. */
  readonly userId: string | undefined;
  /** The users whose access was taken back meanwhile. */
  readonly revoked: Set<string>;
}

/** What an admission is made of. */
export interface AdmissionHost<P extends Principal | null> {
  readonly authenticate: Authenticate<P> | undefined;
  readonly createContext: CreateContext<unknown, P> | undefined;
  /** Where a user's calls are counted. */
  placeOf(userId: string | undefined): Place;
}

/** Lets clients in. */
export class Admissions<P extends Principal | null> {
  readonly #host: AdmissionHost<P>;
  readonly #entering = new Map<ServedConnection, Entering>();

  constructor(host: AdmissionHost<P>) {
    this.#host = host;
  }

  /** Whoever is being let in as this user is not. */
  takeBack(userId: string) {
    for (const [served, one] of this.#entering) {
      if (one.userId === userId) served.end(CloseCode.Revoked, accessTakenBack);
      else one.revoked.add(userId);
    }
  }

  /** It is in, or it has ended before that. */
  forget(served: ServedConnection) {
    this.#entering.delete(served);
  }

  /** Rejects with a TRPCError to refuse, with what the application threw to give up. */
  async admit(
    request: OpeningRequest,
    client: string | undefined,
    served: ServedConnection,
  ): Promise<Admission> {
    const isNew = served.connectionId === undefined; // one that is open is found without this
    const revoked = new Set<string>();
    if (isNew) this.#entering.set(served, { userId: undefined, revoked });
    const admission = await this.#recognize(request, client, served);
    const { userId } = admission;
    if (userId !== undefined && revoked.has(userId)) {
      served.end(CloseCode.Revoked, accessTakenBack);
      throw new TRPCError({ code: "UNAUTHORIZED", message: accessTakenBack });
    }
    // It enters soon, and not at once.
    if (this.#entering.has(served)) this.#entering.set(served, { userId, revoked });
    return admission;
  }

  async #recognize(
    request: OpeningRequest,
    client: string | undefined,
    served: ServedConnection,
  ): Promise<Admission> {
    const { authenticate, createContext, placeOf } = this.#host;
    let principal = null as P;
    if (authenticate !== undefined) {
      const found = await authenticate(request);
      if (found === null || found === undefined) {
        throw new TRPCError({ code: "UNAUTHORIZED", message: "The credentials were refused" });
      }
      principal = found;
    }
    const face = new ConnectionFace(served, principal, client, served.connectionId);
    const ctx = createContext
      ? await createContext({ principal, connection: face, request })
      : { principal };
    const { userId, expiresAt } = principal ?? {};
    const expiresInMs = expiresAt && Math.max(0, expiresAt.getTime() - Date.now());
    if (Number.isNaN(expiresInMs)) {
      throw new RangeError("Cannot tell when the credentials expire: `expiresAt` is no valid Date");
    }
    return { face, ctx, place: placeOf(userId), userId, expiresInMs };
  }
}
