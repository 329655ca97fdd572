/** Asks once more before the version before answers again. */
import { Button, Group, Modal } from "@mantine/core";
import { rollBack, type Answering, type ModelVersion } from "../../api/learning";
import type { Project } from "../../api/rest";
import { kindInWords, versionInWords } from "../learning/words";
import { Refusal } from "../marks";
import { useAction } from "../use-action";

export function RollBackDialog({ project, kind, active, close, reload }: {
  project: Project;
  kind: Answering;
  active: ModelVersion;
  close: () => void;
  reload: () => void;
}) {
  const { busy, error, act } = useAction();
  const goBack = async () => {
    const { object_type, stain } = kind;
    if (!(await act(() => rollBack(project.id, { object_type, stain })))) return;
    reload();
    close();
  };
  return (
    <Modal opened title={`Roll back ${kindInWords(kind)}?`} onClose={close}>
      <p style={{ marginTop: 0 }}>
        From the next click on the version that answered before {versionInWords(active)} answers again. Nothing is lost: no
        version and no mask changes, and what was rolled back can be activated again.
      </p>
      <Refusal words={error} />
      <Group justify="flex-end" mt={16} gap={8}>
        <Button variant="default" onClick={close}>
          Leave it as it is
        </Button>
        <Button loading={busy} onClick={() => void goBack()}>
          Roll back
        </Button>
      </Group>
    </Modal>
  );
}
