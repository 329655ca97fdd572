/** What became of a version, in words. */
import type { Activation, ModelVersion } from "../../api/learning";

export function reasonInWords({ reason, by }: Activation): string {
  const who = by ?? "an admin";
  return {
    measured: "it was measured better, and took over by the rule",
    promoted: `${who} promoted it`,
    rolled_back: `${who} rolled back to it`,
  }[reason];
}

/** A new version is promoted; what answered before, or came with Squiggle, is only activated again. */
export const wasHere = ({ shipped, activations }: ModelVersion): boolean => shipped || activations.length > 0;
