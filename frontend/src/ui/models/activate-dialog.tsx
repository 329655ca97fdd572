/** Asks once more before a version takes over, with its measurement before the person's eyes. */
import { Button, Group, Modal, Textarea } from "@mantine/core";
import { useState } from "react";
import { activateVersion, type ModelVersion } from "../../api/learning";
import type { Project } from "../../api/rest";
import styles from "../data.module.css";
import { MeasurementInShort } from "../learning/measurement";
import { versionInWords } from "../learning/words";
import { Refusal } from "../marks";
import { useAction } from "../use-action";
import { plural } from "../words";
import { wasHere } from "./words";

export function ActivateDialog({ project, version, rival, close, reload }: {
  project: Project;
  version: ModelVersion;
  rival: string;
  close: () => void;
  reload: () => void;
}) {
  const [note, setNote] = useState("");
  const { busy, error, act } = useAction();
  const verb = wasHere(version) ? "Activate" : "Promote";
  const activate = async () => {
    if (!(await act(() => activateVersion(project.id, version.id, note.trim())))) return;
    reload();
    close();
  };
  return (
    <Modal opened size="lg" title={`${verb} ${versionInWords(version)}?`} onClose={close}>
      <p style={{ marginTop: 0 }}>
        From the next click on it answers for {plural(version.object_type)} on {version.stain || "all"} slides of this project.
        Clicks that are under way end on the version that answers now. You can roll back at any time.
      </p>
      {version.measurement ? (
        <MeasurementInShort measurement={version.measurement} rival={rival} />
      ) : (
        <p className={styles.notice}>It was never measured on this project's slides.</p>
      )}
      <Textarea
        mt={12}
        label="Why (optional)"
        description="It is kept with the version's history."
        autosize
        minRows={2}
        maxLength={2000}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      <Refusal words={error} />
      <Group justify="flex-end" mt={16} gap={8}>
        <Button variant="default" onClick={close}>
          Leave it as it is
        </Button>
        <Button loading={busy} onClick={() => void activate()}>
          {verb}
        </Button>
      </Group>
    </Modal>
  );
}
