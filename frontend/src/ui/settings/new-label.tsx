/** The form for one more label. */
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import type { LabelRow, NewLabel as Wanted } from "../../api/settings";
import type { ObjectType } from "../../store/messages";
import { ColourPicker } from "./colour-picker";
import styles from "./settings.module.css";
import { freeColour, TYPES } from "./words";

export function NewLabel({ labels, busy, add }: {
  labels: readonly LabelRow[];
  busy: boolean;
  /** Whether it was added. */
  add: (label: Wanted) => Promise<boolean>;
}) {
  const [name, setName] = useState("");
  const [type, setType] = useState<ObjectType>("nucleus");
  const [key, setKey] = useState("");
  const [picked, setPicked] = useState<string | null>(null);
  const colour = picked ?? freeColour(labels);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    // Without a hotkey of one's choice the server gives it a free digit.
    const added = await add({ name, colour, object_type: type, ...(key ? { key } : {}) });
    if (!added) return;
    setName("");
    setKey("");
    setPicked(null);
  };
  return (
    <form className={styles.form} aria-label="New label" onSubmit={(event) => void submit(event)}>
      <ColourPicker key={colour} name="the new label" value={colour} change={setPicked} />
      <TextInput
        size="xs"
        label="New label"
        placeholder="Name"
        required
        withAsterisk={false}
        maxLength={80}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <NativeSelect
        size="xs"
        label="It marks"
        data={[...TYPES]}
        value={type}
        onChange={(event) => setType(event.currentTarget.value as ObjectType)}
      />
      <TextInput
        size="xs"
        w={104}
        label="Hotkey"
        placeholder="a free digit"
        maxLength={1}
        value={key}
        onChange={(event) => setKey(event.currentTarget.value.toLowerCase())}
      />
      <Button type="submit" size="xs" variant="default" loading={busy}>
        Add label
      </Button>
    </form>
  );
}
