/** The right panel: labels, objects, model; folded away with the key ]. */
import { ActionIcon, Tooltip, UnstyledButton } from "@mantine/core";
import { ChevronDown, ChevronUp, PanelRightClose, PanelRightOpen } from "lucide-react";
import { loadSettings } from "../store/settings";
import type { Workspace } from "../workspace";
import { LabelsSection } from "./labels-section";
import { ModelSection } from "./model-section";
import { ObjectsSection } from "./objects-section";
import { useSignal } from "./use-signal";
import styles from "./workspace.module.css";

export function SidePanel({ workspace }: { workspace: Workspace }) {
  const open = useSignal(workspace.settings.panelOpen);
  return open ? (
    <aside className={styles.panel} aria-label="Labels, objects and model">
      <LabelsSection workspace={workspace} />
      <ObjectsSection workspace={workspace} />
      <ModelSection workspace={workspace} />
    </aside>
  ) : null;
}

/** Keeps the panel's place while the slide opens, so that the view does not change its size. */
export function SidePanelPlace() {
  return loadSettings().panelOpen.get() ? <aside className={styles.panel} /> : null;
}

/** On a phone, beside the tools: it says which label is next, and opens the sheet where others are chosen. */
export function SheetButton({ workspace }: { workspace: Workspace }) {
  const open = useSignal(workspace.settings.panelOpen);
  useSignal(workspace.labels.list);
  const label = workspace.labels.get(useSignal(workspace.labels.chosen) ?? NaN);
  return (
    <UnstyledButton
      className={styles.sheetButton}
      aria-label={`${open ? "Close" : "Open"} labels, objects and model. Next label: ${label?.name ?? "none"}`}
      aria-expanded={open}
      onClick={() => workspace.settings.panelOpen.set(!open)}
    >
      <span className={styles.swatch} style={{ background: label?.colour }} />
      <span className={styles.rowText}>{label?.name ?? "No label"}</span>
      {open ? <ChevronDown size={18} /> : <ChevronUp size={18} />}
    </UnstyledButton>
  );
}

/** In the upper bar, so that it stays where it is when the panel goes. */
export function PanelButton({ workspace }: { workspace: Workspace }) {
  const open = useSignal(workspace.settings.panelOpen);
  const label = `${open ? "Fold" : "Open"} the panel (])`;
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={label}
        aria-expanded={open}
        onClick={() => workspace.settings.panelOpen.set(!open)}
      >
        {open ? <PanelRightClose size={16} /> : <PanelRightOpen size={16} />}
      </ActionIcon>
    </Tooltip>
  );
}
