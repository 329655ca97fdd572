/** The decision about the proposal in hand, for whoever has no keys: at the slide's lower edge, in reach of a thumb. */
import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { Check, Undo2, X } from "lucide-react";
import type { SlideObject } from "../store/slide-object";
import type { Workspace } from "../workspace";
import { useObject } from "./use-object";
import { useSignal } from "./use-signal";
import styles from "./workspace.module.css";

export function InHandBar({ workspace }: { workspace: Workspace }) {
  const object = useObject(workspace.store, useSignal(workspace.selection.current));
  const isOpen = object?.state === "proposed" || object?.state === "asked";
  if (!isOpen || !workspace.canEdit) return null;
  const { decisions } = workspace;
  const words = wordsFor(object);
  return (
    <div className={styles.inHand} role="group" aria-label="Proposal in hand">
      {object.covers.length > 0 && <p role="status">This covers {coveredInWords(workspace, object)}.</p>}
      <Tooltip label={words.rejectLong}>
        <Button size="compact-sm" variant="default" aria-label={words.rejectLong} leftSection={<X size={16} />} onClick={() => decisions.reject()}>
          {words.reject}
        </Button>
      </Tooltip>
      {object.prompts.length > 1 && (
        <Tooltip label="Take the last click or line back (Backspace)">
          <ActionIcon
            variant="default"
            size={26}
            aria-label="Take the last click or line back (Backspace)"
            onClick={() => workspace.takeBack()}
          >
            <Undo2 size={16} />
          </ActionIcon>
        </Tooltip>
      )}
      <Tooltip label={words.acceptLong}>
        <Button size="compact-sm" aria-label={words.acceptLong} leftSection={<Check size={16} />} onClick={() => decisions.accept()}>
          {words.accept}
        </Button>
      </Tooltip>
    </div>
  );
}

function wordsFor({ covers, correcting }: SlideObject) {
  const covering = covers.length > 0;
  const reject = covering ? "Discard" : "Reject";
  return {
    accept: covering ? "Replace" : "Accept",
    acceptLong: covering ? "Replace (Enter)" : "Accept (Enter)",
    reject,
    rejectLong: correcting ? "Bring the accepted mask back (X)" : `${reject} (X)`,
  };
}

/** "an accepted nucleus (Tumour, by bob)", "2 accepted objects"; of what is out of view only how many there are. */
function coveredInWords({ labels, store }: Workspace, { covers }: SlideObject): string {
  const covered = store.get(covers[0]!.object_id);
  if (covers.length > 1) return `${covers.length} accepted objects`;
  const label = covered && labels.get(covered.labelId);
  return label ? `an accepted ${label.object_type ?? "object"} (${label.name}, by ${covered.author})` : "an accepted object";
}
