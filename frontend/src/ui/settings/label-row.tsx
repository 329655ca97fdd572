/** One label, edited in place: what was changed is saved when asked to, and not before. */
import { ActionIcon, NativeSelect, TextInput, Tooltip } from "@mantine/core";
import { ArrowDown, ArrowUp, Check, Trash2, Undo2 } from "lucide-react";
import { useState, type FormEvent } from "react";
import type { LabelChange, LabelRow as Row } from "../../api/settings";
import type { ObjectType } from "../../store/messages";
import { ColourPicker } from "./colour-picker";
import styles from "./settings.module.css";
import { heldInWords, TYPES } from "./words";

type Fields = Pick<Row, "name" | "colour" | "object_type" | "key">;

const fieldsOf = ({ name, colour, object_type, key }: Row): Fields => ({ name, colour, object_type, key });

function changesOf(label: Row, fields: Fields): LabelChange {
  const changed = Object.entries(fields).filter(([name, value]) => value !== label[name as keyof Fields]);
  return Object.fromEntries(changed) as LabelChange;
}

export function LabelRow({ label, busy, save, up, down, remove }: {
  label: Row;
  busy: boolean;
  save: (changes: LabelChange) => void;
  /** Undefined at the end of the list. */
  up?: () => void;
  down?: () => void;
  remove: () => void;
}) {
  const [fields, setFields] = useState(() => fieldsOf(label));
  const set = (changes: Partial<Fields>) => setFields((now) => ({ ...now, ...changes }));
  const changes = changesOf(label, fields);
  const isChanged = Object.keys(changes).length > 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isChanged) save(changes);
  };
  return (
    <li>
      <form className={styles.row} aria-label={`Label ${label.name}`} onSubmit={submit}>
        <span className={styles.order}>
          <Step Icon={ArrowUp} words={`Move ${label.name} up`} act={up} busy={busy} />
          <Step Icon={ArrowDown} words={`Move ${label.name} down`} act={down} busy={busy} />
        </span>
        <ColourPicker name={label.name} value={fields.colour} change={(colour) => set({ colour })} />
        <TextInput
          size="xs"
          aria-label={`Name of ${label.name}`}
          required
          maxLength={80}
          value={fields.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <TypeField label={label} value={fields.object_type} change={(object_type) => set({ object_type })} />
        <TextInput
          size="xs"
          aria-label={`Hotkey of ${label.name}`}
          placeholder="none"
          maxLength={1}
          value={fields.key ?? ""}
          onChange={(event) => set({ key: event.currentTarget.value.toLowerCase() || null })}
        />
        <span className={styles.held}>{heldInWords(label.held, label.object_type)}</span>
        <span className={styles.buttons}>
          {isChanged && (
            <>
              <ActionIcon type="submit" variant="filled" loading={busy} aria-label={`Save ${label.name} (Enter)`} title="Save (Enter)">
                <Check size={16} />
              </ActionIcon>
              <ActionIcon variant="subtle" color="gray" aria-label={`Leave ${label.name} as it is`} title="Leave it as it is" onClick={() => setFields(fieldsOf(label))}>
                <Undo2 size={16} />
              </ActionIcon>
            </>
          )}
          <ActionIcon variant="subtle" color="gray" aria-label={`Delete ${label.name}`} title="Delete" onClick={remove}>
            <Trash2 size={16} />
          </ActionIcon>
        </span>
      </form>
    </li>
  );
}

function Step({ Icon, words, act, busy }: { Icon: typeof ArrowUp; words: string; act?: () => void; busy: boolean }) {
  return (
    <ActionIcon variant="subtle" color="gray" size="sm" aria-label={words} title={words} disabled={!act || busy} onClick={act}>
      <Icon size={14} />
    </ActionIcon>
  );
}

function TypeField({ label, value, change }: { label: Row; value: ObjectType; change: (type: ObjectType) => void }) {
  if (label.is_used) return <FixedType label={label} />;
  const types = TYPES.some((type) => type.value === label.object_type)
    ? TYPES
    : [...TYPES, { value: label.object_type, label: label.object_type }];
  return (
    <NativeSelect
      size="xs"
      aria-label={`Object type of ${label.name}`}
      data={[...types]}
      value={value}
      onChange={(event) => change(event.currentTarget.value as ObjectType)}
    />
  );
}

function FixedType({ label }: { label: Row }) {
  const why =
    "It stays: the history of its objects says what they are, and models were asked and trained for that. Another type takes a new label.";
  return (
    <Tooltip label={why} multiline w={260} events={{ hover: true, focus: true, touch: true }}>
      <span className={styles.fixed} tabIndex={0} role="note" aria-label={`Object type of ${label.name}: ${label.object_type}. ${why}`}>
        {label.object_type}
      </span>
    </Tooltip>
  );
}
