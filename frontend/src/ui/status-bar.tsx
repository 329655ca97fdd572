/** The status bar: where we are on the slide, how much of it is shown, how fast the model was, and whether all is saved. */
import { useEffect, useRef } from "react";
import { magnification, scaleBar, type View } from "../viewer/coordinates";
import type { Workspace } from "../workspace";
import { MisfitMark } from "./misfit";
import { Latency } from "./model-section";
import { savedInWords } from "./saved-words";
import { useSignal } from "./use-signal";
import { length, number, times } from "./words";
import styles from "./workspace.module.css";

const BAR_PX = 110;

export function StatusBar({ workspace }: { workspace: Workspace }) {
  return (
    <footer className={styles.status} aria-label="Status">
      <Scale workspace={workspace} />
      <span className={styles.optional}>{Number(workspace.slide.mpp.toFixed(3))} µm/px</span>
      <Coordinates workspace={workspace} />
      <Shown workspace={workspace} />
      <ModelAndLatency workspace={workspace} />
      <MisfitMark workspace={workspace} />
      <span className={styles.spacer} />
      <Saved workspace={workspace} />
    </footer>
  );
}

/** Written into the page directly: the view changes sixty times a second, and React need not know. */
function Scale({ workspace }: { workspace: Workspace }) {
  const bar = useRef<HTMLSpanElement>(null);
  const text = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const show = (view: View | null) => {
      if (!view) return;
      const { um, px } = scaleBar(view, workspace.slide.mpp, BAR_PX);
      bar.current!.style.width = `${px}px`;
      text.current!.textContent = `${length(um)} · ${times(magnification(view, workspace.slide.mpp))}`;
    };
    show(workspace.view.get());
    return workspace.view.subscribe(show);
  }, [workspace]);
  return (
    <span>
      <span ref={bar} className={styles.bar} aria-hidden />
      <span ref={text} />
    </span>
  );
}

function Coordinates({ workspace }: { workspace: Workspace }) {
  const text = useRef<HTMLSpanElement>(null);
  useEffect(
    () =>
      workspace.pointer.subscribe((point) => {
        text.current!.textContent = point ? `${number(Math.round(point.x))}, ${number(Math.round(point.y))}` : "";
      }),
    [workspace],
  );
  return <span ref={text} className={`${styles.coordinates} ${styles.optional}`} title="Pointer, level-0 pixels" />;
}

function Shown({ workspace }: { workspace: Workspace }) {
  const { shown, total } = useSignal(workspace.loader.shown);
  return (
    <span className={styles.optional}>
      showing {number(shown)} of {number(total)}
    </span>
  );
}

function ModelAndLatency({ workspace }: { workspace: Workspace }) {
  const labelId = useSignal(workspace.labels.chosen);
  const latest = useSignal(workspace.clickTimes.latest);
  useSignal(workspace.models.picked);
  useSignal(workspace.models.choices);
  // After an answer the model that gave it; it need not be the one that answers next.
  const answered = latest && workspace.models.byId(workspace.store.get(latest.object_id)?.modelId ?? null);
  const model = answered ?? workspace.asking.answering(labelId).model;
  return (
    <span className={styles.optional}>
      {model?.name ?? "no model"}
      {latest && (
        <>
          {" · "}
          <Latency click={latest} />
        </>
      )}
    </span>
  );
}

/** One sentence at a time. */
function Saved({ workspace }: { workspace: Workspace }) {
  const { live } = workspace;
  const { tone, words, more } = savedInWords({
    connection: useSignal(live.socket.connection),
    saved: useSignal(live.saved),
    standing: useSignal(workspace.session.standing),
    unsent: useSignal(live.outbox.unsent),
    unkept: useSignal(live.outbox.unkept),
    isRead: useSignal(live.outbox.isRead),
    reason: useSignal(live.watch.reason),
  });
  return (
    <span className={styles.savedLine} role="status" aria-label="Saving" title={more ?? undefined}>
      <span className={styles[tone]}>{words}</span>
      {more !== null && <span className={styles.reason}>{more}</span>}
    </span>
  );
}
