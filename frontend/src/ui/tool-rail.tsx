/** The tools at the left edge. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { Crosshair, Hand, LineSquiggle } from "lucide-react";
import type { ReactNode } from "react";
import type { ToolName, Workspace } from "../workspace";
import { useIsPhone } from "./narrow";
import { SheetButton } from "./side-panel";
import { useSignal } from "./use-signal";
import styles from "./workspace.module.css";

const TOOLS: { name: ToolName; label: string; key: string; icon: ReactNode; edits: boolean }[] = [
  { name: "move", label: "Move and select", key: "V", icon: <Hand size={18} />, edits: false },
  { name: "click", label: "Click: outline a nucleus or a cell", key: "C", icon: <Crosshair size={18} />, edits: true },
  { name: "squiggle", label: "Squiggle: outline a gland by a line inside it", key: "S", icon: <LineSquiggle size={18} />, edits: true },
];

export function ToolRail({ workspace }: { workspace: Workspace }) {
  const active = useSignal(workspace.tools.inUse);
  const isPhone = useIsPhone();
  return (
    <nav className={styles.rail} aria-label="Tools">
      {TOOLS.filter((tool) => !tool.edits || workspace.canEdit).map(({ name, label, key, icon }) => (
        <Tooltip key={name} label={`${label} (${key})`} position={isPhone ? "top" : "right"}>
          <ActionIcon
            size={36}
            variant={active === name ? "filled" : "subtle"}
            color={active === name ? "cyan" : "gray"}
            aria-label={`${label} (${key})`}
            aria-pressed={active === name}
            onClick={() => workspace.tools.use(name)}
          >
            {icon}
          </ActionIcon>
        </Tooltip>
      ))}
      {isPhone && <SheetButton workspace={workspace} />}
    </nav>
  );
}
