/** Asks what becomes of a label's objects, and goes on until none is left. */
import { Button, Group, Modal, NativeSelect, Progress, Radio, Stack } from "@mantine/core";
import { useRef, useState } from "react";
import { deleteLabel, type LabelDeletion, type LabelRow } from "../../api/settings";
import { Refusal } from "../marks";
import { useAction } from "../use-action";
import { count, number } from "../words";
import { heldInWords } from "./words";

type Objects = LabelDeletion["objects"];

export function DeleteLabel({ projectId, label, others, close, changed }: {
  projectId: number;
  label: LabelRow;
  others: readonly LabelRow[];
  close: () => void;
  /** Something is not as it was: read the labels anew. */
  changed: () => void;
}) {
  const heirs = others.filter(({ object_type }) => object_type === label.object_type);
  const { accepted, undecided, gone } = label.held;
  const visible = accepted + undecided;
  const [objects, setObjects] = useState<Objects>(visible === 0 ? "none" : heirs.length > 0 ? "move" : "delete");
  const [heir, setHeir] = useState(heirs[0]?.id);
  const [done, setDone] = useState<number | null>(null);
  const isStopped = useRef(false);
  const { busy, error, act } = useAction();

  const remove = async () => {
    const how = { version: label.version, objects, ...(objects === "move" ? { to_id: heir } : {}) };
    const deleted = await act(async () => {
      for (let sum = 0, left = 1; left > 0 && !isStopped.current; setDone(sum)) {
        const step = await deleteLabel(projectId, label.id, how);
        sum += step.done;
        left = step.left;
      }
    });
    changed();
    if (deleted) close();
  };
  const stop = () => {
    isStopped.current = true;
    if (!busy) close();
  };
  const total = visible + (objects === "move" ? gone : 0);
  return (
    <Modal opened title={`Delete the label ${label.name}?`} onClose={stop} closeButtonProps={{ "aria-label": "Close" }}>
      <Stack gap="md">
        <p style={{ margin: 0 }}>
          {visible === 0 ? "No object bears it." : `On this project's slides: ${heldInWords(label.held, label.object_type)}.`}
          {gone > 0 && ` In the trash lie ${number(gone)} more.`} The history of objects goes on naming the label, and it can
          be brought back from the list of deleted labels.
        </p>
        {visible > 0 && (
          <Radio.Group label="What becomes of its objects?" value={objects} onChange={(value) => setObjects(value as Objects)}>
            <Stack gap="sm" mt={8}>
              <Radio
                value="move"
                disabled={heirs.length === 0 || busy}
                label="They take another label"
                description={
                  heirs.length === 0 ? `There is no other label that marks a ${label.object_type}.` : "Those in the trash too."
                }
              />
              {objects === "move" && (
                <NativeSelect
                  ml={28}
                  size="xs"
                  aria-label="The label that they take"
                  data={heirs.map(({ id, name }) => ({ value: String(id), label: name }))}
                  value={String(heir)}
                  disabled={busy}
                  onChange={(event) => setHeir(Number(event.currentTarget.value))}
                />
              )}
              <Radio
                value="delete"
                disabled={busy}
                label={`They are deleted: ${count(visible, "object")}`}
                description="They go into their slides' trash, and can be restored once the label is brought back."
              />
            </Stack>
          </Radio.Group>
        )}
        {busy && total > 0 && (
          <div role="status">
            <Progress aria-label="Objects done" value={(100 * (done ?? 0)) / total} />
            {number(done ?? 0)} of {number(total)}
          </div>
        )}
        <Refusal words={error} />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={stop}>
            {busy ? "Stop here" : "Leave it as it is"}
          </Button>
          <Button color="red.9" loading={busy} onClick={() => void remove()}>
            Delete the label
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
