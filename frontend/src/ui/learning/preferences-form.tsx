/** The admins' form: when a kind is trained, how long, and whether a better version takes over by itself. */
import { Button, NativeSelect, NumberInput, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import { setPreferences, type LearningKind } from "../../api/learning";
import type { Project } from "../../api/rest";
import styles from "../data.module.css";
import { Mark, Refusal } from "../marks";
import { useAction } from "../use-action";
import { DAYS, readSchedule, writeSchedule, type Choice, type Often } from "./schedule";

const OFTEN: { value: Often; label: string }[] = [
  { value: "off", label: "Not by the clock" },
  { value: "daily", label: "Each day" },
  { value: "weekly", label: "Each week" },
];
const MAX_SAMPLES = 1_000_000;
const MAX_NEW_OBJECTS = 1_000_000;
/** Proposed to those who switch it on. */
const NEW_OBJECTS = 200;

export function PreferencesForm({ project, kind, reload }: { project: Project; kind: LearningKind; reload: () => void }) {
  const { settings } = kind;
  const [when, setWhen] = useState<Choice>(() => readSchedule(settings.schedule, here()));
  const [newObjects, setNewObjects] = useState<number | null>(settings.new_objects);
  const [promotes, setPromotes] = useState(settings.promotes);
  const [samples, setSamples] = useState(settings.samples);
  const [isChanged, setChanged] = useState(false);
  const [isSaved, setSaved] = useState(false);
  const { busy, error, act } = useAction();

  function changing<T>(set: (value: T) => void): (value: T) => void {
    return (value) => {
      set(value);
      setChanged(true);
      setSaved(false);
    };
  }

  const save = async () => {
    const { object_type, stain } = kind;
    const schedule = writeSchedule(when);
    const wanted = { object_type, stain, schedule, new_objects: newObjects, promotes, samples };
    if (!(await act(() => setPreferences(project.id, wanted)))) return;
    setChanged(false);
    setSaved(true);
    reload();
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <WhenFields when={when} change={changing(setWhen)} />
      <CountFields newObjects={newObjects} change={changing(setNewObjects)} />
      <NumberInput
        mt={12}
        size="xs"
        w={220}
        label="Patches shown in a training"
        min={1}
        max={MAX_SAMPLES}
        step={1000}
        allowDecimal={false}
        thousandSeparator=","
        value={samples}
        onChange={(value) => changing(setSamples)(Number(value) || 1)}
      />
      <Switch
        mt={16}
        size="sm"
        label="A better version takes over by itself"
        description="Else an admin decides. A version that was not measured better never does."
        checked={promotes}
        onChange={(event) => changing(setPromotes)(event.currentTarget.checked)}
      />
      <div className={styles.head} style={{ margin: "16px 0 0" }}>
        <Button type="submit" size="xs" variant="default" loading={busy} disabled={!isChanged}>
          Save
        </Button>
        {isSaved && <Mark tone="good">saved</Mark>}
      </div>
      <Refusal words={error} />
    </form>
  );
}

function WhenFields({ when, change }: { when: Choice; change: (when: Choice) => void }) {
  const often = when.often === "other" ? [...OFTEN, { value: "other" as const, label: `On the days ${when.days}` }] : OFTEN;
  return (
    <div style={{ display: "flex", flexWrap: "wrap", alignItems: "end", gap: 8 }}>
      <NativeSelect
        size="xs"
        label="By the clock"
        value={when.often}
        data={often}
        onChange={(event) => change({ ...when, often: event.currentTarget.value as Often })}
      />
      {when.often === "weekly" && (
        <NativeSelect
          size="xs"
          aria-label="Day of the week"
          value={String(when.weekday)}
          data={DAYS.map((label, day) => ({ value: String(day), label }))}
          onChange={(event) => change({ ...when, weekday: Number(event.currentTarget.value) })}
        />
      )}
      {when.often !== "off" && (
        <>
          <TextInput
            size="xs"
            type="time"
            required
            aria-label="Time of day"
            value={when.time}
            onChange={(event) => change({ ...when, time: event.currentTarget.value })}
          />
          <span className={styles.quiet} style={{ lineHeight: "30px" }}>
            {when.timezone}
          </span>
        </>
      )}
    </div>
  );
}

function CountFields({ newObjects, change }: { newObjects: number | null; change: (count: number | null) => void }) {
  return (
    <div style={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 8, marginTop: 12 }}>
      <Switch
        size="sm"
        label="As soon as enough was accepted:"
        checked={newObjects !== null}
        onChange={(event) => change(event.currentTarget.checked ? NEW_OBJECTS : null)}
      />
      <NumberInput
        size="xs"
        w={96}
        aria-label="Newly accepted objects"
        min={1}
        max={MAX_NEW_OBJECTS}
        allowDecimal={false}
        thousandSeparator=","
        disabled={newObjects === null}
        value={newObjects ?? ""}
        onChange={(value) => change(Number(value) || 1)}
      />
      <span className={styles.quiet}>new objects</span>
    </div>
  );
}

const here = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
