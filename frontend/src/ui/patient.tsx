/** Whose tissue a slide is, in any code: admins see it beside the slide and change it in place. */
import { ActionIcon, TextInput } from "@mantine/core";
import { Check, Pencil, X } from "lucide-react";
import { useState, type FormEvent } from "react";
import { setPatient, type SlideSummary } from "../api/rest";
import { Refusal } from "./marks";
import styles from "./pages.module.css";
import { useAction } from "./use-action";

type Props = { slide: SlideSummary; changed: (patient: string) => void };

export function PatientOf({ slide, changed }: Props) {
  const [isEditing, setEditing] = useState(false);
  if (isEditing) return <PatientForm slide={slide} changed={changed} close={() => setEditing(false)} />;
  return (
    <button
      className={styles.patient}
      aria-label={`${slide.patient ? `Patient ${slide.patient}` : "No patient named"}: Patient of ${slide.name}`}
      onClick={() => setEditing(true)}>
      <span className={styles.quiet}>{slide.patient ? "Patient" : "No patient named"}</span>
      <strong className={styles.patientCode}>{slide.patient}</strong>
      <Pencil size={13} className={styles.quiet} aria-hidden />
    </button>
  );
}

function PatientForm({ slide, changed, close }: Props & { close: () => void }) {
  const [code, setCode] = useState(slide.patient);
  const { busy, error, act } = useAction();
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const saved = await act(async () => changed((await setPatient(slide.id, code)).patient));
    if (saved) close();
  };
  return (
    <form className={styles.patient} onSubmit={(event) => void save(event)}>
      <TextInput
        className={styles.patientCode}
        size="xs"
        autoFocus
        aria-label={`Patient of ${slide.name}`}
        placeholder="Any code, as P-17"
        value={code}
        error={error !== ""}
        onChange={(event) => setCode(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Escape" && !event.nativeEvent.isComposing && close()}
      />
      <ActionIcon type="submit" variant="subtle" loading={busy} aria-label="Save the patient (Enter)" title="Save (Enter)">
        <Check size={16} />
      </ActionIcon>
      <ActionIcon variant="subtle" color="gray" aria-label="Leave the patient as it is (Esc)" title="Leave it (Esc)" onClick={close}>
        <X size={16} />
      </ActionIcon>
      <Refusal words={error} />
    </form>
  );
}
