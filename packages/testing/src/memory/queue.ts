/**
 * Queue: first in, first out, at the same cost however long it is. `Array.shift` moves all
 * that is behind, which made a flood of 100,000 frames ten times slower than its frames.
 */

/** A line of items. */
export interface Queue<T> {
  readonly first: T | undefined;
  readonly size: number;
  push(item: T): void;
  shift(): T | undefined;
  clear(): void;
}

interface Link<T> {
  readonly item: T;
  next: Link<T> | undefined;
}

/** Creates an empty queue. */
export function createQueue<T>(): Queue<T> {
  let head: Link<T> | undefined;
  let tail: Link<T> | undefined;
  let size = 0;
  return {
    get first() {
      return head?.item;
    },
    get size() {
      return size;
    },
    push(item) {
      const link: Link<T> = { item, next: undefined };
      if (tail === undefined) head = link;
      else tail.next = link;
      tail = link;
      size++;
    },
    shift() {
      if (head === undefined) return undefined;
      const { item, next } = head;
      head = next;
      if (next === undefined) tail = undefined;
      size--;
      return item;
    },
    clear() {
      head = tail = undefined;
      size = 0;
    },
  };
}
