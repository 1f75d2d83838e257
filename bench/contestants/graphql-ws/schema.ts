/** The three procedures as a GraphQL schema, which also validates what goes in and out. */
import {
  GraphQLBoolean,
  type GraphQLFieldConfigMap,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
} from "graphql";
import type { Feed } from "../../app/feed.js";
import { type Chunk, flood } from "../../app/flood.js";
import { answerTo, type Item } from "../../app/item.js";

const DateTime = new GraphQLScalarType<Date, string>({
  name: "DateTime",
  serialize: (value) => (value as Date).toISOString(),
  parseValue: (value) => new Date(value as string),
});

const required = <T extends GraphQLScalarType>(type: T) => ({ type: new GraphQLNonNull(type) });

const itemFields = () => ({
  id: required(GraphQLString),
  title: required(GraphQLString),
  count: required(GraphQLInt),
  open: required(GraphQLBoolean),
  at: required(DateTime as GraphQLScalarType),
});

const ItemType = new GraphQLObjectType({ name: "Item", fields: itemFields() });
const ItemInput = new GraphQLInputObjectType({ name: "ItemInput", fields: itemFields() });
const ChunkType = new GraphQLObjectType({
  name: "Chunk",
  fields: { n: required(GraphQLInt), text: required(GraphQLString) },
});

/** The schema over a feed. */
export function createSchema(feed: Feed) {
  const query: GraphQLFieldConfigMap<unknown, unknown> = {
    answer: {
      type: new GraphQLNonNull(ItemType),
      args: { item: { type: new GraphQLNonNull(ItemInput) } },
      resolve: (_root, { item }: { item: Item }) => answerTo(item),
    },
  };
  // The iterables themselves, with no generator around: the library ends them by `return`.
  const subscription: GraphQLFieldConfigMap<unknown, unknown> = {
    follow: stream(ItemType, () => feed.follow()),
    flood: stream(ChunkType, () => flood()),
  };
  return new GraphQLSchema({
    query: new GraphQLObjectType({ name: "Query", fields: query }),
    subscription: new GraphQLObjectType({ name: "Subscription", fields: subscription }),
  });
}

const stream = (type: GraphQLOutputType, subscribe: () => AsyncIterable<Item | Chunk>) => ({
  type: new GraphQLNonNull(type),
  subscribe,
  resolve: (event: unknown) => event,
});
