/** The model: which one answers for the chosen label and why, which others could, and where an answer's time went. */
import { NativeSelect, Tooltip } from "@mantine/core";
import { setStain, type Model } from "../api/rest";
import type { ClickTime } from "../store/click-times";
import type { ObjectType, Stain } from "../store/messages";
import type { Workspace } from "../workspace";
import { MisfitWords } from "./misfit";
import { useSignal } from "./use-signal";
import { plural } from "./words";
import styles from "./workspace.module.css";

const STAINS: readonly Stain[] = ["H&E", "IHC", "fluorescence", "Romanowsky", "other"];
/** inference/slide.py SAME_SCALE */
const SAME_SCALE = 0.01;

export function ModelSection({ workspace }: { workspace: Workspace }) {
  const labelId = useSignal(workspace.labels.chosen);
  useSignal(workspace.models.picked);
  useSignal(workspace.models.choices);
  const objectType = workspace.labels.typeOf(labelId);
  const { model, reason } = workspace.asking.answering(labelId);
  const misfit = workspace.models.misfit(model);
  return (
    <section className={styles.section} aria-label="Model">
      <h2>Model{objectType && ` for ${plural(objectType)}`}</h2>
      {model && objectType && <ModelName workspace={workspace} objectType={objectType} answering={model} />}
      {model && objectType && <MisfitWords workspace={workspace} objectType={objectType} misfit={misfit} />}
      {reason && <p className={model ? styles.note : styles.warning}>{reason}</p>}
      <Facts workspace={workspace} model={model} />
      {model && <Resampled workspace={workspace} model={model} />}
    </section>
  );
}

/** A choice where there is something to choose from. */
function ModelName({ workspace, objectType, answering }: { workspace: Workspace; objectType: ObjectType; answering: Model }) {
  const { models } = workspace;
  const automatic = models.automatic(objectType).model;
  const all = models.listFor(objectType);
  if (!workspace.canEdit || (all.length < 2 && automatic)) return <p className={styles.modelName}>{answering.name}</p>;
  return (
    <NativeSelect
      size="xs"
      mb={8}
      aria-label={`Model for ${plural(objectType)}`}
      value={models.pickedFor(objectType) === null ? "" : String(answering.id)}
      data={[
        { value: "", label: `Automatic${automatic ? `: ${automatic.name}` : ""}` },
        ...all.filter((each) => each !== automatic).map(({ id, name }) => ({ value: String(id), label: name })),
      ]}
      onChange={(event) => {
        const { value } = event.currentTarget;
        models.pick(objectType, value === "" ? null : Number(value));
        // The keys go back to the slide.
        event.currentTarget.blur();
      }}
    />
  );
}

function Facts({ workspace, model }: { workspace: Workspace; model: Model | undefined }) {
  const worker = useSignal(workspace.live.watch.worker);
  const aji = model?.metrics?.["aji"];
  const facts: [string, React.ReactNode][] = [
    ["This slide", <StainOfSlide key="stain" workspace={workspace} />],
    ...(model ? factsOf(model) : []),
    ...(typeof aji === "number" ? [["AJI", aji.toFixed(3)] as [string, string]] : []),
    ["Worker", worker ?? "not known"],
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

function factsOf(model: Model): [string, string][] {
  const made = [model.stain, model.mpp ? `${model.mpp} µm/px` : ""];
  return [
    ["Made for", made.filter(Boolean).join(", ")],
    ["Licence", model.licence],
  ];
}

/** The stain decides which model is chosen; administrators set it. */
function StainOfSlide({ workspace }: { workspace: Workspace }) {
  const stain = useSignal(workspace.models.stain);
  if (workspace.slide.role !== "admin") return stain;
  const change = async (chosen: Stain) => {
    try {
      workspace.models.stainChanged(await setStain(workspace.slide.id, chosen));
    } catch (error) {
      workspace.notices.say("error", (error as Error).message);
    }
  };
  return (
    <NativeSelect
      size="xs"
      aria-label="Stain of this slide"
      value={stain}
      data={[...STAINS]}
      onChange={(event) => {
        void change(event.currentTarget.value as Stain);
        event.currentTarget.blur();
      }}
    />
  );
}

function Resampled({ workspace, model }: { workspace: Workspace; model: Model }) {
  const mpp = Number(workspace.slide.mpp.toFixed(3));
  if (!model.mpp || Math.abs(workspace.slide.mpp / model.mpp - 1) < SAME_SCALE) return null;
  return (
    <p className={styles.note}>
      This slide has {mpp} µm/px: patches are resampled to {model.mpp}.
    </p>
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
