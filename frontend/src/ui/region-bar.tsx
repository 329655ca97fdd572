/** The region in hand: what it is, how many objects it has, how long it is kept, how it ends; the next; and one by hand. */
import { ActionIcon, Button, CloseButton, Tooltip } from "@mantine/core";
import { Frame, SquareCheckBig } from "lucide-react";
import type { Workspace } from "../workspace";
import { useSignal } from "./use-signal";
import { count, countOf } from "./words";
import styles from "./workspace.module.css";

export function RegionBar({ workspace }: { workspace: Workspace }) {
  const region = useSignal(workspace.regions.region);
  if (!region && !workspace.canEdit) return null;
  return (
    <div className={styles.region} role="group" aria-label="Region">
      {region && <RegionWords workspace={workspace} />}
      {region?.mine && <Endings workspace={workspace} />}
      {region && !region.mine && (
        <CloseButton size="xs" aria-label="Look at this region no more" onClick={() => workspace.regions.drop()} />
      )}
      {!region?.mine && workspace.canEdit && <NextRegion workspace={workspace} />}
      {workspace.canEdit && <MarkArea workspace={workspace} />}
    </div>
  );
}

function RegionWords({ workspace }: { workspace: Workspace }) {
  const region = useSignal(workspace.regions.region);
  const minutes = useSignal(workspace.regions.minutesLeft);
  if (!region) return null;
  const state = region.mine
    ? minutes === 0
      ? "lease ran out"
      : `lease ${minutes} min`
    : region.leased_by
      ? `with ${region.leased_by}`
      : [region.state, region.closed_by && `by ${region.closed_by}`].filter(Boolean).join(" ");
  return (
    <span role="status">
      <strong>Region</strong> · {countOf(region.object_count, region.object_type)} · <span className={styles.quiet}>{state}</span>
    </span>
  );
}

function Endings({ workspace: { regions } }: { workspace: Workspace }) {
  const busy = useSignal(regions.busy);
  return (
    <>
      <Tooltip label="All of them are accepted: what lies between is background">
        <Button size="compact-xs" disabled={busy} onClick={() => void regions.end("complete")}>
          Complete
        </Button>
      </Tooltip>
      <Tooltip label="Nothing to label here: take it out of the queue">
        <Button size="compact-xs" variant="default" disabled={busy} onClick={() => void regions.end("skip")}>
          Skip
        </Button>
      </Tooltip>
      <Tooltip label="Give it back unfinished: the next person gets it">
        <Button size="compact-xs" variant="default" disabled={busy} onClick={() => void regions.end("release")}>
          Release
        </Button>
      </Tooltip>
    </>
  );
}

function NextRegion({ workspace: { regions } }: { workspace: Workspace }) {
  const busy = useSignal(regions.busy);
  const counts = useSignal(regions.counts);
  return (
    <Tooltip label={`${count(counts?.open ?? 0, "region")} in the queue`}>
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<Frame size={13} />}
        disabled={busy}
        onClick={() => void regions.next()}
      >
        Label next region
      </Button>
    </Tooltip>
  );
}

function MarkArea({ workspace: { tools } }: { workspace: Workspace }) {
  const isMarking = useSignal(tools.inUse) === "area";
  const label = "Mark an area as complete (A)";
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant={isMarking ? "filled" : "default"}
        size={22}
        aria-label={label}
        aria-pressed={isMarking}
        onClick={() => (isMarking ? tools.leaveArea() : tools.use("area"))}
      >
        <SquareCheckBig size={13} />
      </ActionIcon>
    </Tooltip>
  );
}
