/** One slim line above the slide while an area is marked as complete: draw it, say of what, and confirm. */
import { Button, NativeSelect } from "@mantine/core";
import { useState } from "react";
import type { ObjectType } from "../store/messages";
import type { Box } from "../store/shape";
import type { Workspace } from "../workspace";
import { useSignal } from "./use-signal";
import { plural } from "./words";
import styles from "./workspace.module.css";

export function AreaStrip({ workspace }: { workspace: Workspace }) {
  const tool = useSignal(workspace.tools.inUse);
  const area = useSignal(workspace.selection.area);
  if (tool !== "area") return null;
  return (
    <div className={`${styles.hint} ${styles.area}`} role="group" aria-label="Area">
      {area ? <Declaration workspace={workspace} area={area} /> : "Drag a rectangle around what is labelled completely"}
      <Button size="compact-xs" variant="subtle" color="gray.4" onClick={() => workspace.tools.leaveArea()}>
        Cancel
      </Button>
    </div>
  );
}

function Declaration({ workspace, area }: { workspace: Workspace; area: Box }) {
  const { labels, regions, slide } = workspace;
  useSignal(labels.chosen);
  const busy = useSignal(regions.busy);
  const [picked, pick] = useState<ObjectType | null>(null);
  const type = picked ?? labels.chosenType() ?? labels.types[0];
  if (!type) return "This project has no label yet, so nothing can be complete.";
  const declare = async () => {
    if (await regions.declare(area, type)) workspace.tools.leaveArea();
  };
  return (
    <>
      <span>All</span>
      <NativeSelect
        size="xs"
        w={96}
        aria-label="What is complete in the area"
        value={type}
        data={labels.types.map((each) => ({ value: each, label: plural(each) }))}
        onChange={(event) => {
          pick(event.currentTarget.value as ObjectType);
          // The keys go back to the slide.
          event.currentTarget.blur();
        }}
      />
      <span>in these {sizeInWords(area, slide.mpp)} are accepted: the rest is background</span>
      <Button size="compact-xs" disabled={busy} onClick={() => void declare()}>
        Mark as complete
      </Button>
    </>
  );
}

function sizeInWords({ minX, minY, maxX, maxY }: Box, mpp: number): string {
  const [width, height] = [maxX - minX, maxY - minY].map((side) => Math.round(side * mpp));
  return `${width} × ${height} µm`;
}
