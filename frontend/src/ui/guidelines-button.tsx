/** In the workspace's upper bar: opens the project's guidelines, where it has any. */
import { ActionIcon, Drawer, Tooltip } from "@mantine/core";
import { BookOpen } from "lucide-react";
import { useState } from "react";
import type { Workspace } from "../workspace";
import { GuidelinesText } from "./guidelines";
import { useSignal } from "./use-signal";

export function GuidelinesButton({ workspace }: { workspace: Workspace }) {
  const project = useSignal(workspace.project);
  const [open, setOpen] = useState(false);
  if (!project.has_guidelines) return null;
  return (
    <>
      <Tooltip label="Guidelines of the project">
        <ActionIcon variant="subtle" color="gray" aria-label="Guidelines" onClick={() => setOpen(true)}>
          <BookOpen size={16} />
        </ActionIcon>
      </Tooltip>
      <Drawer
        opened={open}
        onClose={() => setOpen(false)}
        position="right"
        size="md"
        title={`Guidelines of ${project.name}`}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <GuidelinesText projectId={project.id} version={project.version} />
      </Drawer>
    </>
  );
}
