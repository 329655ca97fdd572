/** The cheat sheet of keys, on `?`. */
import { Kbd, Modal } from "@mantine/core";
import type { Workspace } from "../workspace";
import { KEYS } from "./keys";
import { useSignal } from "./use-signal";
import styles from "./workspace.module.css";

const GROUPS = ["Tools", "Proposals", "Objects", "View"] as const;

export function Help({ workspace }: { workspace: Workspace }) {
  const open = useSignal(workspace.helpOpen);
  const listed = KEYS.filter((key) => key.words && (!key.edits || workspace.canEdit));
  return (
    <Modal opened={open} onClose={() => workspace.helpOpen.set(false)} title="Keys and gestures" size="xl">
      <div className={styles.keys}>
        {GROUPS.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {listed
                .filter((key) => key.group === group)
                .map((key) => (
                  <div key={key.words} style={{ display: "contents" }}>
                    <dt>
                      <Kbd size="xs">{key.shown}</Kbd>
                    </dt>
                    <dd>{key.words}</dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
