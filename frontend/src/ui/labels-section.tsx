/** The labels: which one the next object takes, how many are accepted, and how objects look. */
import { SegmentedControl, Switch, Tooltip } from "@mantine/core";
import { FILL_OPACITIES } from "../store/settings";
import type { Workspace } from "../workspace";
import { useSignal } from "./use-signal";
import { number } from "./words";
import styles from "./workspace.module.css";

export function LabelsSection({ workspace }: { workspace: Workspace }) {
  return (
    <section className={styles.section} aria-label="Labels">
      <h2>Labels</h2>
      <LabelList workspace={workspace} />
      {workspace.canEdit ? (
        <AcceptSwitch workspace={workspace} />
      ) : (
        <p className={styles.empty}>You may look at this project, not change it.</p>
      )}
      <OpacityControl workspace={workspace} />
    </section>
  );
}

function LabelList({ workspace }: { workspace: Workspace }) {
  const chosen = useSignal(workspace.labels.chosen);
  const counts = useSignal(workspace.loader.acceptedByLabel);
  const labels = useSignal(workspace.labels.list);
  if (labels.length === 0) {
    return <p className={styles.empty}>This project has no label yet. A project admin adds the first one in its Settings.</p>;
  }
  // What no tool outlines yet leads nowhere: it is shown only where objects bear it.
  const shown = labels.filter(({ id }) => workspace.labels.isOffered(id) || counts.get(id));
  return shown.map((label) => (
    <button
      key={label.id}
      className={styles.row}
      aria-pressed={workspace.canEdit && label.id === chosen}
      disabled={!workspace.canEdit || !workspace.labels.isOffered(label.id)}
      onClick={() => workspace.labelling.choose(label.id)}
    >
      <span className={styles.swatch} style={{ background: label.colour }} />
      <span className={styles.rowText}>{label.name}</span>
      <span className={styles.quiet}>{number(counts.get(label.id) ?? 0)}</span>
      {label.key !== null && <kbd className={styles.key}>{label.key}</kbd>}
    </button>
  ));
}

function AcceptSwitch({ workspace }: { workspace: Workspace }) {
  const accepts = useSignal(workspace.settings.acceptAsIGo);
  return (
    <Tooltip label="The next click elsewhere accepts the proposal in hand" position="left">
      <Switch
        mt={12}
        size="xs"
        label="Accept as I go"
        styles={{ label: { fontSize: 13 } }}
        checked={accepts}
        onChange={(event) => workspace.settings.acceptAsIGo.set(event.currentTarget.checked)}
      />
    </Tooltip>
  );
}

function OpacityControl({ workspace }: { workspace: Workspace }) {
  const opacity = useSignal(workspace.settings.fillOpacity);
  return (
    <SegmentedControl
      mt={12}
      size="xs"
      fullWidth
      aria-label="Fill opacity (O)"
      value={String(opacity)}
      data={FILL_OPACITIES.map((value) => ({ value: String(value), label: value === 0 ? "Outline" : `${value * 100} %` }))}
      onChange={(value) => workspace.settings.fillOpacity.set(Number(value))}
    />
  );
}
