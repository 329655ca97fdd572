/** The project's guidelines beside the slide, which goes on being worked on; and the button that opens them, where there are any. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { BookOpen, X } from "lucide-react";
import type { Workspace } from "../workspace";
import styles from "./guidelines-panel.module.css";
import { GuidelinesText } from "./guidelines";
import { useSignal } from "./use-signal";

export function GuidelinesButton({ workspace }: { workspace: Workspace }) {
  const project = useSignal(workspace.project);
  const open = useSignal(workspace.guidelinesOpen);
  if (!project.has_guidelines) return null;
  return (
    <Tooltip label="Guidelines of the project">
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label="Guidelines"
        aria-expanded={open}
        onClick={() => workspace.guidelinesOpen.update((now) => !now)}
      >
        <BookOpen size={16} />
      </ActionIcon>
    </Tooltip>
  );
}

export function GuidelinesPanel({ workspace }: { workspace: Workspace }) {
  const project = useSignal(workspace.project);
  const open = useSignal(workspace.guidelinesOpen);
  if (!open || !project.has_guidelines) return null;
  return (
    <aside className={styles.panel} aria-label={`Guidelines of ${project.name}`}>
      <div className={styles.head}>
        <h2>Guidelines</h2>
        <ActionIcon variant="subtle" color="gray" aria-label="Close the guidelines" onClick={() => workspace.guidelinesOpen.set(false)}>
          <X size={16} />
        </ActionIcon>
      </div>
      <GuidelinesText projectId={project.id} version={project.version} />
    </aside>
  );
}
