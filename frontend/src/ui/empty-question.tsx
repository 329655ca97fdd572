/** Asks once more before an area is closed in which nothing is accepted: by mistake that would teach the wrong thing. */
import { Button, Group, Modal } from "@mantine/core";
import type { Workspace } from "../workspace";
import { useSignal } from "./use-signal";

export function EmptyQuestion({ workspace }: { workspace: Workspace }) {
  const question = useSignal(workspace.regions.question);
  return (
    <Modal
      opened={question !== null}
      title="Complete, with nothing in it?"
      onClose={() => question?.answer(false)}
      // The workspace's keys are not meant while this is asked.
      onKeyDown={(event) => event.stopPropagation()}
    >
      <p style={{ marginTop: 0 }}>{question?.words}</p>
      <Group justify="flex-end" gap={8}>
        <Button variant="default" data-autofocus onClick={() => question?.answer(false)}>
          Go on labelling
        </Button>
        <Button onClick={() => question?.answer(true)}>Complete: there are none</Button>
      </Group>
    </Modal>
  );
}
