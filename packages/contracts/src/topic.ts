/**
 * Topics: named logs that many publish to and many follow. This file holds what a contract
 * says of a topic; serving topics is not part of this version, and `implement` says so.
 */
import { isSchema, type Schema } from "./schema.js";

/** One topic of a contract. */
export interface Topic<
  Params extends Schema | undefined,
  Data extends Schema,
  Presence extends Schema | undefined,
> {
  readonly kind: "topic";
  readonly params: Params;
  readonly data: Data;
  readonly presence: Presence;
  readonly history: TopicHistory;
}

/** How much of a topic is kept for those who return. */
export interface TopicHistory {
  /** Publications kept, newest first. */
  readonly size: number;
  /** Age after which a publication is forgotten, in milliseconds. */
  readonly ttlMs: number;
}

/** Any topic, for constraints. */
export type AnyTopic = Topic<Schema | undefined, Schema, Schema | undefined>;

/** Options of {@link topic}. */
export interface TopicOptions<
  Params extends Schema | undefined,
  Data extends Schema,
  Presence extends Schema | undefined,
> {
  /** What names one topic among those of its kind. Left out: there is one. */
  readonly params?: Params;
  /** One publication. */
  readonly data: Data;
  /** What is known of each one present. Left out: presence is off. */
  readonly presence?: Presence;
  /**
   * How much is kept.
   *
   * @default { size: 0, ttlMs: 0 }
   */
  readonly history?: TopicHistory;
}

class TopicDefinition {}

/**
 * Defines a topic.
 *
 * @throws TypeError when a schema is not a Standard Schema.
 */
export function topic<
  Data extends Schema,
  Params extends Schema | undefined = undefined,
  Presence extends Schema | undefined = undefined,
>(options: TopicOptions<Params, Data, Presence>): Topic<Params, Data, Presence> {
  const { params, data, presence, history = { size: 0, ttlMs: 0 } } = options;
  for (const [name, schema] of Object.entries({ params, data, presence })) {
    if (schema !== undefined && !isSchema(schema)) {
      throw new TypeError(`Cannot define a topic: ${name} is not a schema`);
    }
  }
  const definition = { kind: "topic", params, data, presence, history };
  return Object.freeze(Object.assign(new TopicDefinition(), definition)) as never;
}

/** Whether `value` came from {@link topic}. */
export function isTopic(value: unknown): value is AnyTopic {
  return value instanceof TopicDefinition;
}
