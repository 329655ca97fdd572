/** The model: which one answers the clicks, what it was trained for, its licence, and how fast its last answer was. */
import { Tooltip } from "@mantine/core";
import type { Model } from "../api/rest";
import type { ClickTime } from "../store/click-times";
import type { Workspace } from "../workspace";
import { useSignal } from "./use-signal";
import styles from "./workspace.module.css";

export function ModelSection({ workspace }: { workspace: Workspace }) {
  const labelId = useSignal(workspace.labelId);
  const model = workspace.activeModel(labelId);
  return (
    <section className={styles.section} aria-label="Model">
      <h2>Model</h2>
      {model ? (
        <Facts workspace={workspace} model={model} />
      ) : (
        <p className={styles.empty}>No model is active for this label. Clicks cannot be answered.</p>
      )}
    </section>
  );
}

function Facts({ workspace, model }: { workspace: Workspace; model: Model }) {
  const worker = useSignal(workspace.live.watch.worker);
  const latest = useSignal(workspace.clickTimes.latest);
  const aji = model.metrics?.["aji"];
  const facts: [string, React.ReactNode][] = [
    ["Version", model.name],
    ["Method", model.method],
    ["For", `${model.object_type}, ${model.stain}${model.mpp ? `, ${model.mpp} µm/px` : ""}`],
    ...(typeof aji === "number" ? [["AJI", aji.toFixed(3)] as [string, string]] : []),
    ["Licence", model.licence],
    ["Worker", worker ?? "not known"],
    ["Last answer", latest ? <Latency click={latest} /> : "–"],
  ];
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <div key={name} style={{ display: "contents" }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** From the pointer's release to the painted outline; the tooltip says where the time went. */
export function Latency({ click }: { click: ClickTime }) {
  const total = click.painted! - click.pointerUp;
  return (
    <Tooltip label={<Split click={click} />} position="top">
      <span>{Math.round(total)} ms</span>
    </Tooltip>
  );
}

function Split({ click }: { click: ClickTime }) {
  return (
    <dl className={styles.facts}>
      {splitOf(click).map(([name, ms]) => (
        <div key={name} style={{ display: "contents" }}>
          <dt>{name}</dt>
          <dd>{ms.toFixed(1)} ms</dd>
        </div>
      ))}
    </dl>
  );
}

function splitOf({ pointerUp, sent, received, painted, times }: ClickTime): [string, number][] {
  const parts: [string, number][] = [];
  if (sent !== null) parts.push(["browser, to send", sent - pointerUp]);
  if (times) {
    parts.push(
      ["store the click", times.command_ms],
      ["queue", times.queue_ms],
      ["read the pixels", times.read_ms],
      ["network", times.network_ms],
      ["outline", times.post_ms],
      ["reply", times.reply_ms],
      ["store the answer", times.database_ms],
    );
    const known = Object.values(times).reduce((sum, ms) => sum + ms, 0);
    if (sent !== null && received !== null) parts.push(["line", Math.max(0, received - sent - known)]);
  }
  if (received !== null && painted !== null) parts.push(["paint", painted - received]);
  return parts;
}
