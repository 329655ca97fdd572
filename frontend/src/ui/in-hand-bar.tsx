/** The decision about the proposal in hand, for whoever has no keys: at the slide's lower edge, in reach of a thumb. */
import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { Check, Undo2, X } from "lucide-react";
import type { Workspace } from "../workspace";
import { useObject } from "./use-object";
import { useSignal } from "./use-signal";
import styles from "./workspace.module.css";

export function InHandBar({ workspace }: { workspace: Workspace }) {
  const object = useObject(workspace.store, useSignal(workspace.selection.current));
  const isOpen = object?.state === "proposed" || object?.state === "asked";
  if (!isOpen || !workspace.canEdit) return null;
  const { decisions } = workspace;
  const reject = object.correcting ? "Bring the accepted mask back (X)" : "Reject (X)";
  return (
    <div className={styles.inHand} role="group" aria-label="Proposal in hand">
      <Tooltip label={reject}>
        <Button size="compact-sm" variant="default" aria-label={reject} leftSection={<X size={16} />} onClick={() => decisions.reject()}>
          Reject
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
      <Tooltip label="Accept (Enter)">
        <Button size="compact-sm" aria-label="Accept (Enter)" leftSection={<Check size={16} />} onClick={() => decisions.accept()}>
          Accept
        </Button>
      </Tooltip>
    </div>
  );
}
