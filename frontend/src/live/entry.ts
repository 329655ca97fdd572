/** One unsent command in the outbox, and how one is told from what a broken storage or another version left. */
import type { Change } from "../store/slide-object";

export interface Entry {
  /** Sorts by the time of the person's action, across tabs. */
  readonly key: string;
  readonly change: Change;
  /** Objects whose base_version is that of the entry's own predecessor in the queue, filled in when it is sent. */
  readonly chained: readonly string[];
  /** Turn of each object as the person saw it: an answer to that turn is no one else's change. */
  readonly seenTurns: Readonly<Record<string, number>>;
  /** The payload is final: the server refuses one command_id with two payloads. */
  readonly sent: boolean;
}

const KINDS = new Set<unknown>(["segment", "accept", "reject", "relabel", "delete", "restore"] satisfies Change["kind"][]);

/** Whether all is there that the outbox and the store read; the rest is for the server to judge. */
export function isEntry(value: unknown): value is Entry {
  if (!isRecord(value) || !isRecord(value.change) || !isRecord(value.seenTurns)) return false;
  const { key, change, chained, sent } = value;
  const named = change.kind === "segment" ? change.targets : change.objects;
  return (
    typeof key === "string" &&
    typeof sent === "boolean" &&
    typeof change.command_id === "string" &&
    KINDS.has(change.kind) &&
    Array.isArray(chained) &&
    chained.every((id) => typeof id === "string") &&
    Array.isArray(named) &&
    named.every((each) => isRecord(each) && typeof each.object_id === "string") &&
    (change.kind !== "segment" || named.every((each) => Array.isArray(each.prompts)))
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
