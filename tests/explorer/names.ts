/** Names: ids are random, and in a story and between lives have to be the same. */

/** Gives sessions names by the order in which they come. */
export class Names {
  readonly #names = new Map<string, string>();

  of(session: string): string {
    let name = this.#names.get(session);
    if (name === undefined) {
      name = `session-${this.#names.size + 1}`;
      this.#names.set(session, name);
    }
    return name;
  }

  /** Ids and their names. */
  get all(): readonly (readonly [id: string, name: string])[] {
    return [...this.#names];
  }

  /** A text with names for ids, without what is always the same. */
  in(text: string): string {
    let named = text.replace(/"secret":"[^"]*"/, '"secret":"…"');
    named = named.replace(/"limits":.*?"reconnectWindowMs":\d+,/, "");
    for (const [id, name] of this.#names) named = named.replaceAll(id, name);
    return named;
  }
}
