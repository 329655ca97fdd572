/** The objects: open proposals, accepted ones in and around the view, and the trash, from which they come back. */
import { ActionIcon, Button, Group, SegmentedControl, Tooltip } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Trash2, Undo2 } from "lucide-react";
import { useEffect, useRef } from "react";
import { listTrash } from "../api/rest";
import { measure } from "../store/shape";
import type { SlideObject } from "../store/slide-object";
import type { Workspace } from "../workspace";
import { ObjectFilters, useNames, useObjectQuery } from "./object-filters";
import { useObjectList } from "./object-list";
import { countFilters, withoutFilters, type ObjectFilter, type ObjectSort } from "./object-query";
import objectStyles from "./objects.module.css";
import { useSignal } from "./use-signal";
import { number } from "./words";
import styles from "./workspace.module.css";

/** A finger needs more room. */
const ROW_PX = window.matchMedia("(pointer: coarse)").matches ? 44 : 28;

const WORDS_FOR_NONE: Record<ObjectFilter, string> = {
  open: "No open proposal. Click a nucleus, or draw a line inside a gland, to make one.",
  accepted: "Nothing is accepted here yet.",
  trash: "Nothing was rejected or deleted.",
};

export function ObjectsSection({ workspace }: { workspace: Workspace }) {
  const query = useObjectQuery(workspace);
  const asked = useSignal(query);
  const { filter, sort } = asked;
  const { objects, total } = useObjectList(workspace.store, asked, useNames(workspace));
  useTrash(workspace, filter);
  const proposed = objects.filter((object) => object.state === "proposed");
  const failed = objects.filter((object) => object.state === "failed");
  const isFiltered = countFilters(asked) > 0;
  const noneWords = filter === "open" && !workspace.canEdit ? "No open proposal." : WORDS_FOR_NONE[filter];
  return (
    <section className={`${styles.section} ${styles.objects} ${objectStyles.section}`} aria-label="Objects">
      <div className={objectStyles.head}>
        <h2>Objects</h2>
        <ObjectFilters workspace={workspace} query={query} />
      </div>
      <SegmentedControl
        size="xs"
        fullWidth
        aria-label="Which objects"
        value={filter}
        data={[
          { value: "open", label: "Proposals" },
          { value: "accepted", label: "Accepted" },
          { value: "trash", label: "Trash" },
        ]}
        onChange={(value) => query.set({ ...asked, filter: value as ObjectFilter })}
      />
      {isFiltered && (
        <p className={objectStyles.some} role="status">
          {number(objects.length)} of {number(total)}
          <Button size="compact-xs" variant="subtle" onClick={() => query.update(withoutFilters)}>
            Show all
          </Button>
        </p>
      )}
      {filter === "open" && workspace.canEdit && (
        <Group gap={8} mt={proposed.length > 1 || failed.length > 1 ? 8 : 0}>
          {proposed.length > 1 && (
            <Tooltip label={isFiltered ? "Accept those that are listed, and no others" : "Accept all proposals (Shift + Enter)"}>
              <Button size="compact-xs" variant="light" onClick={() => workspace.decisions.acceptAll(isFiltered ? proposed : undefined)}>
                Accept {isFiltered ? "these" : "all"} {number(proposed.length)}
              </Button>
            </Tooltip>
          )}
          {failed.length > 1 && (
            <Button size="compact-xs" variant="default" onClick={() => workspace.decisions.rejectFailed(failed)}>
              Clear {number(failed.length)} without outline
            </Button>
          )}
        </Group>
      )}
      {objects.length > 0 ? (
        <List workspace={workspace} objects={objects} sort={sort} />
      ) : (
        !(isFiltered && total > 0) && <p className={styles.empty}>{noneWords}</p>
      )}
    </section>
  );
}

/** The trash lies on the server; it is fetched when somebody looks into it. */
function useTrash(workspace: Workspace, filter: ObjectFilter): void {
  useEffect(() => {
    if (filter !== "trash") return;
    listTrash(workspace.slide.id).then(
      (views) => workspace.store.upsert(views, 0, "snapshot"),
      (error: Error) => workspace.notices.say("error", error.message),
    );
  }, [workspace, filter]);
}

function List({ workspace, objects, sort }: { workspace: Workspace; objects: SlideObject[]; sort: ObjectSort }) {
  const scroller = useRef<HTMLDivElement>(null);
  const selected = useSignal(workspace.selection.selected);
  const current = useSignal(workspace.selection.current);
  const rows = useVirtualizer({
    count: objects.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 6,
  });
  return (
    <div ref={scroller} className={styles.list} data-list role="group" aria-label="List of objects" tabIndex={0}>
      <div style={{ height: rows.getTotalSize(), position: "relative" }}>
        {rows.getVirtualItems().map(({ index, start }) => {
          const object = objects[index]!;
          return (
            <div key={object.id} style={{ position: "absolute", inset: "0 0 auto", transform: `translateY(${start}px)` }}>
              <Row workspace={workspace} object={object} sort={sort} isSelected={object.id === (selected ?? current)} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Row({ workspace, object, sort, isSelected }: {
  workspace: Workspace;
  object: SlideObject;
  sort: ObjectSort;
  isSelected: boolean;
}) {
  useSignal(workspace.labels.list); // names and colours change while the page is open
  const label = workspace.labels.get(object.labelId);
  const isGone = object.state === "rejected" || object.state === "deleted";
  return (
    <div
      className={styles.row}
      aria-current={isSelected}
      onClick={() => !isGone && workspace.decisions.focus(object.id)}
    >
      <span className={styles.swatch} style={{ background: label?.colour }} />
      <span className={styles.rowText}>
        {label?.name ?? "No label"} <span className={styles.quiet}>{describe(workspace, object, sort)}</span>
      </span>
      {workspace.canEdit && <RowAction workspace={workspace} object={object} isGone={isGone} />}
    </div>
  );
}

function describe(workspace: Workspace, object: SlideObject, sort: ObjectSort): string {
  if (object.state === "asked" && object.correcting) return "accepted mask, correction not answered yet";
  if (object.state === "asked") return object.accepting ? "accepted, no answer yet" : "no answer yet";
  if (object.state === "failed") return "no outline found";
  if (object.correcting) return "correcting an accepted mask";
  const um2 = object.shape ? `${number(Math.round(measure(object.shape).areaPx * workspace.slide.mpp ** 2))} µm²` : "";
  const isGone = object.state === "rejected" || object.state === "deleted";
  // What the list is ordered by stands in it.
  const sure = sort === "doubt" && object.score !== null ? `${Math.round(100 * object.score)} % sure` : "";
  return [sure, um2, isGone ? object.state : object.author].filter(Boolean).join(" · ");
}

function RowAction({ workspace, object, isGone }: { workspace: Workspace; object: SlideObject; isGone: boolean }) {
  const { decisions } = workspace;
  const verb = isGone ? "Restore" : object.state === "accepted" ? "Delete" : object.correcting ? "Take back the correction of" : "Reject";
  const act = (event: React.MouseEvent) => {
    event.stopPropagation();
    if (isGone) decisions.restore(object.id);
    else decisions.remove(object.id);
  };
  return (
    <Tooltip label={verb}>
      <ActionIcon size="xs" variant="subtle" color="gray" aria-label={`${verb} this object`} onClick={act}>
        {isGone ? <Undo2 size={14} /> : <Trash2 size={14} />}
      </ActionIcon>
    </Tooltip>
  );
}
