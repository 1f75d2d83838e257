/** Messages of a client, as far as they are not what is wrong. */

/** An input as it travels; `values` are its annotations. PROTOCOL.md §1.1 */
export const input = (json: unknown, values?: unknown) =>
  values === undefined ? { json } : { json, meta: { values, v: 1 } };

/** A request, its input as it travels. PROTOCOL.md §4.1 */
export const query = (id: unknown, path: unknown, encoded?: unknown, more: object = {}) => ({
  id,
  method: "query",
  params: { path, ...(encoded === undefined ? {} : { input: encoded }) },
  ...more,
});

/** Asks for events. PROTOCOL.md §5.1 */
export const subscription = (id: unknown, path: string, encoded?: unknown) => ({
  ...query(id, path, encoded),
  method: "subscription",
});

/** Asks for so many letters, by a mutation. PROTOCOL.md §10 */
export const print = (id: unknown, count: number, more: object = {}) => ({
  ...query(id, "print", input({ count }), more),
  method: "mutation",
});

/** A call that is answered with 3. */
export const add = (id: unknown) => query(id, "add", input({ a: 1, b: 2 }));

/** What an answer says: its data, or the most special code of its failure. */
export function told(message: any): unknown {
  if (message.error === undefined) return message.result?.data?.json ?? message.result?.type;
  const { data } = message.error.json;
  return data.app?.code ?? data.code;
}

/** The sentence of a failure. */
export const sentence = (message: any): string => message.error?.json.message;
