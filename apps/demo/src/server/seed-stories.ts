/**
 * Two weeks in the life of an on-call team, told backwards from the moment of the first start.
 * Told as data so that a story can be read, and changed, without reading code.
 */
import type { Service, Severity } from "../vocabulary.js";

/** A step of a story: minutes after the opening, who, what, and what they said. */
export type Step = readonly [
  afterMinutes: number,
  by: string,
  kind: "acknowledged" | "commented" | "resolved",
  text?: string,
];

/** One incident from beginning to end, or to where it stands. */
export interface Story {
  /** Minutes before the first start. */
  readonly ago: number;
  readonly service: Service;
  readonly severity: Severity;
  readonly title: string;
  readonly by: string;
  readonly steps: readonly Step[];
}

const hour = 60;
const day = 24 * hour;
const priya = "Priya Raman";
const marco = "Marco Silva";
const yuki = "Yuki Tanaka";
const amara = "Amara Okafor";
const lena = "Lena Fischer";
const tom = "Tom Becker";
/** The monitoring that opens incidents when nobody looks. */
const watch = "Watchtower";

export const stories: readonly Story[] = [
  {
    ago: 3.4,
    service: "checkout",
    severity: "sev1",
    title: "Orders stuck in “confirming” after payment",
    by: watch,
    steps: [
      [0.9, priya, "acknowledged"],
      [
        1.6,
        priya,
        "commented",
        "Payments answers, the write to orders-db does not. Looking at the connection pool.",
      ],
      [
        2.5,
        marco,
        "commented",
        "Pool is at 200 of 200 since 14 minutes. Something holds transactions open, checking the new voucher job.",
      ],
    ],
  },
  {
    ago: 12,
    service: "search",
    severity: "sev2",
    title: "Search results are 40 minutes old in eu-west",
    by: amara,
    steps: [
      [
        4,
        amara,
        "commented",
        "Indexer lag is 41 min and rising. Only eu-west; us-east is current.",
      ],
    ],
  },
  {
    ago: 47,
    service: "notifications",
    severity: "sev3",
    title: "Push notifications delayed by up to 6 minutes on Android",
    by: watch,
    steps: [],
  },
  {
    ago: 83,
    service: "payments",
    severity: "sev2",
    title: "3-D Secure challenge times out for one issuer",
    by: lena,
    steps: [
      [3, lena, "acknowledged"],
      [
        9,
        lena,
        "commented",
        "Only cards that begin with 4917. Opened a ticket with the provider: #88213.",
      ],
      [
        41,
        lena,
        "commented",
        "Provider confirms a bad certificate at the issuer, fix promised within the hour.",
      ],
    ],
  },
  {
    ago: 3.2 * hour,
    service: "api-gateway",
    severity: "sev3",
    title: "429s for two partners after quota change",
    by: tom,
    steps: [
      [2, tom, "acknowledged"],
      [
        11,
        tom,
        "commented",
        "The new quota counts health checks. Partner B polls ours every second.",
      ],
      [26, tom, "resolved", "Health checks no longer count towards the quota."],
    ],
  },
  {
    ago: 7.5 * hour,
    service: "identity",
    severity: "sev2",
    title: "Sign-in loop after password reset",
    by: watch,
    steps: [
      [4, yuki, "acknowledged"],
      [
        13,
        yuki,
        "commented",
        "Session cookie is set for the old domain. Came with this morning’s release, 7.41.",
      ],
      [
        19,
        amara,
        "commented",
        "Support has 34 tickets so far; sent them a macro with the workaround (private window).",
      ],
      [38, yuki, "resolved", "Rolled back to 7.40. Fix goes out with 7.42."],
    ],
  },
  {
    ago: 11 * hour,
    service: "payments",
    severity: "sev3",
    title: "Refund webhooks delivered twice",
    by: marco,
    steps: [
      [1, marco, "acknowledged"],
      [
        22,
        marco,
        "resolved",
        "Queue consumer was scaled to two without a lock. Deduplicated by event id.",
      ],
    ],
  },
  {
    ago: 19 * hour,
    service: "api-gateway",
    severity: "sev1",
    title: "Elevated 502s in us-east",
    by: watch,
    steps: [
      [1, tom, "acknowledged"],
      [
        4,
        tom,
        "commented",
        "One availability zone. Half of the gateway’s pods can not reach the mesh.",
      ],
      [9, priya, "commented", "I have the status page."],
      [14, tom, "commented", "Draining zone b."],
      [
        21,
        tom,
        "commented",
        "Zone b drained, error rate back to normal. Watching for ten minutes.",
      ],
      [
        33,
        tom,
        "resolved",
        "Cloud provider fixed the network in zone b; traffic restored in steps.",
      ],
    ],
  },
  {
    ago: 1.3 * day,
    service: "search",
    severity: "sev4",
    title: "Typo tolerance is off for Finnish",
    by: yuki,
    steps: [
      [95, yuki, "acknowledged"],
      [240, yuki, "resolved", "Dictionary had been built without stemming."],
    ],
  },
  {
    ago: 1.9 * day,
    service: "checkout",
    severity: "sev2",
    title: "Vouchers applied twice when the cart is open in two tabs",
    by: lena,
    steps: [
      [6, lena, "acknowledged"],
      [
        31,
        lena,
        "commented",
        "Reproduced. The second tab re-sends the voucher with a stale cart version.",
      ],
      [
        74,
        lena,
        "resolved",
        "Voucher writes are now conditional on the cart’s version. 112 orders corrected.",
      ],
    ],
  },
  {
    ago: 2.4 * day,
    service: "notifications",
    severity: "sev3",
    title: "Order mails land in spam at one large provider",
    by: amara,
    steps: [
      [15, amara, "acknowledged"],
      [
        50,
        amara,
        "commented",
        "DKIM key rotated yesterday, DNS still serves the old one in two regions.",
      ],
      [130, amara, "resolved", "DNS is consistent again, placement back to 99 %."],
    ],
  },
  {
    ago: 3.2 * day,
    service: "identity",
    severity: "sev1",
    title: "Tokens rejected by every service",
    by: watch,
    steps: [
      [1, yuki, "acknowledged"],
      [2, marco, "commented", "Key set endpoint serves an empty list."],
      [
        5,
        yuki,
        "commented",
        "Signing key rotated, publication job failed silently. Publishing by hand.",
      ],
      [
        8,
        yuki,
        "resolved",
        "Keys published, caches cleared. Job now fails loudly and keeps the previous key for 24 h.",
      ],
    ],
  },
  {
    ago: 4.1 * day,
    service: "payments",
    severity: "sev4",
    title: "Settlement report misses the fee column",
    by: marco,
    steps: [
      [40, marco, "acknowledged"],
      [180, marco, "resolved", "Column restored, report of Tuesday re-sent."],
    ],
  },
  {
    ago: 5.6 * day,
    service: "search",
    severity: "sev2",
    title: "Out of memory on two of five index nodes",
    by: watch,
    steps: [
      [5, amara, "acknowledged"],
      [17, amara, "commented", "One customer’s catalogue has 40,000 variants per product."],
      [
        58,
        amara,
        "resolved",
        "Variants are capped at 5,000 per document; nodes recovered on their own.",
      ],
    ],
  },
  {
    ago: 6.8 * day,
    service: "api-gateway",
    severity: "sev3",
    title: "Slow TLS handshakes from South America",
    by: tom,
    steps: [
      [12, tom, "acknowledged"],
      [66, tom, "resolved", "Session tickets were not shared between edge nodes."],
    ],
  },
  {
    ago: 8.3 * day,
    service: "checkout",
    severity: "sev1",
    title: "Checkout down for guests",
    by: watch,
    steps: [
      [1, priya, "acknowledged"],
      [3, lena, "commented", "Started with flag guest-address-v2 at 100 %."],
      [4, priya, "commented", "Turning the flag off."],
      [6, priya, "resolved", "Flag off, orders flow again. 9 minutes, about 310 orders lost."],
    ],
  },
  {
    ago: 9.7 * day,
    service: "notifications",
    severity: "sev4",
    title: "Weekly digest sent on Saturday",
    by: amara,
    steps: [
      [25, amara, "acknowledged"],
      [44, amara, "resolved", "Scheduler used the server’s week, which starts on Sunday."],
    ],
  },
  {
    ago: 11.2 * day,
    service: "identity",
    severity: "sev3",
    title: "SMS codes arrive after they have expired",
    by: yuki,
    steps: [
      [8, yuki, "acknowledged"],
      [29, yuki, "commented", "Provider A queues for minutes; provider B is fine."],
      [36, yuki, "resolved", "All traffic to provider B until A has recovered."],
    ],
  },
  {
    ago: 12.5 * day,
    service: "payments",
    severity: "sev1",
    title: "Card payments declined across all providers",
    by: watch,
    steps: [
      [1, marco, "acknowledged"],
      [3, marco, "commented", "Fraud scoring answers “deny” to everything since 09:12."],
      [7, lena, "commented", "Model file of today is 0 bytes."],
      [10, marco, "resolved", "Back on yesterday’s model. Empty models are refused from now on."],
    ],
  },
  {
    ago: 13.4 * day,
    service: "search",
    severity: "sev3",
    title: "Autocomplete answers in 900 ms",
    by: amara,
    steps: [
      [20, amara, "acknowledged"],
      [92, amara, "resolved", "Cache key held the user’s id. Hit rate is back at 94 %."],
    ],
  },
];
